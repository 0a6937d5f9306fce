// The agent's side of docs/PROTOCOL.md, section 3.3: which segment goes next, from where, and what becomes of it. A
// link or a hub may go away at any word; then everything is said again, and the hub says how much it has. Pieces are
// given out one by one, each when the link takes another (piece_pace.hpp), so that no picture stands behind more than
// one of them. Pure: time and everything that was read come in, what is to be done comes out. Owned by one loop.
#pragma once
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "agent/capture_outbox.hpp"
#include "base/time.hpp"
#include "link/chunk.hpp"
#include "link/messages.hpp"

namespace robohub::agent {

namespace upload {
struct Say {  // on the bulk link
  link::AgentMessage message;
};
struct SendPiece {  // a binary message of the bulk link
  std::uint64_t offset;
  std::string bytes;
};
struct Hash {  // answered by hashed()
  std::string key;
  std::uint32_t number;
};
struct Read {  // answered by wasRead()
  std::string key;
  std::uint32_t number;
  std::uint64_t offset;
  std::size_t bytes;
};
struct ForgetSegment {  // delete it, unless another has come in its place
  std::string key;
  std::uint32_t number;
  std::uint64_t version;
};
struct ForgetCapture {  // unless segments of it have come
  std::string key;
};
struct Tell {  // a person
  link::EventLevel level;
  std::string text;
};
using Effect = std::variant<Say, SendPiece, Hash, Read, ForgetSegment, ForgetCapture, Tell>;
}  // namespace upload
using UploadEffects = std::vector<upload::Effect>;

class CaptureUpload {
 public:
  static constexpr std::size_t kPieceBytes = 32 * 1024;
  static constexpr std::size_t kReadBytes = 128 * 1024;             // at once, from the disk
  static constexpr int kMostParts = 8;                              // of one capture
  static constexpr int kMostFaults = 10;                            // of the disk, of one segment: a quarter of an hour
  static constexpr Duration kPatience = std::chrono::seconds(60);   // with a hub that says nothing, from our last word
  static constexpr Duration kFirstDelay = std::chrono::seconds(2);  // after "again later", doubling
  static constexpr Duration kLongestDelay = std::chrono::minutes(5);

  // What the outbox holds, or was given. A segment that is here already begins anew (its file was replaced).
  void add(const OutboxCapture& capture);
  void add(const OutboxSegment& segment);
  // The outbox has dropped it.
  void drop(const std::string& key, std::uint32_t number);

  void linkUp(MonoTime now, UploadEffects& out);
  void linkDown();
  // Messages of no concern are passed over.
  void take(const link::HubMessage& message, MonoTime now, UploadEffects& out);
  void hashed(const std::string& key, std::uint32_t number, const Result<std::string>& sha256, MonoTime now,
              UploadEffects& out);
  void wasRead(const std::string& key, std::uint32_t number, std::uint64_t offset, Result<std::string> bytes,
               MonoTime now, UploadEffects& out);
  // The link may have the next piece, if there is one.
  void pump(MonoTime now, UploadEffects& out);
  // True while pump() would send a piece.
  bool wantsToSend() const;
  // Begins what can begin now. After add(), and when nextDue() has come.
  void tick(MonoTime now, UploadEffects& out);
  MonoTime nextDue() const;  // max: never

  struct Waiting {
    std::uint32_t segments = 0;
    std::uint64_t bytes = 0;
    friend bool operator==(const Waiting&, const Waiting&) = default;
  };
  Waiting waiting() const;

 private:
  struct Segment {
    OutboxSegment facts;
    std::string sha256;
    int faults = 0;  // of the disk that it lies on
  };
  // A hub that has heard nothing for long has closed a capture; what comes after that is a capture of its own there, so
  // that it is not lost: "KEY-2", whose segments are counted from `base`.
  struct Capture {
    OutboxCapture facts;
    int part = 1;
    std::uint32_t base = 0;
    std::string wireKey() const { return part == 1 ? facts.key : facts.key + "-" + std::to_string(part); }
    bool announced = false;  // on this link
    std::map<std::uint32_t, Segment> segments;
    MonoTime not_before = MonoTime::min();
    Duration delay = kFirstDelay;
  };
  enum class Phase { idle, hashing, offered, sending, sent, ending };

  void next(MonoTime now, UploadEffects& out);
  bool nextPart(Capture& capture);
  void announce(Capture& capture, UploadEffects& out);
  void offer(MonoTime now, UploadEffects& out);
  void readAhead(UploadEffects& out);
  void settle();
  Segment* current();
  // The answer of the hub about the segment or the capture that is under way.
  void segmentDone(const link::SegmentDone& done, MonoTime now, UploadEffects& out);
  void captureDone(const link::CaptureDone& done, MonoTime now, UploadEffects& out);
  void later(Capture& capture, MonoTime now, const std::string& why, UploadEffects& out);
  void unread(const Error& why, MonoTime now, UploadEffects& out);
  void giveUp(const std::string& why, MonoTime now, UploadEffects& out);

  std::map<std::string, Capture> captures_;
  bool up_ = false;
  Phase phase_ = Phase::idle;
  std::string key_;           // of what is under way
  std::uint32_t number_ = 0;  // of the segment under way
  std::string wire_key_;      // as the hub knows them
  std::uint32_t wire_number_ = 0;
  std::uint64_t offset_ = 0;  // what goes next
  std::uint64_t taken_ = 0;   // what the hub has
  std::string ahead_;         // read, not sent: begins at offset_
  bool reading_ = false;
  MonoTime patience_ = MonoTime::max();
};

}  // namespace robohub::agent

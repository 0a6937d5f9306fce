// What a driver has recorded and the hub does not have yet. Links are lost for hours, agents are killed, disks of
// devices are small; so each segment is a file of its own beside a small record of its capture, both durable before
// anything else happens, and the folder itself is the list: nothing has to be put right after a crash. When it grows
// over its limit the oldest segments go first: those whose captures came first, since the clock of a device that has no
// battery for it begins anew, perhaps earlier, with each start.
//
//   <folder>/spool/                 where the driver writes; a finished file is moved out of it
//   <folder>/<key>~<number>.mp4     a segment that waits (.ts likewise)
//   <folder>/<key>~.json            its capture
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plugin/host_tables.hpp"

namespace robohub::agent {

struct OutboxCapture {
  std::string key, trigger;
  std::int64_t started_ms = 0;
  bool ended = false;
  std::uint32_t segments = 0;  // ended: so many belong to it; else so many have come, as far as is known
  friend bool operator==(const OutboxCapture&, const OutboxCapture&) = default;
};

struct OutboxSegment {
  std::string key;
  std::uint32_t number = 0;
  std::uint64_t bytes = 0;
  std::string format;         // "mp4" or "ts"
  std::uint64_t version = 0;  // of what has come under this number: another each time, in this run
  friend bool operator==(const OutboxSegment&, const OutboxSegment&) = default;
};

// One thread at a time; all functions block on the disk.
class CaptureOutbox {
 public:
  // Makes the folders (0700) and reads what is there. Files that are none of ours are left alone. Errors:
  // permission_denied, internal.
  static Result<CaptureOutbox> open(const std::filesystem::path& folder, std::uint64_t max_bytes);

  // Where the driver writes its segments.
  std::filesystem::path spool() const { return folder_ / "spool"; }
  // In the order in which the captures came.
  std::vector<OutboxCapture> captures() const;
  std::vector<OutboxSegment> segments() const;
  std::uint64_t bytes() const { return bytes_; }

  struct Taken {
    OutboxCapture capture;
    OutboxSegment segment;
    std::vector<OutboxSegment> dropped;  // to make room
  };
  // Moves a finished file out of the spool; durable when this returns. The same segment again replaces the one that
  // waits. Errors: not_found, invalid_argument (no regular file, empty), too_large (more than all the room), internal;
  // but for internal its name is gone from the spool then.
  Result<Taken> take(const plugin::CaptureSegment& segment);
  // No more segments will come. One of which nothing is known has nothing to end. Errors: not_found, internal.
  Result<OutboxCapture> end(const std::string& key, std::uint32_t segments);
  // The driver begins anew: what it had under way ends with what has come. Those that changed.
  std::vector<OutboxCapture> endAll();

  // Errors: not_found, unavailable (it is here and cannot be read now).
  Result<std::string> sha256(const std::string& key, std::uint32_t number) const;
  // At most `bytes` from `offset`. Errors: not_found, unavailable (as above), corrupt (it is shorter than it was).
  Result<std::string> read(const std::string& key, std::uint32_t number, std::uint64_t offset, std::size_t bytes) const;

  // The hub has it, or will never take it. What has come in its place meanwhile stays.
  void removeSegment(const std::string& key, std::uint32_t number, std::uint64_t version);
  // The hub knows its end. While segments of it wait it stays.
  void removeCapture(const std::string& key);

 private:
  struct Kept {
    OutboxCapture capture;
    std::uint64_t order = 0;  // of coming, over restarts; 0: before the agent counted
    std::map<std::uint32_t, OutboxSegment> segments;
  };
  CaptureOutbox(std::filesystem::path folder, std::uint64_t max_bytes)
      : folder_(std::move(folder)), max_bytes_(max_bytes) {}
  Status scan();
  std::filesystem::path fileOf(const OutboxSegment& segment) const;
  const OutboxSegment* find(const std::string& key, std::uint32_t number) const;
  std::vector<const Kept*> inOrder() const;
  Status write(const OutboxCapture& capture, std::uint64_t order) const;
  Status sync() const;
  std::vector<OutboxSegment> makeRoom(std::uint64_t bytes);
  void remove(const OutboxSegment& segment);

  std::filesystem::path folder_;
  std::uint64_t max_bytes_;
  std::uint64_t bytes_ = 0;
  std::uint64_t versions_ = 0;
  std::uint64_t newest_order_ = 0;
  std::map<std::string, Kept> kept_;
};

}  // namespace robohub::agent

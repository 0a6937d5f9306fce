// Brings a driver's finished segments to the hub: the outbox on a thread of its own, since hashing and disks take their
// time, the upload's rules on the loop, the bulk link between them and the hub.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/capture_outbox.hpp"
#include "agent/capture_upload.hpp"
#include "agent/piece_pace.hpp"
#include "net/helper_thread.hpp"
#include "net/loop.hpp"

namespace robohub::agent {

// What the carrier needs of the agent. All on the loop.
struct CarrierWays {
  std::function<void(const link::AgentMessage&)> say;  // on the bulk link
  std::function<void(std::string_view head, std::string_view bytes)> send_piece;
  std::function<bool()> idle;         // nothing waits to be sent on the bulk link
  std::function<bool()> piece_waits;  // a piece does
  std::function<void(link::EventLevel, const std::string&)> tell;
  std::function<void(const CaptureUpload::Waiting&)> waiting;  // on each change
  // Before a segment that could not be taken from the driver's folder is tried again.
  Duration pause = std::chrono::seconds(10);
};

// All [loop] unless said otherwise. The destructor waits for what its thread does right then.
class CaptureCarrier {
 public:
  CaptureCarrier(net::Loop& loop, CaptureOutbox outbox, CarrierWays ways);
  ~CaptureCarrier();
  CaptureCarrier(const CaptureCarrier&) = delete;
  CaptureCarrier& operator=(const CaptureCarrier&) = delete;

  static constexpr int kMostTries = 10;  // of a segment that is handed over

  // What the driver hands over.
  void segment(const plugin::CaptureSegment& segment);
  void end(const std::string& key, std::uint32_t segments);
  // It begins anew: captures that it had under way are over.
  void driverOpened();

  void linkUp();
  void linkDown();
  void take(const link::HubMessage& message);
  CaptureUpload::Waiting waiting() const { return upload_.waiting(); }

 private:
  using Work = std::function<void(CaptureOutbox&)>;
  // On the thread; what it returns runs on the loop unless we are gone.
  void onDisk(std::function<std::function<void(CaptureCarrier&)>(CaptureOutbox&)> work);
  void keep(const plugin::CaptureSegment& segment, int tries);
  void carryOut(UploadEffects effects);
  void carryOut(upload::Say& say);
  void carryOut(upload::SendPiece& piece);
  void carryOut(upload::Hash& hash);
  void carryOut(upload::Read& read);
  void carryOut(upload::ForgetSegment& forget);
  void carryOut(upload::ForgetCapture& forget);
  void carryOut(upload::Tell& tell);
  void pumpSoon();
  void schedule();
  void tellWaiting();
  MonoTime now() const { return clock_.now(); }

  net::Loop& loop_;
  CarrierWays ways_;
  SystemClock clock_;
  CaptureUpload upload_;
  CaptureUpload::Waiting told_;
  PiecePace pace_;
  net::TimerId timer_ = 0, pump_timer_ = 0;
  std::size_t handed_over_ = 0;  // and not dealt with yet
  std::shared_ptr<CaptureCarrier*> self_;
  std::shared_ptr<CaptureOutbox> outbox_;  // only on the thread, once that has begun
  net::HelperThread disk_;                 // last: it ends first
};

}  // namespace robohub::agent

// One camera that speaks the cloudtalker's protocol, on its device's loop: its WebSocket, the talk's rules, its
// captures on their way to the disk, and the device as everybody sees it.
#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cloudtalker/talk.hpp"
#include "gateway/cloudtalker/upload.hpp"
#include "gateway/foreign_device.hpp"
#include "net/websocket.hpp"

namespace robohub::gateway {

// Thread-safe.
struct CloudtalkerTally {
  std::atomic<std::size_t> connected{0};
  std::atomic<std::uint64_t> taken{0}, refused{0};  // connections
  std::atomic<std::uint64_t> heard{0}, said{0};     // texts
  std::atomic<std::uint64_t> alarms{0}, segments{0}, segment_bytes{0};
};

class CloudtalkerConnection;

// What a connection needs of its gateway. All must outlive it.
struct CloudtalkerParts {
  device::Registry& registry;
  media::Captures* captures = nullptr;  // null: none are kept
  CloudtalkerTally& tally;
  // It is over, and all that it brought is on its way to the disk: whoever holds it may let it go. [the device's loop]
  std::function<void(CloudtalkerConnection&)> over = {};
};

// [the device's loop]. Held by its gateway until it says that it is over.
class CloudtalkerConnection final : public ForeignLink, public std::enable_shared_from_this<CloudtalkerConnection> {
  struct Private {};

 public:
  static std::shared_ptr<CloudtalkerConnection> begin(const CloudtalkerParts& parts,
                                                      std::shared_ptr<live::LiveDevice> device,
                                                      std::shared_ptr<net::WebSocket> socket, const TalkerWish& wish,
                                                      const std::string& address);
  CloudtalkerConnection(Private, const CloudtalkerParts& parts, std::shared_ptr<live::LiveDevice> device,
                        std::shared_ptr<net::WebSocket> socket, const TalkerWish& wish, const std::string& address);
  ~CloudtalkerConnection() override;

  // Its certificate counts no more, or the hub goes.
  void cut(const char* why);
  void setHeartbeat(std::int64_t heartbeat_s);

  std::optional<link::Outcome> run(const link::RunCommand& command) override;
  void cancel(std::uint64_t run) override;
  Status halt(link::HaltReason) override;
  void ended(std::string_view why, bool for_good) override;

 private:
  struct Message {
    std::string bytes;
    bool text = false;
  };
  void start();
  void takeUp();
  void receive(std::string_view bytes, bool text);
  void handle(std::string_view bytes, bool text);
  void pump();
  void closed();
  void finish();
  void arm(bool armed, std::uint64_t run);
  void carryOut(talk::Effects effects);
  void carryOut(talk::Say& effect);
  void carryOut(talk::Known& effect);
  void carryOut(talk::Alarm& effect);
  void carryOut(talk::CaptureOpens& effect);
  void carryOut(talk::SegmentOpens& effect);
  void carryOut(talk::SegmentEnds& effect);
  void carryOut(talk::SegmentBreaks& effect);
  void carryOut(talk::CaptureEnds& effect);
  void carryOut(talk::RunEnds& effect);
  void carryOut(talk::Odd& effect);
  void later(std::function<void(ForeignDevice&)> work);
  void odd(const std::string& sentence);
  std::string recentJson() const;
  void schedule();
  MonoTime now() const { return device_->services().clock.now(); }

  const CloudtalkerParts parts_;
  const std::shared_ptr<live::LiveDevice> device_;
  const std::shared_ptr<net::WebSocket> socket_;
  const std::string address_;
  std::shared_ptr<ForeignDevice> foreign_;  // null once the device is another link's or nobody's
  std::uint64_t links_ = 0;                 // how often it was taken up: runs are numbered anew each time
  std::shared_ptr<CloudtalkerUpload> upload_;
  CloudTalk talk_;
  std::deque<Message> held_;  // received while the disk is awaited; reading is paused then
  bool paused_ = false;
  bool closed_ = false;
  bool finished_ = false;
  bool cut_ = false;
  std::vector<std::function<void(ForeignDevice&)>> later_;
  std::deque<std::int64_t> recent_;  // alarms, the newest first
  net::TimerId timer_ = 0;
  net::TimerId state_timer_ = 0;
  MonoTime state_told_{};
  std::uint64_t odd_ = 0;  // since the last line about what made no sense
  MonoTime odd_told_ = MonoTime::min();
};

// What a camera of this type can do over this link; null when `base` is null.
live::InstalledTypePtr typeOverCloudtalker(const live::InstalledTypePtr& base);

// The wish as it is kept with the device, and read from there.
std::string talkerWishJson(const TalkerWish& wish);
// `id` 0 when none is kept.
TalkerWish readTalkerWish(std::string_view json);

}  // namespace robohub::gateway

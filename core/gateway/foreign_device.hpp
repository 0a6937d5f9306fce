// A device without our agent, as the hub drives it: the fence that an agent would run at the device runs here, on the
// device's loop, and carries what it decides to the ForeignLink. So turns, dead-man, ttl, stop and order are those of
// every other device; what nobody can do from here is told as it is: a stop over a link that confirms nothing stays
// unconfirmed.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/foreign_link.hpp"
#include "link/agent_fence.hpp"
#include "live/live_device.hpp"
#include "telemetry/channel_shape.hpp"

namespace robohub::gateway {

struct ForeignFacts {
  live::LinkFacts link;
  std::string agent;    // what stands for the agent's version: "robot_tcp"
  std::string address;  // of the device, for its history
};

// [the device's loop], all of it. Held by its link; lives until lost() or ForeignLink::ended().
class ForeignDevice final : public live::AgentPort, public std::enable_shared_from_this<ForeignDevice> {
  struct Private {};

 public:
  // The device is online from now on; a link that it had is ended. Over a link that can be halted it is made safe
  // first. ended() may come before this returns (the device was revoked): over() says so.
  static std::shared_ptr<ForeignDevice> begin(std::shared_ptr<live::LiveDevice> device,
                                              std::shared_ptr<ForeignLink> link, const ForeignFacts& facts);
  ForeignDevice(Private, std::shared_ptr<live::LiveDevice> device, std::shared_ptr<ForeignLink> link,
                const ForeignFacts& facts);
  ~ForeignDevice() override;

  // A value of a channel of the type. One that the type does not have, or that does not fit its schema, is dropped,
  // counted, and said once a minute.
  void publish(std::string_view channel, std::string_view value_json);
  // The same for a value that the caller has read: `value` is what `value_json` says.
  void publish(std::string_view channel, std::string_view value_json, const json::Var& value);
  // The same, where the caller has made sure that it fits.
  void publishChecked(std::string_view channel, std::string_view value_json);
  void publishChecked(std::string_view channel, const telemetry::Numbers& value);
  void picture(std::string_view stream, std::string_view jpeg);
  // Of a run() that was answered with null. Once.
  void finished(std::uint64_t run, link::Outcome outcome);
  // The device itself has said, behind the newest halt, that it is safe: a stop that waits for that is confirmed now.
  void safe();
  void event(link::EventLevel level, const std::string& text);
  // The wire is gone; ended() is not called. Nothing happens when it is over already.
  void lost(const char* why = "the link was lost");
  // The hub goes, or the wire must: halts, then ended(why) and the device is offline.
  void end(const char* why);

  const std::shared_ptr<live::LiveDevice>& device() const { return device_; }
  bool over() const { return over_; }
  // Outputs may be energised now, for this turn.
  bool permitted(MonoTime now) const { return !over_ && fence_.permitted(now); }
  Epoch epoch() const { return fence_.epoch(); }
  // Whoever holds the turn `epoch` has said something over the link itself.
  void holderSpoke(Epoch epoch, MonoTime now);
  // Of the stamps that messages to it carry.
  const link::Nonce& nonce() const { return nonce_; }
  const live::InstalledTypePtr& type() const { return facts_.link.type; }

  // What the device says to its agent.
  void send(std::string_view text) override;
  void send(const link::HubMessage& message) override;
  void close(std::uint16_t code, std::string_view reason) override;

 private:
  class Commands;
  class Pictures;
  using Tell = void (ForeignDevice::*)(MonoTime, link::FenceEffects&);
  MonoTime now() const { return device_->services().clock.now(); }
  template <class Work>
  void tell(Work work) {
    tellAt(now(), work);
  }
  template <class Work>
  void tellAt(MonoTime now, Work work);
  void carryOut(const link::GivePermit& permit);
  void carryOut(const link::HaltDriver& halt);
  void carryOut(const link::RunCommand& command);
  void carryOut(const link::CancelRun& cancel);
  void carryOut(link::SendToHub& to_hub);
  // Puts a halt on the wire. One that could not be sent is told, and tried again until it is, or a permit makes it
  // void.
  Status sendHalt(const link::HaltDriver& halt);
  void sendHaltLater();
  void sayLater(link::AgentMessage message);
  void sayNow();
  void schedule();
  void bad(std::string_view channel, const std::string& why);
  enum class End : std::uint8_t { by_wire, by_hub, for_good };  // of the first the link knows
  void finish(std::string_view why, End end);

  const std::shared_ptr<live::LiveDevice> device_;
  std::shared_ptr<ForeignLink> link_;  // null once it is over
  const ForeignFacts facts_;
  const link::Nonce nonce_;
  const std::unique_ptr<Commands> commands_;
  link::AgentFence fence_;
  std::shared_ptr<Pictures> pictures_;
  std::optional<link::HaltDriver> unsent_halt_;
  net::TimerId halt_timer_ = 0;
  std::vector<link::AgentMessage> to_hub_;
  bool saying_ = false;
  bool over_ = false;
  net::TimerId timer_ = 0;
  MonoTime timer_at_ = MonoTime::max();
  std::uint64_t bad_values_ = 0;  // since the last line about them
  MonoTime bad_told_ = MonoTime::min();
};

}  // namespace robohub::gateway

// The device's side of robohub: between a hub that may lie, a network that may die and a driver that may hang. Its
// rules are link::AgentFence's; this class brings it what happens (messages, the driver's answers, time) and carries
// out what it decides, in order and at once, all on one loop.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/bulk_link.hpp"
#include "agent/capture_carrier.hpp"
#include "agent/claim.hpp"
#include "agent/event_feed.hpp"
#include "agent/hub_socket.hpp"
#include "agent/microphone.hpp"
#include "agent/plan.hpp"
#include "agent/state_folder.hpp"
#include "agent/suspend_watch.hpp"
#include "agent/telemetry_feed.hpp"
#include "agent/type_check.hpp"
#include "link/agent_fence.hpp"
#include "net/mjpeg_camera.hpp"
#include "plugin/driver_host.hpp"

namespace robohub::agent {

// How the agent ended. The values are the program's exit codes (sysexits.h where there is one).
enum class End { stopped = 0, refused = 77 /* EX_NOPERM: the claim */, broken = 70 /* EX_SOFTWARE */ };

struct AgentEvents {
  std::function<void()> online;  // the hub has welcomed the control link
  std::function<void(End)> ended;
};

// All [loop]. Construct before the loop runs, destroy after it has ended (which closes the driver and blocks for up to
// a second).
class Agent final : private HubSocketUser, private plugin::DriverEvents {
 public:
  // `state` is locked. Errors of start(): permission_denied (an inline host for hazards), not_found (no key and no
  // claim code), and those of the state folder.
  // `slept` says how long the machine has slept since it was booted.
  Agent(net::Loop& loop, Plan plan, StateFolder state, AgentEvents events,
        std::function<Duration()> slept = sleptSinceBoot);
  ~Agent() override;

  // Opens the driver (which makes the hardware safe), claims where there is a new code, dials. Does not block but on
  // the disk.
  Status start();
  // Halts, closes the links (1001), then tells `ended`. Takes half a second at most. Idempotent.
  void stop();

 private:
  // ---- the link (agent.cpp)
  void dial(const std::string& key);
  void claimed(Status status);
  void onUp() override;
  void onText(std::string_view text) override;
  void onDown() override;
  void welcome(const link::Welcome& welcome);
  void end(End how);
  // True when the machine has slept: then everything that held before is void, the link too.
  bool noticeSleep();

  // ---- the fence (agent_effects.cpp)
  void tell(const std::function<void(MonoTime, link::FenceEffects&)>& tell_fence);
  void carryOut(link::GivePermit& permit);
  void carryOut(link::HaltDriver& halt);
  void carryOut(link::RunCommand& command);
  void carryOut(link::CancelRun& cancel);
  void carryOut(link::SendToHub& to_hub);
  void send(const link::AgentMessage& message);
  void schedule();
  void sendDue();
  void report(link::EventLevel level, const std::string& text);

  // ---- the driver (agent_driver.cpp)
  Status openDriver();
  void onOpened() override;
  void onOpenFailed(const Error& error) override;
  void onReply(const plugin::Reply& reply) override;
  void onHalted(std::uint64_t halt, bool confirmed, const std::string& message) override;
  void onPublish(const std::string& channel, const std::string& json, std::int64_t t_ns) override;
  void onFrame(const std::string& stream, SharedBytes bytes, std::int64_t t_ns) override;
  void onLog(plugin::LogLevel level, const std::string& line) override;
  void onDied(const std::string& reason) override;
  void onSegment(const plugin::CaptureSegment& segment) override;
  void onCaptureEnd(const std::string& key, std::uint32_t segments) override;
  Status openOutbox();
  void watch(const std::string& stream, bool on);
  void watchCamera(const std::string& stream, bool on);
  void listen(const plugin::Stream& stream, bool on);
  void sendPicture(std::string_view stream, std::string_view jpeg, std::int64_t t_ns);
  void sendSound(const plugin::Stream& stream, std::string_view pcm, std::int64_t t_ns);
  void tellSource(const std::string& fault, const char* well_again);

  net::Loop& loop_;
  const Plan plan_;
  StateFolder state_;
  AgentEvents events_;
  SystemClock clock_;
  const std::function<Duration()> slept_;
  SuspendWatch suspend_;

  TypeCheck check_;
  link::AgentFence fence_;
  link::Nonce nonce_;  // of the control connection that is up
  bool welcomed_ = false;
  std::uint64_t newest_halt_ = 0;

  TelemetryFeed telemetry_;
  EventFeed reports_;
  std::optional<Claim> claim_;
  std::optional<HubSocket> control_;
  std::optional<BulkLink> bulk_;
  std::optional<CaptureCarrier> carrier_;
  std::optional<net::MjpegCamera> camera_;
  std::optional<Microphone> microphone_;
  std::unique_ptr<plugin::DriverHost> driver_;
  bool driver_troubled_ = false;                  // it was reported as gone or not open
  std::string open_fault_;                        // why it does not open, as it was reported last
  MonoTime picture_complaint_ = MonoTime::min();  // not before
  MonoTime sound_complaint_ = MonoTime::min();

  net::TimerId timer_ = 0;
  MonoTime timer_at_ = MonoTime::max();
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace robohub::agent

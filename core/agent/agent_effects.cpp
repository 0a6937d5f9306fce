// The agent's way to and from its fence: what happened goes in, what it decides is carried out in order and at once.
#include "agent/agent.hpp"
#include "agent/clean_text.hpp"
#include "agent/log.hpp"

namespace robohub::agent {

void Agent::tell(const std::function<void(MonoTime, link::FenceEffects&)>& tell_fence) {
  link::FenceEffects effects;
  // Not the loop's time of this iteration: a stamp's age is measured against the moment it is looked at.
  tell_fence(clock_.now(), effects);
  for (auto& effect : effects) std::visit([this](auto& e) { carryOut(e); }, effect);
  schedule();
}

void Agent::carryOut(link::GivePermit& permit) {
  // Effects are carried out in order, so none can be older than the newest halt; this says so where it would break.
  if (permit.after_halt < newest_halt_) return;
  driver_->permit(permit.epoch, toNs(permit.until));
}

void Agent::carryOut(link::HaltDriver& halt) {
  newest_halt_ = halt.number;
  log::debug("Halt " + std::to_string(halt.number) + ": " + link::toString(halt.reason) + ".");
  driver_->halt(halt.number, link::toString(halt.reason));
}

void Agent::carryOut(link::RunCommand& command) {
  plugin::DriverRequest request;
  request.id = command.run;
  request.command = std::move(command.name);
  request.params = std::move(command.params_json);
  request.epoch = command.epoch;
  request.deadline_ns = toNs(command.deadline);
  driver_->handle(request);
}

void Agent::carryOut(link::CancelRun& cancel) {
  driver_->cancel(cancel.run);
}

void Agent::carryOut(link::SendToHub& to_hub) {
  send(to_hub.message);
}

void Agent::send(const link::AgentMessage& message) {
  if (!control_) return;
  const bool telemetry = std::holds_alternative<link::Telemetry>(message);
  control_->sendText(link::encode(message), telemetry ? net::SendClass::data : net::SendClass::control);
}

void Agent::schedule() {
  MonoTime next = fence_.nextDeadline();
  if (welcomed_) next = std::min(next, telemetry_.nextDue());
  if (next == timer_at_) return;
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  timer_at_ = next;
  if (next == MonoTime::max()) return;
  timer_ = loop_.after(std::max(next - clock_.now(), Duration::zero()), [this] {
    timer_ = 0;
    timer_at_ = MonoTime::max();
    noticeSleep();
    tell([&](MonoTime now, auto& out) { fence_.tick(now, out); });
    sendDue();
  });
}

void Agent::sendDue() {
  if (!welcomed_) return;
  auto due = telemetry_.takeDue(clock_.now());
  for (const std::string& complaint : due.complaints) log::warning(complaint);
  for (auto& value : due.values) send(std::move(value));
  for (auto& event : reports_.takeAll()) send(std::move(event));
  schedule();
}

void Agent::report(link::EventLevel level, const std::string& text) {
  reports_.add(level, text, clock_.now());
  sendDue();
}

}  // namespace robohub::agent

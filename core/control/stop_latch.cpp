#include "control/stop_latch.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace robohub::control {
namespace {

constexpr std::size_t kLongestAnswer = 1024;  // of what a device says of its stop, in bytes

// Numbers of agents are believed up to here, so that ours can still rise.
constexpr std::uint64_t kHighest = std::uint64_t(1) << 62;

const char* const kOffline = "The device is offline; it is stopped as soon as it is back.";

}  // namespace

StopLatch::StopLatch(StopRecord record, Duration answer_within)
    : record_(std::move(record)), answer_within_(answer_within) {
  if (record_.latched) offline();
}

StopLatch::Pressed StopLatch::press(std::string by, std::string reason, std::int64_t at_ms, bool online, MonoTime now) {
  online_ = online;
  const bool anew = !record_.latched || resetting_;
  if (anew) {
    record_ = {true, record_.number + 1, std::move(by), std::move(reason), at_ms};
    resetting_ = false;
  } else if (state_ != StopState::unconfirmed) {
    return {};
  }
  if (!online) {
    offline();
    return {anew, false};
  }
  awaitAnswer(now);
  return {anew, true};
}

void StopLatch::awaitAnswer(MonoTime now) {
  state_ = StopState::sent;
  message_.clear();
  answer_by_ = now + answer_within_;
}

link::Stop StopLatch::message() const {
  return {link::stopId(record_.number), record_.by, record_.reason};
}

StopLatch::Found StopLatch::online(const std::optional<link::StopFacts>& at_agent, std::int64_t at_ms, MonoTime now) {
  online_ = true;
  resetting_ = false;
  Found found;
  if (at_agent) {
    const std::uint64_t number = link::stopNumber(at_agent->id);
    if (number > record_.number && number <= kHighest) record_.number = number;
    if (!record_.latched) {
      record_ = {true, std::max<std::uint64_t>(record_.number, 1), at_agent->by, at_agent->reason, at_ms};
      found.taken_over = true;
    }
  }
  if (!record_.latched) return found;
  awaitAnswer(now);
  found.send = true;
  return found;
}

void StopLatch::offline() {
  online_ = false;
  resetting_ = false;
  answer_by_ = MonoTime::max();
  if (!record_.latched) return;
  state_ = StopState::unconfirmed;
  message_ = kOffline;
}

bool StopLatch::answered(const link::Stopped& answer) {
  if (!record_.latched || answer.id != link::stopId(record_.number)) return false;
  const StopState before = std::exchange(state_, answer.confirmed ? StopState::confirmed : StopState::unconfirmed);
  std::string said(beginningOf(answer.message, kLongestAnswer));
  const bool news = before != state_ || said != message_ || answer_by_ != MonoTime::max();
  message_ = std::move(said);
  answer_by_ = MonoTime::max();
  return news;
}

bool StopLatch::resetDone(const link::ResetDone& answer) {
  if (!resetting_ || answer.id != link::stopId(record_.number)) return false;
  resetting_ = false;
  message_ = beginningOf(answer.message, kLongestAnswer);
  if (answer.ok) {
    record_.latched = false;
    state_ = StopState::none;
    answer_by_ = MonoTime::max();
  }
  return true;
}

Result<link::Reset> StopLatch::reset() {
  if (!record_.latched) return fail(ErrorCode::conflict, "The device is not stopped.");
  if (!online_) return fail(ErrorCode::unavailable, "The device is offline; its stop can be ended when it is back.");
  resetting_ = true;
  return link::Reset{link::stopId(record_.number)};
}

bool StopLatch::tick(MonoTime now) {
  if (now < answer_by_) return false;
  answer_by_ = MonoTime::max();
  state_ = StopState::unconfirmed;
  message_ = "The device has not answered.";
  return true;
}

StopView StopLatch::view() const {
  if (!record_.latched) return {};
  return {state_, resetting_, link::stopId(record_.number), record_.by, record_.reason, record_.at_ms, message_};
}

}  // namespace robohub::control

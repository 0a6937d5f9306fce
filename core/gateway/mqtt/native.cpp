#include "gateway/mqtt/native.hpp"

#include <charconv>

#include "base/json.hpp"
#include "base/text.hpp"
#include "gateway/mqtt/extract.hpp"

namespace robohub::gateway {

namespace {

// A device's clock of an answer is not ours: it may be that late.
constexpr Duration kAnswerGrace = std::chrono::milliseconds(500);
constexpr std::size_t kLongestEvent = 1000;

std::optional<link::FinalState> stateOf(const std::string& text) {
  using link::FinalState;
  for (const FinalState state :
       {FinalState::succeeded, FinalState::failed, FinalState::cancelled, FinalState::expired, FinalState::refused})
    if (text == link::toString(state)) return state;
  return std::nullopt;
}

std::string milliseconds(Duration left) {
  return std::to_string(std::max<std::int64_t>(toMs(left), 0));
}

}  // namespace

MqttNative::MqttNative(const MqttDevice& device, const MqttType& type, MqttLog log)
    : MqttPeer(device, type, std::move(log)), root_("robohub/v1/" + device.id + "/") {
  tellsOfItself();
}

std::vector<std::string> MqttNative::filters() const {
  return {root_ + "online", root_ + "telemetry/+", root_ + "result", root_ + "stopped", root_ + "event"};
}

bool MqttNative::counts(const std::string& topic) const {
  return topic == root_ + "online" || topic == root_ + "result" || topic == root_ + "stopped";
}

// ---- to the device ------------------------------------------------------------------------------------------------

std::optional<link::Outcome> MqttNative::run(const link::RunCommand& command) {
  const Duration left = command.deadline - now();
  const std::string text = "{\"id\":\"" + std::to_string(command.run) +
                           "\",\"epoch\":" + std::to_string(command.epoch) + ",\"ttl_ms\":" + milliseconds(left) +
                           ",\"params\":" + command.params_json + "}";
  if (const Status sent = publish(root_ + "command/" + command.name, text); !sent)
    return link::Outcome{link::FinalState::failed, sent.error().code, sent.error().message, "", ""};
  runs_.add(loop(), command.run, left + kAnswerGrace, [this, run = command.run] {
    if (foreign())
      foreign()->finished(
          run, {link::FinalState::expired, ErrorCode::timeout, "The device gave no answer in time.", "", ""});
  });
  return std::nullopt;
}

void MqttNative::cancel(std::uint64_t run) {
  if (runs_.take(run)) (void)publish(root_ + "cancel", "{\"id\":\"" + std::to_string(run) + "\"}");
}

void MqttNative::permit(Epoch epoch, MonoTime until) {
  // One that does not get through ends by itself at the device.
  (void)publish(root_ + "permit",
                "{\"epoch\":" + std::to_string(epoch) + ",\"for_ms\":" + milliseconds(until - now()) + "}");
}

Status MqttNative::halt(link::HaltReason reason) {
  ++halt_;
  return publish(root_ + "stop", "{\"n\":" + std::to_string(halt_) + ",\"reason\":\"" + link::toString(reason) + "\"}");
}

// ---- from the device ----------------------------------------------------------------------------------------------

void MqttNative::gone() {
  runs_.clear();
}

void MqttNative::message(const MqttIncoming& message) {
  if (!message.topic.starts_with(root_)) return;
  const std::string what = message.topic.substr(root_.size());
  // Only whether it is there may be of before: its will is kept by the broker.
  const std::string_view payload = withoutEnd(message.payload);
  if (what == "online") return setPresent(payload == "true");
  if (message.retained || !foreign()) return;
  if (what.starts_with("telemetry/")) return foreign()->publish(what.substr(10), payload);
  const auto read = json::parseObject(payload);
  if (!read) return badMessage(message.topic, read.error().message);
  if (what == "result") return result(**read);
  if (what == "stopped") return stopped(**read);
  if (what == "event") return event(**read);
}

void MqttNative::result(const json::Object& message) {
  const auto id = json::getString(message, "id");
  const auto state = stateOf(json::getString(message, "state").value_or(""));
  std::uint64_t run = 0;
  if (id) std::from_chars(id->data(), id->data() + id->size(), run);
  if (!id || !state) return badMessage(root_ + "result", "It names no command, or no final state.");
  if (!runs_.take(run)) return;  // it was late, or of a life before
  link::Outcome outcome;
  outcome.state = *state;
  if (*state != link::FinalState::succeeded) {
    outcome.code = *state == link::FinalState::expired ? ErrorCode::timeout : ErrorCode::internal;
    outcome.message = json::getString(message, "message").value_or("The device gave no reason.");
    outcome.pointer = json::getString(message, "pointer").value_or("");
  } else if (const auto value = json::getObject(message, "value"); value && *value) {
    outcome.value_json = json::write(**value);
  }
  foreign()->finished(run, std::move(outcome));
}

void MqttNative::stopped(const json::Object& message) {
  const auto number = json::getInt(message, "n");
  if (!number || static_cast<std::uint64_t>(*number) != halt_) return;  // of a stop before the newest
  if (json::getBool(message, "ok").value_or(false))
    foreign()->safe();
  else
    foreign()->event(link::EventLevel::error, "The device has NOT stopped: " +
                                                  json::getString(message, "message").value_or("it gave no reason."));
}

void MqttNative::event(const json::Object& message) {
  const std::string level = json::getString(message, "level").value_or("info");
  const auto text = json::getString(message, "text");
  if (!text) return;
  foreign()->event(level == "error"     ? link::EventLevel::error
                   : level == "warning" ? link::EventLevel::warning
                                        : link::EventLevel::info,
                   std::string(beginningOf(*text, kLongestEvent)));
}

}  // namespace robohub::gateway

// The agent's way to and from its driver. Everything that a driver says is a stranger's word: it is cleaned, measured
// and checked before it goes on.
#include "agent/agent.hpp"
#include "agent/clean_text.hpp"
#include "agent/log.hpp"
#include "agent/random.hpp"
#include "base/json.hpp"

namespace robohub::agent {
namespace {

// A result and its envelope must fit into one message.
constexpr std::size_t kMaxResultBytes = link::kMaxTextBytes - 4096;
constexpr Duration kComplainEvery = std::chrono::minutes(1);

link::Outcome outcomeOf(const plugin::Reply& reply) {
  link::Outcome outcome;
  switch (reply.state) {
    case plugin::ReplyState::succeeded: outcome.state = link::FinalState::succeeded; break;
    case plugin::ReplyState::failed: outcome.state = link::FinalState::failed; break;
    case plugin::ReplyState::cancelled: outcome.state = link::FinalState::cancelled; break;
    case plugin::ReplyState::expired: outcome.state = link::FinalState::expired; break;
  }
  if (outcome.state != link::FinalState::succeeded) {
    outcome.code = reply.code;
    outcome.message = cleanText(reply.text);
    return outcome;
  }
  if (reply.text.empty()) return outcome;
  // What it did is done whatever its answer looks like; only the answer is left out.
  if (reply.text.size() > kMaxResultBytes)
    outcome.message = "It is done; its result is too large to be sent.";
  else if (!json::parseObject(reply.text))
    outcome.message = "It is done; its result cannot be read.";
  else
    outcome.value_json = reply.text;
  if (outcome.value_json.empty()) log::warning("A result of the driver was left out: " + outcome.message);
  return outcome;
}

}  // namespace

Status Agent::openOutbox() {
  auto outbox = CaptureOutbox::open(state_.captures(), static_cast<std::uint64_t>(plan_.settings.captures_max_bytes));
  if (!outbox) return fail(outbox.error());
  CarrierWays ways;
  ways.say = [this](const link::AgentMessage& message) { bulk_->say(message); };
  ways.send_piece = [this](std::string_view head, std::string_view bytes) { bulk_->sendPiece(head, bytes); };
  ways.idle = [this] { return bulk_ && bulk_->idle(); };
  ways.piece_waits = [this] { return !bulk_ || bulk_->pieceWaits(); };
  ways.tell = [this](link::EventLevel level, const std::string& text) {
    level == link::EventLevel::error ? log::error(text) : log::warning(text);
    report(level, text);
  };
  ways.waiting = [this](const CaptureUpload::Waiting& waiting) {
    driver_->capturesWaiting(waiting.segments, waiting.bytes);
  };
  carrier_.emplace(loop_, std::move(*outbox), std::move(ways));
  return {};
}

void Agent::onSegment(const plugin::CaptureSegment& segment) {
  carrier_->segment(segment);
}

void Agent::onCaptureEnd(const std::string& key, std::uint32_t segments) {
  carrier_->end(key, segments);
}

Status Agent::openDriver() {
  plugin::DriverSetup setup;
  setup.plugin = plan_.plugin;
  setup.type = plan_.type->type;
  setup.device = plan_.device.str();
  setup.config = plan_.settings.driver;
  setup.state_file = state_.driverState();
  setup.capture_folder = state_.captures() / "spool";
  setup.private_folder = state_.path();
  setup.host_program = plan_.host_program;
  const auto post = [this](std::function<void()> fn) { loop_.post(std::move(fn)); };
  if (plan_.settings.plugin.host == PluginSettings::Host::child) {
    driver_ = plugin::makeChildHost(std::move(setup), *this, post);
  } else {
    auto made = plugin::makeInlineHost(std::move(setup), *this, post);
    if (!made) return fail(made.error());
    driver_ = std::move(*made);
  }
  // Until it is open there is nothing to permit, and a command gets a sentence that says so.
  tell([&](MonoTime now, auto& out) { fence_.onDriverLost("The driver is not open yet.", now, out); });
  driver_->open();
  return {};
}

void Agent::onOpened() {
  log::info("The driver of " + plan_.device.str() + " is open; its outputs are safe.");
  if (std::exchange(driver_troubled_, false)) {
    report(link::EventLevel::info, "The driver is open again; its outputs are safe.");
    driver_->turnGoesOn(fence_.epoch());  // it may have been granted while there was no driver
  }
  tell([&](MonoTime now, auto& out) { fence_.onDriverOpened(now, out); });
  carrier_->driverOpened();
  if (!bulk_) return;
  for (const auto& stream : bulk_->watched()) watch(stream, true);
}

void Agent::onOpenFailed(const Error& error) {
  driver_troubled_ = true;
  const std::string text = "The driver could not be opened: " + cleanText(error.message);
  if (text != open_fault_) {
    log::error(text);
    report(link::EventLevel::error, text);
  }
  open_fault_ = text;
}

void Agent::onDied(const std::string& reason) {
  driver_troubled_ = true;
  open_fault_.clear();
  const std::string text = "The driver's process is gone: " + cleanText(reason);
  log::error(text);
  tell([&](MonoTime now, auto& out) { fence_.onDriverLost(text, now, out); });
  report(link::EventLevel::error, text);
}

void Agent::onReply(const plugin::Reply& reply) {
  tell([&](MonoTime now, auto& out) { fence_.onCommandDone(reply.request, outcomeOf(reply), now, out); });
}

void Agent::onHalted(std::uint64_t halt, bool confirmed, const std::string& message) {
  if (!confirmed) {
    const std::string text = "The driver did not confirm that its outputs are safe: " + cleanText(message);
    log::error(text);
    report(link::EventLevel::error, text);
  }
  if (halt == 0) log::debug("The driver has halted by itself.");
  if (halt == 0) return;  // the host's own; the fence sees the same deadline on its own clock
  tell([&](MonoTime now, auto& out) { fence_.onHaltDone(halt, confirmed, cleanText(message), now, out); });
}

void Agent::onPublish(const std::string& channel, const std::string& json, std::int64_t t_ns) {
  if (auto complaint = telemetry_.publish(channel, json, t_ns, clock_.now())) log::warning(*complaint);
  sendDue();
}

void Agent::onLog(plugin::LogLevel level, const std::string& line) {
  const std::string text = "driver: " + cleanText(line);
  switch (level) {
    case plugin::LogLevel::debug: return log::debug(text);
    case plugin::LogLevel::info: break;
    case plugin::LogLevel::warning:
      if (!reports_.add(link::EventLevel::warning, cleanText(line), clock_.now())) return;
      sendDue();
      return log::warning(text);
    case plugin::LogLevel::error:
      if (!reports_.add(link::EventLevel::error, cleanText(line), clock_.now())) return;
      sendDue();
      return log::error(text);
  }
  log::info(text);
}

void Agent::watch(const std::string& stream, bool on) {
  const auto* declared = plan_.type->stream(stream);
  if (declared == nullptr) return;
  declared->kind == plugin::Stream::Kind::sound ? listen(*declared, on) : watchCamera(stream, on);
}

// Whether a source has a fault ("": no longer), for the log and for people.
void Agent::tellSource(const std::string& fault, const char* well_again) {
  const bool well = fault.empty();
  const std::string text = well ? well_again : fault;
  well ? log::info(text) : log::warning(text);
  report(well ? link::EventLevel::info : link::EventLevel::warning, text);
}

void Agent::watchCamera(const std::string& stream, bool on) {
  const auto& camera = plan_.settings.camera;
  if (camera.source == CameraSettings::Source::driver) driver_->watch(stream, on);
  if (camera.source != CameraSettings::Source::mjpeg || stream != camera.stream) return;
  if (!camera_) {
    camera_.emplace(
        loop_, plan_.camera, net::MjpegOptions{}, randomFraction,
        [this](std::string_view jpeg) { sendPicture(plan_.settings.camera.stream, jpeg, toNs(clock_.now())); },
        [this](const std::string& fault) { tellSource(fault, "The camera delivers pictures again."); });
  }
  camera_->watch(on);
}

void Agent::listen(const plugin::Stream& stream, bool on) {
  const auto& microphone = plan_.settings.microphone;
  if (microphone.source == MicrophoneSettings::Source::driver) driver_->watch(stream.name, on);
  if (microphone.source != MicrophoneSettings::Source::alsa || stream.name != microphone.stream) return;
  if (!microphone_)
    microphone_.emplace(
        loop_, microphone.device, stream.rate_hz,
        [this, &stream](std::string_view pcm, std::int64_t t_ns) { sendSound(stream, pcm, t_ns); },
        [this](const std::string& fault) { tellSource(fault, "The microphone is heard again."); });
  microphone_->listen(on);
}

void Agent::onFrame(const std::string& stream, SharedBytes bytes, std::int64_t t_ns) {
  const auto* declared = plan_.type->stream(stream);
  if (declared != nullptr && declared->kind == plugin::Stream::Kind::sound) {
    if (plan_.settings.microphone.source == MicrophoneSettings::Source::driver) sendSound(*declared, *bytes, t_ns);
  } else if (plan_.settings.camera.source == CameraSettings::Source::driver) {
    sendPicture(stream, *bytes, t_ns);
  }
}

void Agent::sendPicture(std::string_view stream, std::string_view jpeg, std::int64_t t_ns) {
  if (!bulk_ || stopping_) return;
  auto sent = bulk_->send(stream, jpeg, t_ns);
  if (sent || clock_.now() < picture_complaint_) return;
  picture_complaint_ = clock_.now() + kComplainEvery;
  log::warning("A picture of the stream " + cleanText(stream, 64) + " was left out: " + sent.error().message);
}

void Agent::sendSound(const plugin::Stream& stream, std::string_view pcm, std::int64_t t_ns) {
  if (!bulk_ || stopping_) return;
  auto sent = bulk_->sendSound(stream.name, stream.rate_hz, pcm, t_ns);
  if (sent || clock_.now() < sound_complaint_) return;
  sound_complaint_ = clock_.now() + kComplainEvery;
  log::warning("Sound of the stream " + stream.name + " was left out: " + sent.error().message);
}

}  // namespace robohub::agent

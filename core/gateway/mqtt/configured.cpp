#include "gateway/mqtt/configured.hpp"

#include "base/json.hpp"
#include "gateway/mqtt/topic.hpp"

namespace robohub::gateway {

namespace {

constexpr Duration kSlow = std::chrono::milliseconds(5);
constexpr std::size_t kMostValuesSaid = 1024;

link::Outcome failed(const Error& error) {
  return {link::FinalState::failed, error.code, error.message, error.where, ""};
}

Status refuse(const MqttDevice& device, const std::string& key, const Error& error) {
  return fail(ErrorCode::invalid_argument, error.message + (error.where.empty() ? "" : " (" + error.where + ")"),
              "devices." + device.id + ".mqtt." + key);
}

}  // namespace

Result<std::shared_ptr<MqttPeer>> MqttConfigured::make(const MqttDevice& device, const MqttType& type,
                                                       const MqttLog& log) {
  auto made = std::make_shared<MqttConfigured>(Private{}, device, type, log);
  for (const auto step :
       {&MqttConfigured::openTranslator, &MqttConfigured::makeCommands, &MqttConfigured::makeChannels})
    if (Status ok = (made.get()->*step)(); !ok) return fail(ok.error());
  if (device.online) made->tellsOfItself();
  return std::shared_ptr<MqttPeer>(std::move(made));
}

Status MqttConfigured::openTranslator() {
  const MqttDevice& device = settings();
  if (!device.translator && device.calibration.empty()) return {};
  if (!type().installed || !type().installed->entry)
    return refuse(device, device.translator ? "translator" : "calibration",
                  {ErrorCode::invalid_argument, "This needs the plugin of " + device.type + ".", ""});
  auto config = json::parseObject(device.translator_settings_json.empty() ? "{}" : device.translator_settings_json);
  if (!config) return refuse(device, "settings", config.error());
  if (!device.calibration.empty()) (*config)->set("calibration_file", device.calibration.string());
  plugin::TranslatorLink::Events events;
  events.log = [this](int level, const std::string& line) {
    log(level >= RH_LOG_ERROR     ? link::EventLevel::error
        : level == RH_LOG_WARNING ? link::EventLevel::warning
                                  : link::EventLevel::info,
        line);
  };
  events.publish = [this](const std::string& channel, const std::string& value) {
    if (!loopNow() || values_said_ >= kMostValuesSaid) return;
    ++values_said_;
    told([channel, value](MqttConfigured& self) {
      --self.values_said_;
      if (self.foreign()) self.foreign()->publish(channel, value);
    });
  };
  events.complete = [this](std::uint64_t run, const Result<std::string>& result) {
    told([run, result](MqttConfigured& self) { self.completed(run, result); });
  };
  auto opened = plugin::TranslatorLink::open(*type().installed->entry, device.type, device.id, json::write(**config),
                                             std::move(events));
  if (!opened) return refuse(device, device.calibration.empty() ? "settings" : "calibration", opened.error());
  translator_ = std::move(*opened);
  return {};
}

Status MqttConfigured::makeCommands() {
  const auto type_json = type().type->type->json;
  const auto list = type_json->getArray("commands");
  for (const MqttCommand& command : settings().commands)
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto declared = list->getObject(static_cast<unsigned>(i));
      if (declared->optValue<std::string>("name", "") != command.name) continue;
      auto payload = MqttTemplate::make(command.payload, *declared->getObject("params"));
      if (!payload) return refuse(settings(), "commands." + command.name + ".payload", payload.error());
      commands_.emplace(command.name, Sent{command.topic, std::move(*payload)});
    }
  return {};
}

Status MqttConfigured::makeChannels() {
  const auto list = type().type->type->json->getArray("channels");
  for (const MqttChannel& channel : settings().telemetry)
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto declared = list->getObject(static_cast<unsigned>(i));
      if (declared->optValue<std::string>("name", "") != channel.name) continue;
      const double rate = declared->getValue<double>("max_rate_hz");
      channels_.push_back({&channel,
                           MqttExtract::make(channel, *declared->getObject("schema")),
                           Duration(static_cast<Duration::rep>(1e9 / rate)),
                           MonoTime::min(),
                           "",
                           false,
                           {}});
    }
  return {};
}

// A translator speaks from threads of its own too, and while it is asked for messages, when the device must not be
// called back and does not know yet that an answer is to come. [any-thread]
void MqttConfigured::told(std::function<void(MqttConfigured&)> work) {
  net::Loop* const there = loopNow();
  if (!there) return;  // it is no device yet
  if (there->inLoop() && decoding_) return work(*this);
  there->post([weak = weak_from_this(), work = std::move(work)] {
    if (const auto self = std::static_pointer_cast<MqttConfigured>(weak.lock())) work(*self);
  });
}

// What only a translator hears may be the answer to a command.
bool MqttConfigured::counts(const std::string& topic) const {
  if (settings().online && topic == settings().online->topic) return true;
  const auto heard = [&](const std::string& filter) { return matchesMqttFilter(filter, topic); };
  const auto is_value = [&](const MqttChannel& channel) { return heard(channel.topic); };
  return std::any_of(settings().listen.begin(), settings().listen.end(), heard) &&
         std::none_of(settings().telemetry.begin(), settings().telemetry.end(), is_value);
}

std::vector<std::string> MqttConfigured::filters() const {
  std::vector<std::string> all = settings().listen;
  for (const MqttChannel& channel : settings().telemetry) all.push_back(channel.topic);
  if (settings().online) all.push_back(settings().online->topic);
  return all;
}

// ---- to the device ------------------------------------------------------------------------------------------------

std::optional<link::Outcome> MqttConfigured::run(const link::RunCommand& command) {
  const auto sent = commands_.find(command.name);
  std::vector<plugin::TranslatorLink::Message> messages;
  bool pending = false;
  // With a calibration the translator is asked of templates too: what the device cannot reach must not be sent.
  if (translator_ && (sent == commands_.end() || type().translated.count(command.name) > 0)) {
    const bool decoding = std::exchange(decoding_, false);
    auto encoded =
        translator_->encode({command.run, command.epoch, command.deadline, command.name, command.params_json});
    decoding_ = decoding;
    watchTime();
    if (!encoded) return failed(encoded.error());
    messages = std::move(encoded->messages);
    pending = encoded->pending;
  }
  if (sent != commands_.end()) {
    const auto params = json::parseObject(command.params_json);
    if (!params) return failed(params.error());
    auto payload = sent->second.payload.render(**params);
    if (!payload) return failed(payload.error());
    messages = {{sent->second.topic, std::move(*payload)}};
  }
  link::Outcome outcome = send(messages);
  if (outcome.state != link::FinalState::succeeded || !pending) return outcome;
  runs_.add(loop(), command.run, command.deadline - now(), [this, run = command.run] {
    if (foreign())
      foreign()->finished(
          run, {link::FinalState::expired, ErrorCode::timeout, "The device gave no answer in time.", "", ""});
  });
  return std::nullopt;
}

link::Outcome MqttConfigured::send(const std::vector<plugin::TranslatorLink::Message>& messages) {
  if (messages.empty()) return failed({ErrorCode::internal, "There is no message for this command.", ""});
  for (const auto& message : messages)
    if (const Status sent = publish(message.topic, message.payload); !sent) return failed(sent.error());
  return {link::FinalState::succeeded, std::nullopt, "", "", ""};
}

void MqttConfigured::completed(std::uint64_t run, const Result<std::string>& result) {
  if (!runs_.take(run) || !foreign()) return;
  if (result)
    foreign()->finished(run, {link::FinalState::succeeded, std::nullopt, "", "", *result});
  else
    foreign()->finished(run, failed(result.error()));
}

void MqttConfigured::cancel(std::uint64_t run) {
  runs_.take(run);
}

Status MqttConfigured::halt(link::HaltReason reason) {
  if (settings().halt) return publish(settings().halt->topic, settings().halt->payload);
  if (!translator_) return fail(ErrorCode::unsupported, "This device cannot be stopped from here.");
  const bool decoding = std::exchange(decoding_, false);
  const auto messages = translator_->halt(link::toString(reason));
  decoding_ = decoding;
  watchTime();
  if (!messages) return fail(messages.error());
  for (const auto& message : *messages)
    if (Status sent = publish(message.topic, message.payload); !sent) return sent;
  return {};
}

void MqttConfigured::watchTime() {
  if (slow_told_ || translator_->longest() < kSlow) return;
  slow_told_ = true;
  log(link::EventLevel::warning, "the translator took " + std::to_string(toMs(translator_->longest())) +
                                     " ms; everything on its loop waits for it.");
}

// ---- from the device ----------------------------------------------------------------------------------------------

void MqttConfigured::begun() {
  ++link_number_;
  for (Heard& heard : channels_) {
    heard.waiting.clear();
    heard.due = false;
  }
  for (std::size_t i = 0; i < channels_.size(); ++i)
    if (const auto kept = std::exchange(channels_[i].kept, std::nullopt)) hear(i, *kept);
}

void MqttConfigured::gone() {
  runs_.clear();
}

void MqttConfigured::message(const MqttIncoming& message) {
  if (settings().online && message.topic == settings().online->topic)
    setPresent(withoutEnd(message.payload) == withoutEnd(settings().online->payload));
  if (!foreign()) {
    // A broker tells what it has kept when it is asked for the topic and never again; that is before it is up for us.
    for (Heard& heard : channels_)
      if (heard.channel->retained && matchesMqttFilter(heard.channel->topic, message.topic)) heard.kept = message;
    return;
  }
  for (std::size_t i = 0; i < channels_.size(); ++i)
    if (matchesMqttFilter(channels_[i].channel->topic, message.topic)) hear(i, message);
  if (!translator_ || message.retained) return;
  for (const std::string& filter : settings().listen) {
    if (!matchesMqttFilter(filter, message.topic)) continue;
    decoding_ = true;
    const Status read = translator_->decode(message.topic, message.payload);
    decoding_ = false;
    if (!read) badMessage(message.topic, read.error().message);
    watchTime();
    return;
  }
}

void MqttConfigured::hear(std::size_t index, const MqttIncoming& message) {
  Heard& heard = channels_[index];
  // What the broker has kept was measured nobody knows when.
  if (message.retained && !heard.channel->retained) return;
  auto value = heard.extract.value(message.payload);
  if (!value) return badMessage(message.topic, value.error().message);
  heard.waiting = std::move(*value);
  if (heard.due) return;
  if (now() >= heard.next) return tell(index);
  heard.due = true;
  loop().after(heard.next - now(), [weak = weak_from_this(), index, number = link_number_] {
    const auto self = std::static_pointer_cast<MqttConfigured>(weak.lock());
    if (self && self->link_number_ == number) self->tell(index);
  });
}

void MqttConfigured::tell(std::size_t index) {
  Heard& heard = channels_[index];
  heard.due = false;
  heard.next = now() + heard.period;
  if (foreign() && !heard.waiting.empty()) foreign()->publish(heard.channel->name, heard.waiting);
  heard.waiting.clear();
}

}  // namespace robohub::gateway

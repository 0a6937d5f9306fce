#include "gateway/cloudtalker/connection.hpp"

#include <algorithm>
#include <ctime>

#include "base/json.hpp"

namespace robohub::gateway {

namespace {

constexpr Duration kTellOdd = std::chrono::minutes(1);
constexpr std::size_t kRecentAlarms = 20;
constexpr Duration kStateEvery = std::chrono::milliseconds(500);

// "2018-06-24T12:15:38.000Z"
std::string timeText(std::int64_t at_ms) {
  const std::time_t seconds = static_cast<std::time_t>(at_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  return std::string(text, size) + "." + std::to_string(1000 + at_ms % 1000).substr(1) + "Z";
}

std::string alarmJson(std::int64_t at_ms) {
  return "{\"at_ms\":" + std::to_string(at_ms) + ",\"source\":\"camera\"}";
}

std::string stateJson(const CloudTalk& talk) {
  return std::string("{\"armed\":") + (talk.armed() ? "true" : "false") +
         ",\"capturing\":" + (talk.capturing() ? "true" : "false") +
         ",\"segments\":" + std::to_string(talk.segments()) + "}";
}

}  // namespace

std::shared_ptr<CloudtalkerConnection> CloudtalkerConnection::begin(const CloudtalkerParts& parts,
                                                                    std::shared_ptr<live::LiveDevice> device,
                                                                    std::shared_ptr<net::WebSocket> socket,
                                                                    const TalkerWish& wish,
                                                                    const std::string& address) {
  auto self =
      std::make_shared<CloudtalkerConnection>(Private{}, parts, std::move(device), std::move(socket), wish, address);
  self->start();
  return self;
}

CloudtalkerConnection::CloudtalkerConnection(Private, const CloudtalkerParts& parts,
                                             std::shared_ptr<live::LiveDevice> device,
                                             std::shared_ptr<net::WebSocket> socket, const TalkerWish& wish,
                                             const std::string& address)
    : parts_(parts), device_(std::move(device)), socket_(std::move(socket)), address_(address), talk_(wish) {
  ++parts_.tally.connected;
}

CloudtalkerConnection::~CloudtalkerConnection() {
  --parts_.tally.connected;
}

void CloudtalkerConnection::start() {
  const auto weak = weak_from_this();
  upload_ = std::make_shared<CloudtalkerUpload>(
      parts_.captures, device_->loop(), device_->id(),
      CloudtalkerUpload::Events{[weak] {
                                  if (const auto self = weak.lock()) self->pump();
                                },
                                [weak](const std::string& sentence) {
                                  if (const auto self = weak.lock())
                                    self->later([sentence](ForeignDevice& device) {
                                      device.event(link::EventLevel::warning, sentence);
                                    });
                                },
                                [&tally = parts_.tally](std::uint64_t bytes) {
                                  ++tally.segments;
                                  tally.segment_bytes += bytes;
                                }});
  // The socket holds this until it is over.
  const auto self = shared_from_this();
  socket_->onText([self](std::string_view text) { self->receive(text, true); });
  socket_->onBinary([self](std::string_view bytes) { self->receive(bytes, false); });
  socket_->onClosed([self](std::uint16_t, std::string_view) { self->closed(); });
  takeUp();
}

void CloudtalkerConnection::takeUp() {
  if (foreign_ || closed_ || cut_) return;
  ForeignFacts facts;
  facts.link.link = device::Link::cloudtalker;
  facts.link.fenced = false;
  facts.link.halt = live::HaltKind::none;
  facts.link.type = typeOverCloudtalker(device_->services().catalogue.newest(device_->type()));
  facts.agent = "cloudtalker";
  facts.address = address_;
  ++links_;
  const auto foreign = ForeignDevice::begin(device_, shared_from_this(), facts);
  if (foreign->over()) return;
  foreign_ = foreign;
  talk::Known known;
  if (talk_.heard()) carryOut(known);
}

// ---- what comes ---------------------------------------------------------------------------------------------------

// While the disk is awaited everything waits in its order, states too: a capture's segments and what is said of them
// must not part.
void CloudtalkerConnection::receive(std::string_view bytes, bool text) {
  if (upload_->busy() || !held_.empty()) {
    held_.push_back({std::string(bytes), text});
    if (!std::exchange(paused_, true)) socket_->pauseReading(true);
    return;
  }
  handle(bytes, text);
}

void CloudtalkerConnection::handle(std::string_view bytes, bool text) {
  talk::Effects effects;
  if (text) {
    ++parts_.tally.heard;
    talk_.onText(bytes, now(), effects);
    return carryOut(std::move(effects));
  }
  if (talk_.onBinary(bytes.size(), effects)) upload_->bytes(bytes);
  carryOut(std::move(effects));
}

void CloudtalkerConnection::pump() {
  const auto self = shared_from_this();
  while (!held_.empty() && !upload_->busy()) {
    const Message message = std::move(held_.front());
    held_.pop_front();
    handle(message.bytes, message.text);
  }
  if (upload_->busy() || !held_.empty()) return;
  if (closed_) return finish();
  if (std::exchange(paused_, false)) socket_->pauseReading(false);
}

void CloudtalkerConnection::closed() {
  closed_ = true;
  if (foreign_) foreign_->lost();
  foreign_.reset();
  // What came before the end still counts.
  if (!upload_->busy() && held_.empty()) finish();
}

void CloudtalkerConnection::finish() {
  if (std::exchange(finished_, true)) return;
  talk::Effects effects;
  talk_.onLost(effects);
  carryOut(std::move(effects));
  if (parts_.over) parts_.over(*this);
}

void CloudtalkerConnection::cut(const char* why) {
  cut_ = true;
  if (const auto foreign = foreign_) foreign->end(why);
  ended(why, true);
}

void CloudtalkerConnection::ended(std::string_view why, bool for_good) {
  foreign_.reset();
  // A camera's program never dials again: that the hub stood still itself is no reason to close it. Later: the device
  // is in the middle of losing it.
  if (!for_good && !cut_)
    return device_->loop().post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->takeUp();
    });
  socket_->close(link::kCloseRefused, why.substr(0, 100));
}

// ---- commands -----------------------------------------------------------------------------------------------------

std::optional<link::Outcome> CloudtalkerConnection::run(const link::RunCommand& command) {
  if (command.name == "arm" || command.name == "disarm") {
    arm(command.name == "arm", command.run);
    return std::nullopt;
  }
  talk::Effects effects;
  if (command.name == "capture") {
    talk_.capture(command.run, now(), effects);
  } else {
    link::Outcome outcome;
    outcome.code = ErrorCode::unsupported;
    outcome.message = "This link has no such command.";
    effects.push_back(talk::RunEnds{command.run, std::move(outcome)});
  }
  carryOut(std::move(effects));
  return std::nullopt;
}

// On disk first: whoever was told that it is armed finds it armed after a restart of the hub as well.
void CloudtalkerConnection::arm(bool armed, std::uint64_t run) {
  TalkerWish wish = talk_.wish();
  wish.armed = armed;
  parts_.registry.saveReported(
      device_->id(), talkerWishJson(wish),
      [weak = weak_from_this(), loop = &device_->loop(), armed, run, link = links_](Status saved) {
        loop->post([weak, armed, run, link, saved = std::move(saved)] {
          const auto self = weak.lock();
          if (!self || self->finished_) return;
          talk::Effects effects;
          if (saved) {
            self->talk_.arm(armed, run, self->now(), effects);
          } else {
            link::Outcome outcome;
            outcome.code = saved.error().code;
            outcome.message = saved.error().message;
            effects.push_back(talk::RunEnds{run, std::move(outcome)});
          }
          // Of a link before: its end was told with that.
          if (link != self->links_) {
            self->talk_.forget(run);
            std::erase_if(effects, [&](const talk::Effect& each) {
              const auto* ends = std::get_if<talk::RunEnds>(&each);
              return ends && ends->run == run;
            });
          }
          self->carryOut(std::move(effects));
        });
      });
}

void CloudtalkerConnection::cancel(std::uint64_t run) {
  talk_.forget(run);
  schedule();
}

Status CloudtalkerConnection::halt(link::HaltReason) {
  return fail(ErrorCode::unsupported, "A camera of this kind has nothing that could be halted.");
}

void CloudtalkerConnection::setHeartbeat(std::int64_t heartbeat_s) {
  talk::Effects effects;
  talk_.setHeartbeat(heartbeat_s, now(), effects);
  carryOut(std::move(effects));
}

// ---- effects ------------------------------------------------------------------------------------------------------

void CloudtalkerConnection::carryOut(talk::Effects effects) {
  for (auto& effect : effects) std::visit([this](auto& each) { carryOut(each); }, effect);
  schedule();
}

void CloudtalkerConnection::carryOut(talk::Say& effect) {
  if (socket_->sendText(effect.text)) ++parts_.tally.said;
}

// The segments of a capture follow each other faster than anybody can look.
void CloudtalkerConnection::carryOut(talk::Known&) {
  if (state_timer_ != 0) return;
  const Duration wait = std::max(state_told_ + kStateEvery - now(), Duration::zero());
  state_timer_ = device_->loop().after(wait, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->state_timer_ = 0;
    self->state_told_ = self->now();
    const auto foreign = self->foreign_;
    if (foreign && foreign->type()) foreign->publish("state", stateJson(self->talk_));
  });
}

void CloudtalkerConnection::carryOut(talk::Alarm& effect) {
  ++parts_.tally.alarms;
  recent_.push_front(effect.at_ms);
  if (recent_.size() > kRecentAlarms) recent_.pop_back();
  later([this, at_ms = effect.at_ms](ForeignDevice& device) {
    if (device.type() && device.type()->type->channel("alarms")) device.publish("alarms", recentJson());
    if (device.type()) device.publish("alarm", alarmJson(at_ms));
    device.event(link::EventLevel::warning, "Alarm.");
  });
}

std::string CloudtalkerConnection::recentJson() const {
  std::string list;
  for (const std::int64_t at_ms : recent_)
    list += (list.empty() ? "" : ",") + ("{\"at\":\"" + timeText(at_ms)) + "\",\"source\":\"camera\"}";
  return "{\"recent\":[" + list + "]}";
}

void CloudtalkerConnection::carryOut(talk::CaptureOpens& effect) {
  upload_->openCapture(effect.key, effect.trigger, effect.started_ms);
}
void CloudtalkerConnection::carryOut(talk::SegmentOpens& effect) {
  upload_->openSegment(effect.key, effect.number);
}
void CloudtalkerConnection::carryOut(talk::SegmentEnds&) {
  upload_->endSegment();
}
void CloudtalkerConnection::carryOut(talk::SegmentBreaks&) {
  upload_->breakSegment();
}
void CloudtalkerConnection::carryOut(talk::CaptureEnds& effect) {
  upload_->endCapture(effect.key, effect.segments);
}

void CloudtalkerConnection::carryOut(talk::RunEnds& effect) {
  later([run = effect.run, outcome = std::move(effect.outcome)](ForeignDevice& device) {
    device.finished(run, outcome);
  });
}

void CloudtalkerConnection::carryOut(talk::Odd& effect) {
  odd(effect.sentence);
}

// One line a minute, however many come.
void CloudtalkerConnection::odd(const std::string& sentence) {
  ++odd_;
  if (odd_told_ != MonoTime::min() && now() < odd_told_ + kTellOdd) return;
  odd_told_ = now();
  std::string text = sentence;
  if (odd_ > 1) text += " (" + std::to_string(odd_) + " such things)";
  odd_ = 0;
  later([text](ForeignDevice& device) { device.event(link::EventLevel::warning, text); });
}

// The device must not be called back from within what it is told, so it hears at the end of the loop's iteration.
void CloudtalkerConnection::later(std::function<void(ForeignDevice&)> work) {
  later_.push_back(std::move(work));
  if (later_.size() > 1) return;
  device_->loop().defer([self = shared_from_this()] {
    // What is told may end the device, which must outlive the telling.
    for (const auto& each : std::exchange(self->later_, {}))
      if (const auto foreign = self->foreign_) each(*foreign);
  });
}

void CloudtalkerConnection::schedule() {
  if (timer_ != 0) device_->loop().cancel(std::exchange(timer_, 0));
  const MonoTime next = talk_.nextDeadline();
  if (next == MonoTime::max()) return;
  timer_ = device_->loop().after(std::max(next - now(), Duration::zero()), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->timer_ = 0;
    talk::Effects effects;
    self->talk_.tick(self->now(), effects);
    self->carryOut(std::move(effects));
  });
}

// ---- what it is ---------------------------------------------------------------------------------------------------

namespace {

// The members of a list of the type that have one of these names.
void keepOnly(json::Object::Ptr type, const char* list, const char* name,
              std::initializer_list<std::string_view> names) {
  const json::Array::Ptr all = type->getArray(list);
  if (all.isNull()) return;
  json::Array::Ptr kept = new json::Array;
  for (std::size_t i = 0; i < all->size(); ++i) {
    const json::Object::Ptr each = all->getObject(static_cast<unsigned>(i));
    if (each.isNull() || !each->has(name)) continue;
    const auto called = each->getValue<std::string>(name);
    if (std::find(names.begin(), names.end(), called) != names.end()) kept->add(each);
  }
  type->set(list, kept);
}

}  // namespace

live::InstalledTypePtr typeOverCloudtalker(const live::InstalledTypePtr& base) {
  if (!base) return nullptr;
  const auto type = json::parseObject(base->json);
  if (!type) return nullptr;
  keepOnly(*type, "commands", "name", {"arm", "disarm", "capture"});
  keepOnly(*type, "channels", "name", {"state", "alarm", "alarms"});
  keepOnly(*type, "streams", "name", {});
  auto made = live::typeFrom(*base, json::write(**type));
  return made ? *made : nullptr;
}

std::string talkerWishJson(const TalkerWish& wish) {
  return "{\"cloudtalker\":{\"id\":" + std::to_string(wish.id) + ",\"armed\":" + (wish.armed ? "true" : "false") + "}}";
}

TalkerWish readTalkerWish(std::string_view text) {
  TalkerWish wish;
  wish.id = 0;
  const auto object = json::parseObject(text);
  if (!object) return wish;
  const auto kept = json::getObject(**object, "cloudtalker");
  if (!kept || kept->isNull()) return wish;
  if (const auto id = json::getInt(**kept, "id"); id && *id > 0) wish.id = *id;
  if (const auto armed = json::getBool(**kept, "armed")) wish.armed = *armed;
  return wish;
}

}  // namespace robohub::gateway

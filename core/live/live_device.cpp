#include "live/live_device.hpp"

#include <algorithm>
#include <exception>

#include "live/stop_record.hpp"
#include "net/shared_alarm.hpp"
#include "net/websocket.hpp"

namespace robohub::live {

namespace {

constexpr std::size_t kRememberedEvents = 50;
constexpr Duration kSaveAgain = std::chrono::seconds(1);
constexpr Duration kLookGrid = std::chrono::milliseconds(20);
// Many people who come and go change a device with each message; between two states that everybody is told lies at
// least so much, but where it is about presence or a stop.
constexpr Duration kStatesApart = std::chrono::milliseconds(50);

bool sameStop(const control::StopView& a, const control::StopView& b) {
  return a.state == b.state && a.resetting == b.resetting && a.id == b.id && a.message == b.message;
}

control::Restored restoredFrom(const device::Device& device, const Services& services) {
  control::Restored restored;
  restored.epochs_reserved = device.epoch_reserved;
  auto stop = readStopRecord(device.stop_json);
  if (stop) {
    restored.stop = *stop;
  } else {
    // What cannot be read may have been a stop: stay stopped until somebody looks.
    restored.stop = {true, 1, "robohub", stop.error().message, toMs(services.clock.wall())};
    services.log(link::EventLevel::error, device.id.str() + ": " + stop.error().message);
  }
  return restored;
}

}  // namespace

LiveDevice::LiveDevice(const Services& services, std::shared_ptr<const device::Device> device)
    : services_(services),
      id_(device->id),
      type_(device->type),
      loop_(services.audiences.loops().forDevice(std::hash<DeviceId>()(device->id))),
      name_(device->name),
      plugin_version_(device->plugin_version),
      facts_(factsBefore(device->link)),
      turns_(services.turn_settings(device->id)),
      control_(controlSettings(), restoredFrom(*device, services)),
      presence_(device->claimed && !device->plugin_version.empty() ? Presence::offline : Presence::never),
      // When one that has been here went is not known here: away for as long as this hub runs is true of it.
      since_ms_(toMs(presence_ == Presence::never ? device->created : services.clock.wall())),
      watchers_(services.audiences.size(), 0),
      streams_(std::make_shared<const Streams>()),
      sounds_(std::make_shared<const Sounds>()),
      place_(std::make_shared<const identity::Place>(device::placeOf(*device))) {
  takeType();
  std::atomic_store(&view_, makeView());
}

// The type of exactly the version that the agent said; before that, of the newest one, so that the page has something
// to show. A device without our agent runs no plugin: it has what this hub has.
void LiveDevice::takeType() {
  const bool has_agent = facts_.link == device::Link::agent;
  device_type_ = plugin_version_.empty() || !has_agent ? services_.catalogue.newest(type_)
                                                       : services_.catalogue.find(type_, plugin_version_);
  if (device_type_ && !plugin_version_.empty()) plugin_version_ = device_type_->manifest->version;
}

void LiveDevice::begin() {
  makeStreams();
  control_.configure(controlSettings(), now(), effects_);
  // It takes the place of one that was to be revoked, and has its stop to bring to the disk too.
  if (services_.registry.stopUnsaved(id_)) saveStop(control_.stopRecord());
  changed_ = true;
  carryOut();
}

std::int64_t LiveDevice::receivedMs(const control::CommandRecord& record) const {
  return toMs(services_.clock.wall()) - toMs(services_.clock.now() - record.received);
}

std::string LiveDevice::commandJson(const control::CommandRecord& record) const {
  return commandMembers(record, id_, receivedMs(record));
}

// ---- carrying out -------------------------------------------------------------------------------------------------

void LiveDevice::carryOut() {
  if (carrying_) return;  // the outer call goes on with what was appended
  carrying_ = true;
  std::exception_ptr fault;  // it may end one connection only: the other effects count, and there are more to come
  for (std::size_t i = 0; i < effects_.size(); ++i) {
    control::Effect effect = std::move(effects_[i]);
    try {
      std::visit([this](auto& each) { carry(each); }, effect);
    } catch (...) {
      fault = std::current_exception();
    }
  }
  effects_.clear();
  carrying_ = false;
  if (changed_) {
    changed_ = false;
    publish();
  }
  rearm();
  if (fault) std::rethrow_exception(fault);
}

void LiveDevice::carry(control::SendToAgent& effect) {
  if (control_port_) control_port_->send(effect.message);
}

void LiveDevice::carry(control::DropAgent& effect) {
  if (control_port_ && effect.nonce == nonce_) {
    control_port_->close(1011, effect.why);
    agentGone(effect.why.c_str());
  }
}

void LiveDevice::carry(control::ReserveEpochs& effect) {
  services_.registry.reserveEpochs(id_, effect.up_to, [weak = weak_from_this(), up_to = effect.up_to](Status status) {
    auto self = weak.lock();
    if (!self) return;
    self->loop_.post([self, up_to, status = std::move(status)] {
      if (status) {
        self->control_.epochsReserved(up_to, self->now(), self->effects_);
      } else {
        self->services_.log(link::EventLevel::error,
                            self->id_.str() + ": no turn can be numbered: " + status.error().message);
        self->control_.epochsNotReserved(self->now(), self->effects_);
      }
      self->carryOut();
    });
  });
}

void LiveDevice::carry(control::PersistStop& effect) {
  if (services_.tally && effect.record.latched && effect.record.number > counted_stop_) {
    counted_stop_ = effect.record.number;
    services_.tally->stopPressed();
  }
  saveStop(effect.record);
}

// Nobody waits for the disk; but a stop that it did not take is brought again until it does.
void LiveDevice::saveStop(const control::StopRecord& record) {
  services_.registry.saveStop(id_, writeStopRecord(record), [weak = weak_from_this()](Status status) {
    auto self = weak.lock();
    if (!self || status) return;
    self->services_.log(link::EventLevel::error,
                        self->id_.str() + ": the stop is as told, but not yet on disk: " + status.error().message);
    self->loop_.post([self] {
      if (self->saving_stop_again_ || self->retired_) return;
      self->saving_stop_again_ = true;
      self->loop_.after(kSaveAgain, [weak = std::weak_ptr(self)] {
        auto alive = weak.lock();
        if (!alive) return;
        alive->saving_stop_again_ = false;
        if (!alive->retired_) alive->saveStop(alive->control_.stopRecord());
      });
    });
  });
}

void LiveDevice::carry(control::TurnChanged&) {
  changed_ = true;
}
void LiveDevice::carry(control::StopChanged&) {
  changed_ = true;
}

void LiveDevice::carry(control::YouChanged& effect) {
  if (effect.you.state == control::YouState::none) drivers_.erase(effect.person);
  if (const auto follower = followers_.find(effect.person); follower != followers_.end()) follower->second(effect.you);
  for (std::size_t i = 0; i < watchers_.size(); ++i)
    if (watchers_[i] > 0)
      services_.audiences.post(i, [id = id_, person = effect.person, text = youText(effect.you), place = placeNow()](
                                      Audience& audience) { audience.toPersonWithRights(id, person, text, *place); });
  if (effect.you.reason != control::TurnEnd::none) audit_.ending(effect.person, effect.you.reason);
  if (services_.tally && effect.you.state == control::YouState::active && effect.you.epoch > counted_epoch_) {
    counted_epoch_ = effect.you.epoch;
    services_.tally->turnBegan();
  }
}

// Without the last brace: what each page's person may is added where the page is.
std::string LiveDevice::youText(const control::YouView& you) const {
  return "{\"type\":\"you\",\"device\":" + json::quote(id_.str()) + "," + youMembers(you);
}

void LiveDevice::carry(control::StampToHolder& effect) {
  if (!watched()) return;
  toPerson(effect.person, net::WebSocket::frameText("{\"type\":\"stamp\",\"device\":" + json::quote(id_.str()) +
                                                    ",\"epoch\":" + std::to_string(effect.epoch) + ",\"stamp\":\"" +
                                                    effect.stamp.text() + "\"}"));
}

void LiveDevice::carry(control::LogEvent& effect) {
  if (effect.kind == control::EventKind::turn && effect.level == link::EventLevel::info) {
    if (!turns_said_.take(now())) {
      ++turns_left_out_;
      return;
    }
    if (const auto left_out = std::exchange(turns_left_out_, 0))
      event(link::EventLevel::info, control::EventKind::turn,
            "Turns came and went too fast to be told: " + std::to_string(left_out) + " lines are left out.");
  }
  event(effect.level, effect.kind, effect.text);
}

void LiveDevice::rearm() {
  const MonoTime next = retired_ ? MonoTime::max() : control_.nextDeadline();
  if (next == timer_at_) return;
  // A timer that fires too early only looks again; one that is due later need not be moved forward at each beat.
  if (timer_at_ != MonoTime::max() && next > timer_at_) return;
  if (timer_at_ != MonoTime::max()) loop_.cancel(timer_);
  timer_at_ = next;
  if (next == MonoTime::max()) return;
  timer_at_ = net::sharedLook(next, now(), kLookGrid);
  timer_ = loop_.after(std::max(Duration{0}, timer_at_ - now()), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->timer_at_ = MonoTime::max();
    self->control_.tick(self->now(), self->effects_);
    self->carryOut();
  });
}

// ---- what people see ----------------------------------------------------------------------------------------------

DeviceViewPtr LiveDevice::makeView() const {
  auto view = std::make_shared<DeviceView>();
  view->id = id_;
  view->name = name_;
  view->type = type_;
  view->place = *placeNow();
  view->presence = presence_;
  view->since_ms = since_ms_;
  // The version that counted when a device without our agent was here last is none that it needs.
  const bool counts = device_type_ || facts_.link == device::Link::agent || presence_ == Presence::online;
  if (counts) view->plugin_version = plugin_version_;
  view->plugin_installed = device_type_ != nullptr;
  view->as_of = now();
  view->link = facts_.link;
  view->fenced = facts_.fenced;
  view->halt = facts_.halt;
  view->turn = control_.turn(view->as_of);
  view->stop = control_.stop();
  if (device_type_) {
    view->hazards = device_type_->type->hazards;
    view->deadman_ms = toMs(device_type_->type->deadman);
    view->type_info_json = device_type_->json;
  }
  view->streams = streamViews();
  return view;
}

void LiveDevice::publish() {
  if (retired_) return;
  const DeviceViewPtr view = makeView();
  audit_.state(view->turn, view->stop, view->as_of);
  std::atomic_store(&view_, view);
  const bool urgent = view->presence != told_presence_ || !sameStop(view->stop, told_stop_);
  if (view->as_of >= told_at_ + kStatesApart || (urgent && told_at_once_.take(view->as_of))) return tellView();
  if (tell_timer_ != 0) return;
  tell_timer_ = loop_.after(told_at_ + kStatesApart - view->as_of, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->tell_timer_ = 0;
    self->tellView();
  });
}

// What is told late is as it is by then, so that it never stands behind a `you` that was told before it.
void LiveDevice::tellView() {
  if (tell_timer_ != 0) loop_.cancel(std::exchange(tell_timer_, 0));
  if (retired_) return;
  const DeviceViewPtr view = this->view();
  told_at_ = now();
  told_presence_ = view->presence;
  told_stop_ = view->stop;
  const std::string text = "{\"type\":\"device\",\"device\":" + deviceJson(*view, told_at_) + "}";
  // Of two states of a device the newer one says all, but a page that misses the last one would be wrong for long; so
  // they are control messages.
  const SharedBytes frame = net::WebSocket::frameText(text);
  for (std::size_t i = 0; i < watchers_.size(); ++i)
    if (watchers_[i] > 0)
      services_.audiences.post(
          i, [id = id_, frame](Audience& audience) { audience.toWatchers(id, frame, net::SendClass::control); });
  services_.audiences.toLists(frame, placeNow());
}

// By a page of ours; ten times a second for each device that somebody drives otherwise, nothing is written for nobody.
bool LiveDevice::watched() const {
  return std::any_of(watchers_.begin(), watchers_.end(), [](std::uint32_t count) { return count > 0; });
}

void LiveDevice::toWatchers(std::string text, net::SendClass send_class) {
  const SharedBytes frame = net::WebSocket::frameText(text);
  for (std::size_t i = 0; i < watchers_.size(); ++i)
    if (watchers_[i] > 0)
      services_.audiences.post(
          i, [id = id_, frame, send_class](Audience& audience) { audience.toWatchers(id, frame, send_class); });
}

void LiveDevice::toPerson(const PersonId& person, const SharedBytes& frame) {
  for (std::size_t i = 0; i < watchers_.size(); ++i)
    if (watchers_[i] > 0)
      services_.audiences.post(i,
                               [id = id_, person, frame](Audience& audience) { audience.toPerson(id, person, frame); });
}

void LiveDevice::event(link::EventLevel level, control::EventKind kind, const std::string& text) {
  const std::string message = "{\"type\":\"event\",\"device\":" + json::quote(id_.str()) +
                              ",\"at_ms\":" + std::to_string(toMs(services_.clock.wall())) + ",\"level\":\"" +
                              link::toString(level) + "\",\"kind\":\"" + control::toString(kind) +
                              "\",\"text\":" + json::quote(text) + "}";
  events_.push_back(net::WebSocket::frameText(message));
  if (events_.size() > kRememberedEvents) events_.pop_front();
  services_.log(level, id_.str() + ": " + text);
  toWatchers(message, net::SendClass::data);
}

// ---- upkeep -------------------------------------------------------------------------------------------------------

void LiveDevice::renamed(std::string name) {
  name_ = std::move(name);
  changed_ = true;
  carryOut();
}

void LiveDevice::setPlace(identity::Place place) {
  auto fresh = std::make_shared<const identity::Place>(std::move(place));
  const auto before = std::atomic_exchange(&place_, std::move(fresh));
  auto tell = [self = shared_from_this(), before] { self->placed(*before); };
  if (loop_.inLoop())
    tell();
  else
    loop_.post(std::move(tell));
}

void LiveDevice::placed(const identity::Place& before) {
  if (retired_) return;
  const auto place = placeNow();
  for (std::size_t i = 0; i < services_.audiences.size(); ++i)
    services_.audiences.post(
        i, [id = id_, before, place](Audience& audience) { audience.placeChanged(id, before, *place); });
  if (services_.may_play) {
    const control::TurnView line = control_.turn(now());
    for (const control::PersonName& waiting : line.waiting)
      if (!services_.may_play(waiting.id, *place)) control_.revoke(waiting.id, now(), effects_);
    if (line.holder && !services_.may_play(line.holder->id, *place)) control_.revoke(line.holder->id, now(), effects_);
  }
  changed_ = true;
  carryOut();
}

void LiveDevice::configure(const control::TurnSettings& turns) {
  turns_ = turns;
  control_.configure(controlSettings(), now(), effects_);
  if (!mayGiveTurns()) clearLine();
  carryOut();
}

void LiveDevice::retire() {
  if (retired_) return;
  if (control_port_) {
    const auto port = control_port_;
    const auto nonce = nonce_;
    port->send(link::Refused{"not_found", "This device was revoked."});
    port->close(link::kCloseRefused, "revoked");
    control_.agentLost(nonce, now(), effects_);
    agentGone("revoked");
    carryOut();
  }
  retired_ = true;
  { const auto sources = std::exchange(sources_, {}); }  // each may still say that it ends
  audit_.state({}, control_.stop(), now());              // whoever had a turn has it no longer
  for (const auto all = std::atomic_load(&streams_); const auto& [name, pictures] : *all) pictures->end();
  for (const auto all = std::atomic_load(&sounds_); const auto& [name, sound] : *all) sound->end();
  const std::string text = "{\"type\":\"device_gone\",\"device\":" + json::quote(id_.str()) + "}";
  toWatchers(text, net::SendClass::control);
  services_.audiences.toLists(net::WebSocket::frameText(text), placeNow());
  rearm();
}

}  // namespace robohub::live

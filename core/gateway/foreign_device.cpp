#include "gateway/foreign_device.hpp"

#include <sodium.h>

#include "base/json.hpp"
#include "net/shared_alarm.hpp"

namespace robohub::gateway {

namespace {

constexpr const char* kCannotConfirm = "Sent; this link cannot confirm it.";
constexpr const char* kCannotStop = "This device cannot be stopped from here.";
constexpr Duration kHaltAgain = std::chrono::milliseconds(100);

// Looks and beats fall on it, so that a loop with a hundred devices wakes for all of them at once.
constexpr Duration kGrid = std::chrono::milliseconds(20);

link::Nonce randomNonce() {
  link::Nonce nonce;
  while (nonce.isNone()) randombytes_buf(&nonce, sizeof nonce);
  return nonce;
}

}  // namespace

// The device's own check of a command is the hub's: it has looked at the same schema a moment ago.
class ForeignDevice::Commands final : public link::CommandCheck {
 public:
  explicit Commands(live::InstalledTypePtr type) : type_(std::move(type)) {}
  Result<bool> check(std::string_view name, std::string_view) const override {
    const plugin::Command* command = type_ ? type_->type->command(name) : nullptr;
    if (!command) return fail(ErrorCode::not_found, "There is no command \"" + std::string(name) + "\".", "/name");
    return command->needs_turn;
  }

 private:
  const live::InstalledTypePtr type_;
};

// What the device takes for the bulk link: it only says which streams are wanted.
class ForeignDevice::Pictures final : public live::AgentPort {
 public:
  explicit Pictures(std::weak_ptr<ForeignDevice> owner) : owner_(std::move(owner)) {}
  void send(std::string_view) override {}
  void send(const link::HubMessage& message) override {
    const auto* watch = std::get_if<link::Watch>(&message);
    const auto owner = owner_.lock();
    if (watch && owner && owner->link_) owner->link_->watch(watch->stream, watch->on);
  }
  void close(std::uint16_t, std::string_view) override {}

 private:
  const std::weak_ptr<ForeignDevice> owner_;
};

ForeignDevice::ForeignDevice(Private, std::shared_ptr<live::LiveDevice> device, std::shared_ptr<ForeignLink> link,
                             const ForeignFacts& facts)
    : device_(std::move(device)),
      link_(std::move(link)),
      facts_(facts),
      nonce_(randomNonce()),
      commands_(std::make_unique<Commands>(facts.link.type)),
      fence_(
          [this] {
            link::FenceSettings settings;
            settings.identity.device = device_->id();
            settings.identity.agent = facts_.agent;
            settings.beat_grid = kGrid;
            // A device that was away, or a hub that was, may still answer for a run of the time before.
            settings.first_run = 1 + (nonce_.low >> 16);
            settings.identity.plugin.type = device_->type();
            if (const auto& type = facts_.link.type) {
              settings.identity.plugin = {type->type->type, type->manifest->version, type->manifest->hash};
              if (type->type->deadman.count() > 0) settings.deadman = type->type->deadman;
            }
            return settings;
          }(),
          *commands_) {}

ForeignDevice::~ForeignDevice() = default;

std::shared_ptr<ForeignDevice> ForeignDevice::begin(std::shared_ptr<live::LiveDevice> device,
                                                    std::shared_ptr<ForeignLink> link, const ForeignFacts& facts) {
  auto self = std::make_shared<ForeignDevice>(Private{}, std::move(device), std::move(link), facts);
  // Whatever it did before this hub knew of it ends here; of a device without a fence nobody else has ended it.
  if (facts.link.halt == live::HaltKind::sent) (void)self->sendHalt({0, link::HaltReason::link_lost});
  link::FenceEffects effects;
  self->fence_.onConnected(self->nonce_, self->now(), effects);
  const auto hello = std::get<link::Hello>(std::get<link::SendToHub>(effects.at(0)).message);
  self->device_->agentOnline(self, hello, facts.address, facts.link);
  return self;
}

// ---- from the hub -------------------------------------------------------------------------------------------------

void ForeignDevice::send(std::string_view text) {
  if (const auto message = link::parseFromHub(text)) send(*message);
}

void ForeignDevice::send(const link::HubMessage& message) {
  if (over_) return;
  tell([&](MonoTime now, link::FenceEffects& out) { fence_.onHubMessage(nonce_, message, now, out); });
  if (const auto* welcome = std::get_if<link::Welcome>(&message)) {
    pictures_ = std::make_shared<Pictures>(weak_from_this());
    device_->bulkOnline(pictures_, welcome->link);
  }
}

void ForeignDevice::close(std::uint16_t code, std::string_view reason) {
  finish(reason, code == link::kCloseRefused || code == link::kCloseReplaced ? End::for_good : End::by_hub);
}

void ForeignDevice::lost(const char* why) {
  if (over_) return;
  finish(why, End::by_wire);
  device_->agentLost(nonce_, why);
}

void ForeignDevice::end(const char* why) {
  if (over_) return;
  finish(why, End::by_hub);
  device_->agentLost(nonce_, why);
}

// The fence halts first: closing the wire is what the device may take longest to notice.
void ForeignDevice::finish(std::string_view why, End end) {
  if (over_) return;
  const auto self = shared_from_this();
  const auto link = link_;
  if (end == End::by_wire) link_.reset();
  tell([&](MonoTime now, link::FenceEffects& out) { fence_.onLinkLost(nonce_, now, out); });
  over_ = true;
  to_hub_.clear();
  for (net::TimerId* timer : {&timer_, &halt_timer_})
    if (*timer != 0) device_->loop().cancel(std::exchange(*timer, 0));
  link_.reset();
  if (end != End::by_wire) link->ended(why, end == End::for_good);
}

// ---- the fence ----------------------------------------------------------------------------------------------------

template <class Work>
void ForeignDevice::tellAt(MonoTime now, Work work) {
  link::FenceEffects effects;
  work(now, effects);
  for (auto& effect : effects) std::visit([this](auto& each) { carryOut(each); }, effect);
  schedule();
}

void ForeignDevice::carryOut(const link::GivePermit& permit) {
  unsent_halt_.reset();  // none is given before the newest halt was sent: only one from before all turns can be left
  if (link_) link_->permit(permit.epoch, permit.until);
}

void ForeignDevice::carryOut(const link::HaltDriver& halt) {
  Status done;
  if (facts_.link.halt != live::HaltKind::none) done = sendHalt(halt);
  // That it was sent is all that can be known of an unfenced link; what people see of a stop is set right in
  // carryOut().
  tell([&](MonoTime now, link::FenceEffects& out) {
    fence_.onHaltDone(halt.number, done.has_value(), done ? std::string() : done.error().message, now, out);
  });
}

Status ForeignDevice::sendHalt(const link::HaltDriver& halt) {
  if (!link_) return fail(ErrorCode::unavailable, "The link is gone.");
  Status sent = link_->halt(halt.reason);
  const bool told = unsent_halt_.has_value();
  if (sent) {
    unsent_halt_.reset();
    if (told) sayLater(link::AgentEvent{link::EventLevel::info, "It was told to stop now."});
    return sent;
  }
  unsent_halt_ = halt;
  if (!told)
    sayLater(link::AgentEvent{link::EventLevel::error,
                              "It could not be told to stop; the hub keeps trying: " + sent.error().message});
  sendHaltLater();
  return sent;
}

void ForeignDevice::sendHaltLater() {
  if (halt_timer_ != 0 || over_) return;
  halt_timer_ = device_->loop().after(kHaltAgain, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->halt_timer_ = 0;
    if (self->over_ || !self->unsent_halt_) return;
    const link::HaltDriver halt = *self->unsent_halt_;
    if (!self->sendHalt(halt)) return;
    self->tell(
        [&](MonoTime now, link::FenceEffects& out) { self->fence_.onHaltDone(halt.number, true, "", now, out); });
  });
}

void ForeignDevice::carryOut(const link::RunCommand& command) {
  if (!link_) return;
  if (auto outcome = link_->run(command)) finished(command.run, std::move(*outcome));
}

void ForeignDevice::carryOut(const link::CancelRun& cancel) {
  if (link_) link_->cancel(cancel.run);
}

void ForeignDevice::carryOut(link::SendToHub& to_hub) {
  if (auto* stopped = std::get_if<link::Stopped>(&to_hub.message)) {
    if (facts_.link.halt == live::HaltKind::none) {
      stopped->confirmed = false;
      stopped->message = kCannotStop;
    } else if (!facts_.link.fenced && stopped->confirmed) {
      stopped->confirmed = false;
      stopped->message = kCannotConfirm;
    }
  }
  sayLater(std::move(to_hub.message));
}

void ForeignDevice::finished(std::uint64_t run, link::Outcome outcome) {
  if (over_) return;
  tell([&](MonoTime now, link::FenceEffects& out) { fence_.onCommandDone(run, outcome, now, out); });
}

// The device may be in the middle of what made the fence say this.
void ForeignDevice::sayLater(link::AgentMessage message) {
  if (over_) return;
  to_hub_.push_back(std::move(message));
  if (saying_) return;
  saying_ = true;
  device_->loop().defer([self = shared_from_this()] { self->sayNow(); });
}

void ForeignDevice::sayNow() {
  saying_ = false;
  for (const link::AgentMessage& message : std::exchange(to_hub_, {})) {
    if (over_) return;
    device_->agentMessage(nonce_, message);
  }
}

void ForeignDevice::schedule() {
  const MonoTime next = over_ ? MonoTime::max() : fence_.nextDeadline();
  // One that fires too early only looks again: the dead-man moves on with each word of the holder.
  if (timer_ != 0 && timer_at_ <= next) return;
  if (timer_ != 0) device_->loop().cancel(std::exchange(timer_, 0));
  timer_at_ = next;
  if (next == MonoTime::max()) return;
  timer_at_ = net::sharedLook(next, now(), kGrid);
  timer_ = device_->loop().after(std::max(timer_at_ - now(), Duration::zero()), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->over_) return;
    self->timer_ = 0;
    self->timer_at_ = MonoTime::max();
    self->tell([&](MonoTime now, link::FenceEffects& out) { self->fence_.tick(now, out); });
  });
}

// ---- from the device ----------------------------------------------------------------------------------------------

void ForeignDevice::holderSpoke(Epoch epoch, MonoTime now) {
  if (over_) return;
  tellAt(now, [&](MonoTime then, link::FenceEffects& out) { fence_.onHolderSpoke(epoch, then, out); });
}

void ForeignDevice::publish(std::string_view channel, std::string_view value_json) {
  if (over_ || !type()) return;
  if (!type()->type->channel(channel)) return bad(channel, "its type has no such channel");
  const auto value = json::parse(value_json);
  if (!value) return bad(channel, value.error().message);
  publish(channel, value_json, *value);
}

void ForeignDevice::publish(std::string_view channel, std::string_view value_json, const json::Var& value) {
  if (over_) return;
  if (!type()) return;  // what is not installed here can only be stopped
  const plugin::Channel* known = type()->type->channel(channel);
  if (!known) return bad(channel, "its type has no such channel");
  if (const Status fits = known->schema.validate(value); !fits)
    return bad(channel, fits.error().where + " " + fits.error().message);
  publishChecked(channel, value_json);
}

void ForeignDevice::publishChecked(std::string_view channel, std::string_view value_json) {
  if (over_) return;
  device_->agentMessage(nonce_, link::Telemetry{std::string(channel), toNs(now()), std::string(value_json)});
}

void ForeignDevice::publishChecked(std::string_view channel, const telemetry::Numbers& value) {
  if (!over_) device_->measured(nonce_, channel, value);
}

void ForeignDevice::bad(std::string_view channel, const std::string& why) {
  ++bad_values_;
  if (bad_told_ != MonoTime::min() && now() < bad_told_ + std::chrono::minutes(1)) return;
  bad_told_ = now();
  const std::string count = bad_values_ == 1 ? "A value was" : std::to_string(bad_values_) + " values were";
  bad_values_ = 0;
  event(link::EventLevel::warning, count + " no good (" + std::string(channel) + "): " + why);
}

void ForeignDevice::picture(std::string_view stream, std::string_view jpeg) {
  if (over_) return;
  const auto pictures = device_->stream(stream);
  if (pictures && !pictures->offer(jpeg)) bad(stream, "its picture is not a whole JPEG");
}

void ForeignDevice::safe() {
  if (over_ || !fence_.stop()) return;
  sayLater(link::Stopped{fence_.stop()->id, true, ""});
}

void ForeignDevice::event(link::EventLevel level, const std::string& text) {
  if (!over_) device_->agentMessage(nonce_, link::AgentEvent{level, text});
}

}  // namespace robohub::gateway

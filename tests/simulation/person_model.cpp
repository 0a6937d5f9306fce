#include "person_model.hpp"

#include <algorithm>

namespace simulation {
namespace {

namespace control = robohub::control;
using control::YouState;

}  // namespace

PersonModel::PersonModel(World& world, HubModel& hub, Overheard& overheard, std::string name, bool is_program,
                         bool is_administrator)
    : world_(world),
      hub_(hub),
      overheard_(overheard),
      name_(std::move(name)),
      is_program_(is_program),
      is_administrator_(is_administrator) {}

void PersonModel::begin() {
  if (is_program_)
    poll();
  else
    reopenAfter(world_.chance.between(0, ms(100)));
  world_.time.at(world_.chance.between(ms(50), ms(300)), [this] { act(); });
}

template <class What>
void PersonModel::send(What what) {
  if (!hub_.alive()) return;
  const Time delay = world_.chance.percent(5) ? world_.chance.between(0, ms(60)) : world_.chance.between(0, ms(5));
  order_up_ = std::max(order_up_, world_.time.now() + delay);
  hub_.at(order_up_, [this, what = std::move(what)] { hub_.input(what); });
}

// ---- pages --------------------------------------------------------------------------------------------------------

void PersonModel::openTab() {
  ++open_tabs_;
  tabs_life_ = hub_.life();
  send([this](auto& rules, auto now, auto& out) {
    rules.connectionOpened(id(), now, out);
    told(rules.you(id(), now));
  });
}

void PersonModel::closeTab() {
  if (open_tabs_ == 0) return;
  --open_tabs_;
  send([this](auto& rules, auto now, auto& out) { rules.connectionClosed(id(), now, out); });
}

void PersonModel::reopenAfter(Time delay) {
  world_.time.at(world_.time.now() + delay, [this] {
    if (open_tabs_ > 0) return;
    if (hub_.alive())
      openTab();
    else
      reopenAfter(world_.chance.between(ms(20), ms(200)));
  });
}

void PersonModel::hubCrashed() {
  you_ = control::YouView();
  if (is_program_) return;
  open_tabs_ = 0;
  reopenAfter(world_.chance.between(ms(20), ms(400)));
}

void PersonModel::settleDown() {
  silent_until_ = 0;
  if (!is_program_) reopenAfter(0);
}

void PersonModel::told(const control::YouView& you) {
  order_down_ = std::max(order_down_, world_.time.now() + world_.chance.between(0, ms(5)));
  world_.time.at(order_down_, [this, you, life = hub_.life()] {
    if (reachable() && life == hub_.life()) you_ = you;
  });
}

void PersonModel::stamped(Epoch epoch, const robohub::link::Stamp& stamp) {
  order_down_ = std::max(order_down_, world_.time.now() + world_.chance.between(0, ms(5)));
  world_.time.at(order_down_, [this, epoch, stamp, life = hub_.life()] {
    overheard_ = {epoch, stamp};
    if (open_tabs_ == 0 || !awake() || life != hub_.life()) return;
    world_.truth.alive(epoch, name_, world_.time.now());
    for (int tab = 0; tab < open_tabs_; ++tab)
      send([this, epoch, stamp](auto& rules, auto now, auto& out) { rules.beat(id(), epoch, stamp, now, out); });
  });
}

// A program asks how its turn stands.
void PersonModel::poll() {
  if (awake())
    send([this](auto& rules, auto now, auto& out) {
      rules.touch(id(), now, out);
      told(rules.you(id(), now));
    });
  world_.time.at(world_.time.now() + ms(150), [this] { poll(); });
}

// ---- what people do -----------------------------------------------------------------------------------------------

void PersonModel::act() {
  if (reachable() && awake()) {
    actOnTurn();
    if (!world_.calm) misbehave();
    if (is_administrator_ && hub_.alive()) moderate();
    if (is_administrator_ && hub_.alive() && hub_.stopShown() != control::StopState::none &&
        (world_.calm || world_.chance.percent(30)))
      send([this](auto& rules, auto now, auto& out) { (void)rules.resetStop(id(), true, now, out); });
  }
  const bool busy = is_program_ || you_.state == YouState::active;
  const Time pause = world_.chance.between(ms(20), busy ? ms(150) : ms(400));
  world_.time.at(world_.time.now() + pause, [this] { act(); });
}

void PersonModel::actOnTurn() {
  const int roll = static_cast<int>(world_.chance.below(100));
  switch (you_.state) {
    case YouState::none:
      if (roll < 60) join();
      break;
    case YouState::waiting:
      if (!world_.calm && roll < 4) leave();
      break;
    case YouState::active:
      if (roll < 60)
        drive(you_.epoch);
      else if (!world_.calm && roll < 66)
        leave();
      break;
  }
}

void PersonModel::misbehave() {
  const int roll = static_cast<int>(world_.chance.below(100));
  if (roll < 3) {
    // The page's own stop; the hub handles it before anything else of this person.
    if (hub_.alive()) hub_.after(world_.chance.between(0, ms(5)), [this] { hub_.pressStop(name_); });
  } else if (roll < 7) {
    silent_until_ = world_.time.now() + world_.chance.between(ms(50), ms(1200));
    world_.trace(name_.c_str(), [] { return "falls silent"; });
  } else if (roll < 10 && !is_program_) {
    world_.trace(name_.c_str(), [] { return "loses every page"; });
    while (open_tabs_ > 0) closeTab();
    reopenAfter(world_.chance.between(ms(10), ms(800)));
  } else if (roll < 12 && !is_program_) {
    if (open_tabs_ > 1)
      closeTab();
    else
      openTab();
  } else if (roll < 16) {
    const Epoch newest = overheard_.epoch;
    drive(newest - std::min<Epoch>(newest, world_.chance.below(3)) + world_.chance.below(2));
  } else if (roll < 20) {
    repeat();
  } else if (roll < 24 && you_.state != YouState::active) {
    // Whoever has the turn by now and has not heard of it is alive by that, as the hub rightly takes it.
    world_.truth.alive(overheard_.epoch, name_, world_.time.now());
    send([this, heard = overheard_](auto& rules, auto now, auto& out) {
      rules.beat(id(), heard.epoch, heard.stamp, now, out);
    });
  } else if (roll < 25) {
    send([this](auto& rules, auto now, auto& out) { (void)rules.resetStop(id(), false, now, out); });
  } else if (roll < 26) {
    send([this](auto& rules, auto now, auto& out) { rules.revoke(id(), now, out); });
  }
}

// What a moderator does now and then; once all is calm, only letting go of the line.
void PersonModel::moderate() {
  const auto soon = [this](auto what) {
    order_up_ = std::max(order_up_, world_.time.now() + world_.chance.between(0, ms(5)));
    hub_.at(order_up_, what);
  };
  const auto somebody = [this] { return *robohub::PersonId::parse("p" + std::to_string(1 + world_.chance.below(4))); };
  const int roll = world_.calm ? 8 : static_cast<int>(world_.chance.below(100));
  if (roll < 3) {
    const auto whose = world_.chance.percent(50) ? std::optional(somebody()) : std::nullopt;
    send([this, whose](auto& rules, auto now, auto& out) { (void)rules.skip(whose, name_, now, out); });
  } else if (roll < 5) {
    send([this, who = somebody()](auto& rules, auto now, auto& out) { (void)rules.remove(who, name_, now, out); });
  } else if (roll < 7) {
    soon([this] { hub_.hold(name_); });
  } else if (roll < 12) {
    soon([this] { hub_.release(name_); });
  } else if (roll < 15) {
    soon([this] { hub_.takeOver(name_, is_program_); });
  }
}

void PersonModel::join() {
  send([this](auto& rules, auto now, auto& out) { (void)rules.join({id(), name_, is_program_}, now, out); });
}

void PersonModel::leave() {
  send([this](auto& rules, auto now, auto& out) { rules.leave(id(), now, out); });
}

void PersonModel::drive(Epoch epoch) {
  Request sent;
  const bool needs_turn = world_.chance.percent(80);
  sent.request.name = needs_turn ? "move" : "look";
  sent.request.needs_turn = needs_turn;
  sent.request.epoch = needs_turn ? epoch : 0;
  sent.request.ttl_ms = world_.chance.between(20, 250);
  sent.request.from_program = is_program_;
  // A program may mean whatever turn it has.
  if (is_program_ && world_.chance.percent(10)) sent.request.epoch = 0;
  sent.intention = world_.truth.intend(name_, sent.request.epoch, needs_turn);
  sent.request.params_json = "{\"n\":" + std::to_string(sent.intention) + "}";
  if (world_.chance.percent(70)) sent.request.key = "k" + std::to_string(sent.intention);
  sent.hub_life = hub_.life();
  sent_.push_back(sent);
  sendRequest(sent);
}

// The answer did not come, or so it seemed. Without a key a second copy would be a second command.
void PersonModel::repeat() {
  if (sent_.empty()) return;
  const Request& request = sent_[sent_.size() - 1 - world_.chance.below(std::min<std::size_t>(sent_.size(), 8))];
  // One that names no turn is known to one life of the hub only: keys are in memory.
  if (request.request.key.empty() || (request.request.epoch == 0 && request.hub_life != hub_.life())) return;
  sendRequest(request);
}

void PersonModel::sendRequest(const Request& request) {
  if (!hub_.alive()) return;
  order_up_ = std::max(order_up_, world_.time.now() + world_.chance.between(0, ms(8)));
  hub_.at(order_up_, [this, request] { hub_.command(name_, request.intention, request.request); });
}

}  // namespace simulation

#include "hub_model.hpp"

#include <algorithm>

namespace simulation {
namespace {

namespace link = robohub::link;
namespace control = robohub::control;

// One way at most 30 ms, a driver that takes its time 40 ms, the channels between a few.
constexpr Time kStopBound = ms(120);

}  // namespace

HubModel::HubModel(World& world, LinkModel& link, StoreModel& store) : Process(world), link_(link), store_(store) {}

void HubModel::start() {
  born();
  control_.emplace(world_.settings, store_.onDisk());
  connection_.reset();
  intentions_.clear();
  armed_ = 0;
  shown_epoch_ = 0;
  time_was_up_ = false;
  saving_again_ = false;
  stop_written_ = store_.onDisk().stop;
  check();
  world_.trace("hub", [&] {
    return "starts; epochs up to " + std::to_string(store_.onDisk().epochs_reserved) + " are taken" +
           (stop_shown_ == control::StopState::none ? "" : ", with a stop");
  });
  if (stop_promised_ && stop_shown_ == control::StopState::none)
    world_.violated("a stop that was written is there again after a restart");
}

void HubModel::crash() {
  held_ = false;  // nobody remembers it
  stepped_in_.clear();
  if (!alive()) return;
  world_.trace("hub", [] { return "CRASHES"; });
  world_.disturb();
  if (shown_epoch_ != 0) world_.truth.turnEnded(shown_epoch_, false, world_.time.now());
  shown_epoch_ = 0;
  control_.reset();
  stop_shown_confirmed_ = false;
  died();
  // Also the one whose hello it never read.
  link_.cut(connection_, world_.chance.between(0, ms(200)), -1);
  link_.cut(link_.current, world_.chance.between(0, ms(200)), -1);
  connection_.reset();
}

void HubModel::receive(const ConnectionPtr& connection, const link::AgentMessage& message) {
  after(0, [this, connection, message] {
    if (auto hello = std::get_if<link::Hello>(&message)) {
      if (!connection->carries) return;  // the socket is gone before it was looked at
      if (connection_ && connection_ != connection) link_.cut(connection_, world_.chance.between(0, ms(50)), -1);
      connection_ = connection;
      input([&](auto& rules, auto now, auto& out) {
        link_.toAgent(connection, link::Welcome{1, "0.1.0", "00", robohub::toMs(world_.settings.beat_interval),
                                                rules.epochFloor()});
        control::AgentFacts facts{hello->nonce, hello->epoch, hello->stopped, true};
        if (world_.defect == Defect::hello_epoch_ignored) facts.epoch = 0;
        if (world_.defect == Defect::hello_stop_ignored) facts.stopped.reset();
        rules.agentOnline(facts, 0, now, out);
      });
      if (hello->stopped && stop_shown_ == control::StopState::none)
        world_.violated("a stop that a device comes with is shown");
      if (stop_shown_ != control::StopState::none) expectStop();
      return;
    }
    link::Nonce nonce = connection->nonce;
    if (world_.defect == Defect::old_bytes_pass && connection_) nonce = connection_->nonce;
    input([&](auto& rules, auto now, auto& out) { rules.agentMessage(nonce, message, now, out); });
  });
}

void HubModel::lose(const ConnectionPtr& connection) {
  after(0, [this, connection] {
    input([&](auto& rules, auto now, auto& out) { rules.agentLost(connection->nonce, now, out); });
    if (connection_ == connection) connection_.reset();
  });
}

void HubModel::pressStop(const std::string& by) {
  world_.trace(by.c_str(), [] { return "presses STOP"; });
  input([&](auto& rules, auto now, auto& out) { rules.pressStop(by, "", 0, now, out); });
  if (stop_shown_ == control::StopState::none) world_.violated("a stop that is pressed is shown");
}

void HubModel::hold(const std::string& by) {
  world_.trace(by.c_str(), [] { return "holds the line"; });
  held_ = true;
  input([&](auto& rules, auto now, auto& out) { rules.hold(by, "", now, out); });
  if (world_.defect == Defect::hold_ignored)
    input([&](auto& rules, auto now, auto& out) { rules.release(by, now, out); });
}

void HubModel::release(const std::string& by) {
  held_ = false;
  input([&](auto& rules, auto now, auto& out) { rules.release(by, now, out); });
}

void HubModel::takeOver(const std::string& by, bool is_program) {
  world_.trace(by.c_str(), [] { return "takes over"; });
  const auto id = *robohub::PersonId::parse(by);
  stepped_in_.insert(by);  // also of the holder: his time may be up at this very moment
  input([&](auto& rules, auto now, auto& out) { rules.takeOver({id, by, is_program}, now, out); });
}

void HubModel::command(const std::string& person, int intention, control::CommandRequest request) {
  if (world_.defect == Defect::keys_forgotten) request.key += std::to_string(world_.chance.bits());
  input([&](auto& rules, auto now, auto& out) {
    auto record = rules.command(*robohub::PersonId::parse(person), request, now, out);
    intentions_.emplace(record.id, intention);
    if (request.from_program && record.epoch != 0 && record.received == now && record.sent)
      world_.truth.alive(record.epoch, person, world_.time.now());
    world_.trace("hub", [&] {
      return record.id + " of " + person + " for " + std::to_string(record.epoch) + ": " + toString(record.state) +
             (record.error ? " (" + record.error->message + ")" : std::string());
    });
  });
}

void HubModel::carryOut(control::Effects& effects) {
  for (auto& effect : effects) {
    if (auto send = std::get_if<control::SendToAgent>(&effect)) {
      link_.toAgent(connection_, send->message);
      if (std::holds_alternative<link::Stop>(send->message)) expectStop();
      if (auto end = std::get_if<link::End>(&send->message)) expectEnd(end->epoch);
      world_.trace("hub", [&] { return "-> " + link::encode(send->message); });
    } else if (std::holds_alternative<control::DropAgent>(effect)) {
      if (connection_) link_.cut(connection_, world_.chance.between(0, ms(100)), -1);
      connection_.reset();
    } else if (auto reserve_up_to = std::get_if<control::ReserveEpochs>(&effect)) {
      reserve(reserve_up_to->up_to);
    } else if (auto stop = std::get_if<control::PersistStop>(&effect)) {
      persist(stop->record);
    } else if (auto you = std::get_if<control::YouChanged>(&effect)) {
      if (you->you.reason == control::TurnEnd::time_up) time_was_up_ = true;
      tells_you(you->person.str(), you->you);
    } else if (auto changed = std::get_if<control::CommandChanged>(&effect)) {
      if (auto found = intentions_.find(changed->record.id); found != intentions_.end())
        world_.truth.shown(found->second, life(), changed->record);
    } else if (auto stamp = std::get_if<control::StampToHolder>(&effect)) {
      stamps(stamp->person.str(), stamp->epoch, stamp->stamp);
      if (world_.defect == Defect::hub_makes_beats)
        after(ms(1), [this, made = *stamp] {
          input([&](auto& rules, auto now, auto& out) { rules.beat(made.person, made.epoch, made.stamp, now, out); });
        });
    } else if (auto event = std::get_if<control::LogEvent>(&effect)) {
      world_.trace("log", [&] { return event->text; });
    }
  }
}

void HubModel::reserve(Epoch up_to) {
  store_.write([up_to](control::Restored& disk) { disk.epochs_reserved = std::max(disk.epochs_reserved, up_to); },
               [this, up_to, life = life()](bool ok) {
                 if (life != this->life()) return;
                 if (world_.defect == Defect::failed_writes_count) ok = true;
                 after(0, [this, up_to, ok] {
                   input([&](auto& rules, auto now, auto& out) {
                     if (ok)
                       rules.epochsReserved(up_to, now, out);
                     else
                       rules.epochsNotReserved(now, out);
                   });
                 });
               });
}

// Nobody waits for the disk; but what it did not take is brought again until it does.
void HubModel::persist(const control::StopRecord& record) {
  const auto number = ++stop_writes_;
  stop_written_ = record;
  if (!record.latched) stop_promised_ = false;
  store_.write(
      [this, record](control::Restored& disk) {
        if (world_.defect != Defect::stops_not_durable) disk.stop = record;
      },
      [this, number, latched = record.latched, life = life()](bool ok) {
        if (life != this->life()) return;
        if (ok && number == stop_writes_) stop_promised_ = latched;
        if (ok || saving_again_) return;
        saving_again_ = true;
        after(ms(300), [this] {
          saving_again_ = false;
          persist(control_->stopRecord());
        });
      });
}

void HubModel::expectStop() {
  if (!way_is_clear()) return;
  world_.time.at(world_.time.now() + kStopBound,
                 [this, before = world_.disturbances, sent_in = life(), id = control_->stop().id] {
                   if (before != world_.disturbances || sent_in != life() || !control_) return;
                   const auto shown = control_->stop();
                   if (shown.state == control::StopState::none || shown.id != id)
                     return;  // ended meanwhile, or pressed again
                   if (!output_is_off())
                     world_.violated("a stop reaches a reachable device: the output is still energised");
                   if (shown.state != control::StopState::confirmed)
                     world_.violated(std::string("a stop of a reachable device is confirmed: it is shown as ") +
                                     toString(shown.state));
                 });
}

void HubModel::expectEnd(Epoch epoch) {
  if (!way_is_clear()) return;
  world_.time.at(world_.time.now() + kStopBound, [this, before = world_.disturbances, epoch] {
    if (before == world_.disturbances && energised_epoch() == epoch)
      world_.violated("the end of a turn reaches a reachable device: the output is still energised");
  });
}

// What people are shown is compared with the truth after every input.
void HubModel::check() {
  const auto turn = control_->turn(now());
  world_.truth.lineShown(turn);
  if (turn.epoch != shown_epoch_) {
    if (shown_epoch_ != 0) world_.truth.turnEnded(shown_epoch_, time_was_up_, world_.time.now());
    time_was_up_ = false;
    if (turn.epoch > store_.onDisk().epochs_reserved)
      world_.violated("a turn's number is on disk before the turn begins: turn " + std::to_string(turn.epoch));
    if (turn.epoch != 0) {
      const std::string holder = turn.holder->id.str();
      world_.truth.turnBegan(turn.epoch, holder, world_.time.now());
      if (stepped_in_.erase(holder) == 0 && held_)
        world_.violated("a held line gives no turns: " + holder + " got one without taking over");
    }
    shown_epoch_ = turn.epoch;
  }
  // Who has left the line has to take over again.
  std::erase_if(stepped_in_, [&](const std::string& name) {
    return std::none_of(turn.waiting.begin(), turn.waiting.end(),
                        [&](const auto& each) { return each.id.str() == name; });
  });
  stop_shown_ = control_->stop().state;
  stop_shown_confirmed_ = stop_shown_ == control::StopState::confirmed;
  if (control_->stopRecord().latched && !stop_written_.latched)
    world_.violated("a stop is brought to the disk: the newest is not");
  if (stop_shown_confirmed_ && !control_->online())
    world_.violated("a stop is not shown confirmed by a device that is offline");
}

void HubModel::rearm() {
  const robohub::MonoTime deadline = control_->nextDeadline();
  if (deadline == robohub::MonoTime::max()) return;
  if (deadline <= now()) return world_.violated("a timer does not spin: the hub's deadline is not after now");
  const Time when = robohub::toNs(deadline) - ms(5000);
  if (armed_ != 0 && armed_ <= when) return;
  armed_ = when;
  at(when, [this, when] {
    if (armed_ != when) return;
    armed_ = 0;
    input([](auto& rules, auto now, auto& out) { rules.tick(now, out); });
  });
}

}  // namespace simulation

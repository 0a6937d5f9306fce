#include "truth.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace simulation {
namespace {

using robohub::control::CommandState;

// Clocks of the processes run up to 200 millionths fast or slow, and a check may come one event late.
constexpr Time kTolerance = ms(1);

std::string turnName(Epoch epoch) {
  return "turn " + std::to_string(epoch);
}

bool mayFollow(CommandState before, CommandState after) {
  if (before == after) return true;  // a repeated key is told the newest state again
  if (robohub::control::isFinal(before)) return false;
  if (after == CommandState::refused) return before != CommandState::acknowledged;
  return after != CommandState::accepted && after != CommandState::sent;
}

}  // namespace

Truth::Turn* Truth::find(Epoch epoch) {
  for (auto turn = turns_.rbegin(); turn != turns_.rend(); ++turn)
    if (turn->epoch == epoch) return &*turn;
  return nullptr;
}

void Truth::turnBegan(Epoch epoch, const std::string& person, Time now) {
  if (!turns_.empty()) {
    if (epoch <= turns_.back().epoch)
      violated("epochs only rise: " + turnName(epoch) + " came after " + turnName(turns_.back().epoch));
    if (!turns_.back().ended) violated("never two holders: " + turnName(epoch) + " began before the last had ended");
  }
  turns_.push_back({epoch, person, now, std::nullopt, false, std::nullopt});
}

void Truth::turnEnded(Epoch epoch, bool time_was_up, Time now) {
  Turn* turn = find(epoch);
  if (!turn) return;
  turn->ended = now;
  turn->time_was_up = time_was_up;
}

void Truth::alive(Epoch epoch, const std::string& person, Time now) {
  if (Turn* turn = find(epoch); turn && turn->person == person) turn->last_alive = now;
}

void Truth::lineShown(const robohub::control::TurnView& view) {
  std::set<std::string> persons;
  if (view.holder) persons.insert(view.holder->id.str());
  for (const auto& waiting : view.waiting)
    if (!persons.insert(waiting.id.str()).second) violated("one place for a person: " + waiting.id.str() + " has two");
  if (view.estimates.size() != view.waiting.size()) violated("every place has its estimate");
  if (view.holder.has_value() != (view.epoch != 0)) violated("a holder has an epoch");
}

int Truth::intend(const std::string& person, Epoch epoch, bool needs_turn) {
  intentions_.push_back({person, epoch, needs_turn, 0, false, std::nullopt, {}});
  return static_cast<int>(intentions_.size()) - 1;
}

void Truth::shown(int command, std::uint64_t hub_life, const robohub::control::CommandRecord& record) {
  Intention& intention = intentions_[static_cast<std::size_t>(command)];
  const std::string which = std::to_string(hub_life) + "/" + record.id;
  // A copy that was never sent (it came again after the turn, say) has a record of its own and says nothing about the
  // first one's fate.
  if (intention.record.empty() && record.sent) intention.record = which;
  if (which != intention.record) return;
  if (intention.state && !mayFollow(*intention.state, record.state))
    violated("a command's states are in order: " + record.id + " went from " + toString(*intention.state) + " to " +
             toString(record.state));
  intention.state = record.state;
  if (record.state == CommandState::refused) {
    intention.refused = true;
    if (intention.executions > 0) violated("refused means that nothing moved: " + record.id + " had been executed");
  }
  if (record.state == CommandState::succeeded && intention.executions == 0)
    violated("succeeded means that it happened: " + record.id + " had not been executed");
}

void Truth::executed(int command, Epoch epoch, Time now) {
  Intention& intention = intentions_[static_cast<std::size_t>(command)];
  const std::string what = "command " + std::to_string(command);
  ++executed_count_;
  if (++intention.executions > 1) violated("a command executes once: " + what + " executed again");
  if (intention.refused) violated("refused means that nothing moves: " + what + " executed after it was refused");
  if (!intention.needs_turn) return;
  const Turn* turn = find(epoch);
  if (!turn) return violated("no command without a turn: " + what + " executed in " + turnName(epoch));
  if (turn->person != intention.person)
    violated("only the holder drives: " + what + " of " + intention.person + " executed in a turn of " + turn->person);
  if (intention.epoch != 0 && intention.epoch != epoch)
    violated("no command of another turn: " + what + " of " + turnName(intention.epoch) + " executed in " +
             turnName(epoch));
  if (now > allowedUntil(*turn)) violated("no command of an ended turn executes: " + what + " of " + turnName(epoch));
  if (epoch < newest_executed_) violated("no command of an ended turn executes: " + what + " after a later turn's");
  newest_executed_ = std::max(newest_executed_, epoch);
}

Time Truth::allowedUntil(const Turn& turn) const {
  if (!turn.ended) return std::numeric_limits<Time>::max();
  return *turn.ended + (turn.time_was_up ? 0 : deadman_) + kTolerance;
}

void Truth::energised(Epoch epoch, Time now, bool stop_is_shown_confirmed) {
  last_energised_ = now;
  if (stop_is_shown_confirmed) violated("a stop is never shown confirmed while an output is energised");
  const Turn* turn = find(epoch);
  if (!turn) return violated("no output without a turn: energised in " + turnName(epoch));
  if (now > allowedUntil(*turn))
    violated("no output without a live turn: energised after the end of " + turnName(epoch));
  if (!turn->last_alive || now > *turn->last_alive + deadman_ + kTolerance)
    violated("no output without a live page: energised in " + turnName(epoch) + " beyond the dead-man");
}

void Truth::permitted(Epoch epoch, Time until, Time now) {
  const Turn* turn = find(epoch);
  if (!turn) return violated("no permit without a turn: " + turnName(epoch));
  if (!turn->last_alive || until > *turn->last_alive + deadman_ + kTolerance)
    violated("a permit outlives the page by the dead-man at most: " + turnName(epoch));
  if (turn->ended && until > allowedUntil(*turn) && until > now)
    violated("a permit does not outlive its turn: " + turnName(epoch));
}

bool Truth::hadTurnSince(const std::string& person, Time since) const {
  for (const Turn& turn : turns_)
    if (turn.person == person && (!turn.ended || *turn.ended >= since)) return true;
  return false;
}

}  // namespace simulation

#include "soak/ledger.hpp"

#include <algorithm>

namespace soak {

void Ledger::asked(const std::string& thing) {
  const std::lock_guard lock(mutex_);
  Thing& known = things_[thing];
  if (known.state != State::unknown) known.before = known.state;
  known.state = State::unknown;
}

void Ledger::acknowledged(const std::string& thing, State state, const std::string& value) {
  const std::lock_guard lock(mutex_);
  Thing& known = things_[thing];
  known.state = state;
  known.value = value;
  ++acknowledgements_;
}

void Ledger::refused(const std::string& thing) {
  const std::lock_guard lock(mutex_);
  Thing& known = things_[thing];
  known.state = known.before;
}

std::vector<std::string> Ledger::present(const std::string& kind) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, thing] : things_)
    if (thing.state == State::present && name.rfind(kind + ":", 0) == 0) names.push_back(name.substr(kind.size() + 1));
  return names;
}

std::optional<std::string> Ledger::pick(const std::string& kind, std::mt19937_64& random) const {
  const auto names = present(kind);
  if (names.empty()) return {};
  return names[random() % names.size()];
}

void Ledger::compare(const std::string& kind, const std::map<std::string, std::string>& hub) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, thing] : things_) {
    if (name.rfind(kind + ":", 0) != 0) continue;
    const auto at = hub.find(name.substr(kind.size() + 1));
    const bool there = at != hub.end();
    if (thing.state == State::unknown) {
      thing.state = there ? State::present : State::absent;
      thing.value = there ? at->second : "";
      continue;
    }
    if (there != (thing.state == State::present))
      violations_.push_back(
          name + (there ? " is back, and its removal was acknowledged" : " is lost, and it was acknowledged"));
    else if (there && at->second != thing.value)
      violations_.push_back(name + " is \"" + at->second + "\", and \"" + thing.value + "\" was acknowledged");
  }
}

void Ledger::turn(const std::string& device, std::uint64_t epoch, const std::string& holder) {
  const std::lock_guard lock(mutex_);
  Turns& turns = turns_[device];
  if (epoch <= turns.highest_of_before)
    violations_.push_back("turn " + std::to_string(epoch) + " of " + device + " came again after a restart (up to " +
                          std::to_string(turns.highest_of_before) + " were given before)");
  turns.highest = std::max(turns.highest, epoch);
  if (holder.empty()) return;
  const auto [at, is_new] = turns.holders.emplace(epoch, holder);
  if (is_new) ++turn_count_;
  if (at->second != holder)
    violations_.push_back("turn " + std::to_string(epoch) + " of " + device + " was given to " + at->second +
                          " and to " + holder);
}

void Ledger::restarted() {
  const std::lock_guard lock(mutex_);
  for (auto& [device, turns] : turns_) turns.highest_of_before = turns.highest;
}

std::uint64_t Ledger::highestTurn(const std::string& device) const {
  const std::lock_guard lock(mutex_);
  const auto at = turns_.find(device);
  return at == turns_.end() ? 0 : at->second.highest;
}

void Ledger::violation(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(sentence);
}

std::vector<std::string> Ledger::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}
std::uint64_t Ledger::acknowledgements() const {
  const std::lock_guard lock(mutex_);
  return acknowledgements_;
}
std::uint64_t Ledger::turns() const {
  const std::lock_guard lock(mutex_);
  return turn_count_;
}

}  // namespace soak

// What really happened, written down beside the programs under test and known to none of them, and the invariants that
// are checked against it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/effects.hpp"
#include "timeline.hpp"

namespace simulation {

using robohub::Epoch;

class Truth {
 public:
  explicit Truth(Time deadman) : deadman_(deadman) {}

  // ---- turns, as the hub decided them
  void turnBegan(Epoch epoch, const std::string& person, Time now);
  void turnEnded(Epoch epoch, bool time_was_up, Time now);
  // The page of this person gave a sign of life for its turn, or a command of its program reached the hub (an HTTP
  // request carries no stamp: when it was sent cannot be known).
  void alive(Epoch epoch, const std::string& person, Time now);
  void lineShown(const robohub::control::TurnView& view);

  // ---- commands: each is one intention of a person, whatever copies of it travel
  int intend(const std::string& person, Epoch epoch, bool needs_turn);
  // `hub_life`: ids are unique in one life of the hub only.
  void shown(int command, std::uint64_t hub_life, const robohub::control::CommandRecord& record);
  void executed(int command, Epoch epoch, Time now);

  // ---- hardware
  // An output may have been energised at `now` under a permit for `epoch`.
  void energised(Epoch epoch, Time now, bool stop_is_shown_confirmed);
  // A driver took a permit that ends at `until`.
  void permitted(Epoch epoch, Time until, Time now);

  void violated(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }
  const std::string& violation() const { return violation_; }
  bool hadTurnSince(const std::string& person, Time since) const;
  std::size_t executedCount() const { return executed_count_; }
  Time lastEnergised() const { return last_energised_; }
  std::size_t turnCount() const { return turns_.size(); }
  Epoch newestEpoch() const { return turns_.empty() ? 0 : turns_.back().epoch; }

 private:
  struct Turn {
    Epoch epoch;
    std::string person;
    Time began;
    std::optional<Time> ended;
    bool time_was_up = false;
    std::optional<Time> last_alive;
  };
  struct Intention {
    std::string person;
    Epoch epoch;
    bool needs_turn;
    int executions = 0;
    bool refused = false;
    std::optional<robohub::control::CommandState> state;  // newest shown for the record that was opened
    std::string record;                                   // which one that is
  };
  Turn* find(Epoch epoch);
  // Until when a turn's outputs and commands are allowed, by its end: at once when its time was up (the agent's lease
  // ends first), else as long as the last sign of life of its page, which came before the end, still counts.
  Time allowedUntil(const Turn& turn) const;

  const Time deadman_;
  std::vector<Turn> turns_;
  std::vector<Intention> intentions_;
  Epoch newest_executed_ = 0;
  std::size_t executed_count_ = 0;
  Time last_energised_ = -1;
  std::string violation_;
};

}  // namespace simulation

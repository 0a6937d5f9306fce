// What the hub has acknowledged, kept outside of it. A change counts as unknown from before it is asked for until its
// answer is there; a kill in between leaves it unknown, and then whatever the hub says counts. Everything else must be
// as it was acknowledged, and no number of a turn may ever come twice.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace soak {

// Thread-safe.
class Ledger {
 public:
  enum class State { absent, present, unknown };

  // Before a change of `thing` ("device:d7") is asked for, and after the hub has answered that it is done.
  void asked(const std::string& thing);
  void acknowledged(const std::string& thing, State state, const std::string& value = "");
  // The hub said no: it is as it was before asked().
  void refused(const std::string& thing);
  // All things of a kind ("device") that are there; a random one of them.
  std::vector<std::string> present(const std::string& kind) const;
  std::optional<std::string> pick(const std::string& kind, std::mt19937_64& random) const;

  // What the hub says now of every thing of the kind: name -> value. What contradicts is a violation; what was unknown
  // becomes known.
  void compare(const std::string& kind, const std::map<std::string, std::string>& hub);

  // A turn of a device with this number was given to `holder` ("": nobody says to whom).
  void turn(const std::string& device, std::uint64_t epoch, const std::string& holder);
  // The hub is gone and everything that it had said is read: what it gives from now on must be beyond.
  void restarted();
  std::uint64_t highestTurn(const std::string& device) const;

  void violation(const std::string& sentence);
  std::vector<std::string> violations() const;
  std::uint64_t acknowledgements() const;
  std::uint64_t turns() const;

 private:
  struct Thing {
    State state = State::absent, before = State::absent;
    std::string value;
  };
  struct Turns {
    std::uint64_t highest = 0;            // ever
    std::uint64_t highest_of_before = 0;  // by hubs that are gone
    std::map<std::uint64_t, std::string> holders;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Thing> things_;
  std::map<std::string, Turns> turns_;
  std::vector<std::string> violations_;
  std::uint64_t acknowledgements_ = 0, turn_count_ = 0;
};

}  // namespace soak

// What every part of one history shares: time, chance, the truth, the trace, the figures, and the defect that was
// planted (tests of the simulation itself: a simulation that finds nothing must be shown to be able to).
#pragma once
#include <algorithm>
#include <deque>
#include <functional>
#include <string>

#include "base/time.hpp"
#include "control/settings.hpp"
#include "timeline.hpp"
#include "truth.hpp"

namespace simulation {

enum class Defect {
  none,
  stale_commands_pass,   // the agent takes commands of any epoch, stamp and sequence
  epochs_not_durable,    // the store answers before epochs are on disk
  early_confirmation,    // the agent's shell calls a halt done before the driver did it
  hub_makes_beats,       // the hub answers stamps for a silent page
  deadline_ignored,      // neither agent nor driver look at the end of a permit
  stop_lost,             // stop messages vanish
  halt_order_ignored,    // the driver takes permits that were given before a halt
  endless_turns,         // the hub never ends a turn because its time is up
  keys_forgotten,        // the hub treats a repeated idempotency key as a new command
  old_bytes_pass,        // bytes of an old connection count as the new one's
  hold_ignored,          // the hub gives turns although a moderator holds the line
  failed_writes_count,   // the hub takes a failed write for a good one
  stops_not_durable,     // the store answers for stops that it never wrote
  restore_keeps_epochs,  // a restored hub goes on with the backup's numbers
  hello_epoch_ignored,   // the hub does not look at what the agent has seen
  hello_stop_ignored,    // nor at the stop that it has
};
constexpr int kDefects = 17;
const char* name(Defect defect);

struct World {
  World(std::uint64_t seed, Defect planted, bool traced);

  // Notes one line of the trace; `text()` is only called when somebody reads it.
  template <class Text>
  void trace(const char* who, Text text) {
    if (traced) print(who, text());
  }
  void print(const char* who, const std::string& text);
  void violated(const std::string& what) { truth.violated(what); }
  // Something outside the rules' power happened: promises about time do not hold across it.
  void disturb() { ++disturbances; }

  Timeline time;
  Chance chance;
  Defect defect;
  bool traced;
  bool through_text;  // link messages are encoded and read again
  bool calm = false;  // no more faults; everybody behaves
  int disturbances = 0;
  robohub::control::ControlSettings settings;
  Truth truth;
};

// A program on a machine: it may crash and freeze; what was meant for an earlier life never arrives, what arrives while
// it is frozen is handled when it thaws, in order.
class Process {
 public:
  explicit Process(World& world) : world_(world) {}
  bool alive() const { return alive_; }
  bool frozen() const { return world_.time.now() < frozen_until_; }
  std::uint64_t life() const { return life_; }
  void freeze(Time until) { frozen_until_ = std::max(frozen_until_, until); }
  template <class What>
  void at(Time when, What what) {
    world_.time.at(when, [this, life = life_, what]() mutable { arrive(life, std::move(what)); });
  }
  template <class What>
  void after(Time delay, What what) {
    at(world_.time.now() + delay, std::move(what));
  }

 protected:
  void born() {
    alive_ = true;
    ++life_;
    frozen_until_ = 0;
    inbox_.clear();
  }
  void died() {
    alive_ = false;
    ++life_;
    frozen_until_ = 0;
    inbox_.clear();
  }

  World& world_;

 private:
  template <class What>
  void arrive(std::uint64_t life, What what) {
    if (life != life_ || !alive_) return;
    if (!frozen() && inbox_.empty()) return what();
    inbox_.push_back(std::move(what));
    if (inbox_.size() == 1) wakeAt(frozen_until_, life);
  }
  void wakeAt(Time when, std::uint64_t life) {
    world_.time.at(when, [this, life] {
      if (life != life_) return;
      while (!inbox_.empty() && !frozen() && life == life_) {
        auto what = std::move(inbox_.front());
        inbox_.pop_front();
        what();
      }
      if (life == life_ && !inbox_.empty()) wakeAt(frozen_until_, life);
    });
  }

  bool alive_ = false;
  std::uint64_t life_ = 0;
  Time frozen_until_ = 0;
  std::deque<std::function<void()>> inbox_;  // what came while it was frozen
};

}  // namespace simulation

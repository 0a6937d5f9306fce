// What the hub has on disk, and what disks do: writes take their time, take far too long, fail (and may be there all
// the same), find no room, are lost with the power before they are synced; and people put back an older backup.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "control/device_control.hpp"
#include "world.hpp"

namespace simulation {

class StoreModel {
 public:
  using Change = std::function<void(robohub::control::Restored&)>;
  using Answer = std::function<void(bool ok)>;

  explicit StoreModel(World& world) : world_(world) {}

  // What a hub that starts now finds.
  const robohub::control::Restored& onDisk() const { return disk_; }
  // In order, several in one transaction when they came while another was written. The answer comes once it is synced.
  void write(Change change, Answer answer);

  // The program was killed: what it had handed to the kernel is there, the rest is not. Nothing is answered any more.
  void programDied() { forget(100); }
  // The machine lost power: what was not synced may be there or not.
  void powerLost() { forget(50); }

  // While no hub runs.
  void backUp() { backup_ = disk_; }
  // As `robohub restore` does it: the numbers of turns go on beyond all that can be known. False when there is no
  // backup.
  bool restore();
  // Only the files are copied back. False when there is no backup.
  bool copyBack();

  bool full = false;                // no write succeeds
  Time slow_until = 0;              // each takes up to two seconds
  bool breaks_once = false;         // the next fails, whatever of it is there
  std::function<void()> at_synced;  // once: between the sync and its answer

 private:
  struct Write {
    Change change;
    Answer answer;
  };
  void begin();
  void end(std::uint64_t batch, bool ok);
  void forget(int percent_there);

  World& world_;
  robohub::control::Restored disk_;
  std::optional<robohub::control::Restored> backup_;
  std::vector<Write> waiting_, writing_;
  std::uint64_t batch_ = 0;  // the one that is being written
  bool restored_before_ = false;
  bool handed_over_ = false;  // to the kernel
};

}  // namespace simulation

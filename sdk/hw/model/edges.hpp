// Whether an output went off in time must be judged by somebody other than the process that is killed or frozen in the
// test. So a model records every change of its outputs, with the monotonic time, in a small file that it maps; an
// independent process maps the same file and reads on, whatever becomes of the driver.
//
// File (native byte order, 64 bytes of header, then records of 16 bytes in a ring):
//     0  uint64  magic "RHEDGES1"
//     8  uint32  capacity, in records
//    12  uint32  state: 0 open, 1 closed (the owner has released its lines in good order)
//    16  int64   process id of the owner
//    24  uint64  its start time, field 22 of /proc/PID/stat (so that a recycled pid is no owner)
//    32  uint64  count of records written since the start; record i lies at slot i % capacity. Atomic, release order
//    40  ...     zero
// Record: int64 t_ns (CLOCK_MONOTONIC), uint32 output, uint32 value.
//
// A killed process can write nothing more, yet the kernel releases its GPIO lines: the pins return to input, and a
// pull-down makes them low (gpio.hpp says where that holds). A reader therefore takes the GPIO outputs of a dead owner
// as 0. A frozen owner (SIGSTOP) keeps its lines, so its levels stand. Pulses of a PCA9685 stand in either case: the
// chip runs on by itself.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rh::hw::model {

constexpr std::uint64_t kEdgesMagic = 0x3153454744454852;  // "RHEDGES1" read as little endian

struct EdgesHeader {
  std::uint64_t magic;
  std::uint32_t capacity;
  std::atomic<std::uint32_t> state;
  std::int64_t owner_pid;
  std::uint64_t owner_start;
  std::atomic<std::uint64_t> count;
  std::uint64_t reserved[3];
};
static_assert(sizeof(EdgesHeader) == 64 && std::atomic<std::uint64_t>::is_always_lock_free);

struct EdgeRecord {
  std::int64_t t_ns;
  std::uint32_t output;
  std::uint32_t value;
};
static_assert(sizeof(EdgeRecord) == 16);

// The writing end. Not thread-safe: the caller serialises record(). Never blocks.
class EdgeRecorder {
 public:
  static constexpr std::uint32_t kCapacity = 65536;
  // Creates the file (under a temporary name, renamed into place, so that a reader never sees half a header) or goes on
  // with an earlier owner's, so that a reader follows a driver across its restarts. Throws OpenError: not writable,
  // another kind of file, or (EBUSY, as with a real line) its owner lives and has not closed it.
  explicit EdgeRecorder(const std::string& path);
  ~EdgeRecorder();
  EdgeRecorder(const EdgeRecorder&) = delete;
  EdgeRecorder& operator=(const EdgeRecorder&) = delete;

  // Stamps with the time of this call.
  void record(std::uint32_t output, std::uint32_t value);

 private:
  EdgesHeader* header_ = nullptr;
  EdgeRecord* records_ = nullptr;
  std::size_t size_ = 0;
};

// The reading end, for tests and watchers; any process. Not thread-safe.
class EdgeReader {
 public:
  // Throws OpenError when the file is not there or no edges file.
  explicit EdgeReader(const std::string& path);
  ~EdgeReader();
  EdgeReader(const EdgeReader&) = delete;
  EdgeReader& operator=(const EdgeReader&) = delete;

  // Records written since the last call, oldest first. Those overwritten in between are lost and counted in missed().
  std::vector<EdgeRecord> next();
  std::uint64_t missed() const { return missed_; }
  // The owner has neither ended (zombies have) nor closed its recorder.
  bool ownerAlive() const;
  std::int64_t ownerPid() const { return header_->owner_pid; }

 private:
  const EdgesHeader* header_ = nullptr;
  const EdgeRecord* records_ = nullptr;
  std::uint64_t read_ = 0;
  std::uint64_t missed_ = 0;
  std::size_t size_ = 0;
};

// CLOCK_MONOTONIC in nanoseconds, the clock of the records.
std::int64_t monotonicNs();

}  // namespace rh::hw::model

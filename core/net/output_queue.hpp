// What waits to be sent to one peer: shared buffers by reference, in five classes with a rule each for the case that
// the peer is slower than the news. Ten thousand peers mostly have one buffer waiting, or none, so that only what is
// more has memory of its own, and no longer than it waits. Pure. Owned by its connection's loop.
#pragma once
#include <sys/uio.h>

#include <memory>
#include <span>
#include <vector>

#include "base/buffer.hpp"

namespace robohub::net {

enum class SendClass : std::uint8_t {
  urgent,   // a stop: as control, and goes before all that waits
  control,  // never dropped; a peer that lets too much of it wait is too slow and is closed
  sound,    // little, and late soon: the oldest goes first when its share is full
  data,     // the oldest goes first when its share is full
  picture,  // only the newest one waits
};

struct OutputLimits {
  std::size_t control_bytes = 1024 * 1024;  // of urgent as much again
  std::size_t data_bytes = 256 * 1024;
  std::size_t sound_bytes = 24 * 1024;  // 0.75 s at 16 kHz, 0.25 s at 48 kHz
};

struct OutputCounts {
  std::uint32_t dropped_data = 0;       // frames
  std::uint32_t replaced_pictures = 0;  // frames
  std::uint32_t dropped_sound = 0;      // frames
};

// Order on the wire: the frame that was begun, then all that is urgent, then control, sound, data, and the picture.
class OutputQueue {
 public:
  enum class Pushed {
    queued,
    made_room,  // queued; older frames of its class were dropped
    too_slow,   // urgent and control only, not queued: the peer must be closed
  };
  // The parts are one frame: sent whole or not at all. A frame alone in its class is taken whatever its size.
  Pushed push(std::span<const SharedBytes> parts, SendClass send_class, const OutputLimits& limits);
  Pushed push(const SharedBytes& bytes, SendClass send_class, const OutputLimits& limits) {
    return push(std::span(&bytes, 1), send_class, limits);
  }

  // Points at most `max` parts of what is to be sent next; returns how many, and their sum in `bytes`.
  int gather(iovec* parts, int max, std::size_t& bytes) const;
  // The first `bytes` of what gather() shows are sent.
  void consumed(std::size_t bytes);

  bool empty() const { return !only_ && !many_; }
  std::size_t bytes() const { return many_ ? many_->bytes : only_ ? only_->size() - offset_ : 0; }
  // Of frames that are not sent whole.
  std::size_t bytes(SendClass send_class) const;
  const OutputCounts& counts() const { return counts_; }
  // Drops every frame that was not begun.
  void dropUnsent();

 private:
  struct Part {
    SharedBytes bytes;
    bool last;  // of its frame
  };
  // A vector with a moving front.
  struct List {
    std::vector<Part> parts;
    std::size_t front = 0;
    std::size_t bytes = 0;
    bool empty() const { return front == parts.size(); }
    std::size_t frameEnd(std::size_t from) const;
    void popFront();
  };
  static constexpr int kClasses = 5;
  // More than one part.
  struct Many {
    List lists[kClasses];
    std::size_t bytes = 0;  // not sent
    int begun = -1;         // index of the list whose front frame was begun
    std::size_t drop(List& list, bool is_begun, std::size_t wanted_bytes);
  };
  Many& many();

  SharedBytes only_;            // the one part that waits, of only_class_, or ...
  std::unique_ptr<Many> many_;  // ... all that waits
  std::size_t offset_ = 0;      // bytes of the front part that are sent
  OutputCounts counts_;
  SendClass only_class_ = SendClass::control;
};

}  // namespace robohub::net

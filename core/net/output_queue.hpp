// What waits to be sent to one peer: shared buffers by reference, in three classes with a rule each for the case that
// the peer is slower than the news. Pure. Owned by its connection's loop.
#pragma once
#include <sys/uio.h>

#include <span>
#include <vector>

#include "base/buffer.hpp"

namespace robohub::net {

enum class SendClass : std::uint8_t {
  control,  // never dropped; a peer that lets too much of it wait is too slow and is closed
  data,     // the oldest goes first when its share is full
  picture,  // only the newest one waits
};

struct OutputLimits {
  std::size_t control_bytes = 1024 * 1024;
  std::size_t data_bytes = 256 * 1024;
};

struct OutputCounts {
  std::uint32_t dropped_data = 0;       // frames
  std::uint32_t replaced_pictures = 0;  // frames
};

// Order on the wire: the frame that was begun, then all control, then data, then the picture.
class OutputQueue {
 public:
  enum class Pushed {
    queued,
    made_room,  // queued; older frames of its class were dropped
    too_slow,   // control only, not queued: the peer must be closed
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

  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }
  std::size_t bytes(SendClass send_class) const { return lists_[static_cast<std::size_t>(send_class)].bytes; }
  const OutputCounts& counts() const { return counts_; }
  // Drops every frame that was not begun.
  void dropUnsent();

 private:
  struct Part {
    SharedBytes bytes;
    bool last;  // of its frame
  };
  // A vector with a moving front: an empty std::deque would hold 600 bytes for each of ten thousand idle peers.
  struct List {
    std::vector<Part> parts;
    std::size_t front = 0;
    std::size_t bytes = 0;
    bool empty() const { return front == parts.size(); }
    std::size_t frameEnd(std::size_t from) const;
    void popFront();
  };
  std::size_t dropFrames(List& list, bool begun, std::size_t wanted_bytes);

  List lists_[3];
  std::size_t bytes_ = 0;
  std::size_t offset_ = 0;  // bytes of the front part that are sent
  int begun_ = -1;          // index of the list whose front frame was begun
  OutputCounts counts_;
};

}  // namespace robohub::net

#include "net/output_queue.hpp"

#include <cassert>

namespace robohub::net {
namespace {

constexpr std::size_t kControl = static_cast<std::size_t>(SendClass::control);
constexpr std::size_t kData = static_cast<std::size_t>(SendClass::data);
constexpr std::size_t kPicture = static_cast<std::size_t>(SendClass::picture);

}  // namespace

// The index behind the last part of the frame that part `from` belongs to.
std::size_t OutputQueue::List::frameEnd(std::size_t from) const {
  while (!parts[from].last) ++from;
  return from + 1;
}

void OutputQueue::List::popFront() {
  bytes -= parts[front].bytes->size();
  parts[front].bytes.reset();
  ++front;
  if (front == parts.size()) {
    parts.clear();
    front = 0;
    if (parts.capacity() > 2) parts.shrink_to_fit();  // a burst's room is not kept by ten thousand idle peers
  } else if (front > 64 && front * 2 > parts.size()) {
    parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(front));
    front = 0;
  }
}

// Drops the oldest frames that were not begun until `wanted_bytes` are free of them; returns how many frames went.
std::size_t OutputQueue::dropFrames(List& list, bool begun, std::size_t wanted_bytes) {
  if (list.empty()) return 0;
  const std::size_t first = begun ? list.frameEnd(list.front) : list.front;
  std::size_t end = first, freed = 0, frames = 0;
  while (end < list.parts.size() && freed < wanted_bytes) {
    const std::size_t frame_end = list.frameEnd(end);
    for (; end < frame_end; ++end) freed += list.parts[end].bytes->size();
    ++frames;
  }
  list.parts.erase(list.parts.begin() + static_cast<std::ptrdiff_t>(first),
                   list.parts.begin() + static_cast<std::ptrdiff_t>(end));
  list.bytes -= freed;
  bytes_ -= freed;
  if (list.empty()) list.parts.clear(), list.front = 0;
  return frames;
}

OutputQueue::Pushed OutputQueue::push(std::span<const SharedBytes> parts, SendClass send_class,
                                      const OutputLimits& limits) {
  const auto index = static_cast<std::size_t>(send_class);
  List& list = lists_[index];
  std::size_t size = 0;
  for (const auto& part : parts) size += part->size();
  if (size == 0) return Pushed::queued;

  auto pushed = Pushed::queued;
  if (!list.empty()) {
    const bool begun = begun_ == static_cast<int>(index);
    if (index == kControl && list.bytes + size > limits.control_bytes) return Pushed::too_slow;
    if (index == kData && list.bytes + size > limits.data_bytes) {
      const auto dropped = dropFrames(list, begun, list.bytes + size - limits.data_bytes);
      counts_.dropped_data += static_cast<std::uint32_t>(dropped);
      if (dropped) pushed = Pushed::made_room;
    }
    if (index == kPicture) {
      const auto replaced = dropFrames(list, begun, list.bytes);
      counts_.replaced_pictures += static_cast<std::uint32_t>(replaced);
      if (replaced) pushed = Pushed::made_room;
    }
  }
  // Empty parts would stall gather(): a write of nothing makes no progress.
  std::size_t last = parts.size() - 1;
  while (parts[last]->empty()) --last;
  for (std::size_t i = 0; i <= last; ++i)
    if (!parts[i]->empty()) list.parts.push_back({parts[i], i == last});
  list.bytes += size;
  bytes_ += size;
  return pushed;
}

int OutputQueue::gather(iovec* parts, int max, std::size_t& bytes) const {
  int count = 0;
  bytes = 0;
  std::size_t offset = offset_;
  const auto add = [&](const Part& part) {
    parts[count].iov_base = const_cast<char*>(part.bytes->data()) + offset;
    parts[count].iov_len = part.bytes->size() - offset;
    bytes += parts[count++].iov_len;
    offset = 0;
  };
  std::size_t begun_end = 0;
  if (begun_ >= 0) {
    const List& list = lists_[begun_];
    begun_end = list.frameEnd(list.front);
    for (std::size_t i = list.front; i < begun_end && count < max; ++i) add(list.parts[i]);
  }
  for (int c = 0; c < 3; ++c) {
    const List& list = lists_[c];
    for (std::size_t i = c == begun_ ? begun_end : list.front; i < list.parts.size() && count < max; ++i)
      add(list.parts[i]);
  }
  return count;
}

void OutputQueue::consumed(std::size_t bytes) {
  assert(bytes <= bytes_);
  while (bytes > 0) {
    int index = begun_;
    if (index < 0)
      for (index = 0; lists_[index].empty();) ++index;
    List& list = lists_[index];
    const Part& part = list.parts[list.front];
    const std::size_t left = part.bytes->size() - offset_;
    if (bytes < left) {
      offset_ += bytes;
      bytes_ -= bytes;
      begun_ = index;
      return;
    }
    bytes -= left;
    bytes_ -= left;
    offset_ = 0;
    begun_ = part.last ? -1 : index;
    list.popFront();
  }
}

void OutputQueue::dropUnsent() {
  for (int i = 0; i < 3; ++i) dropFrames(lists_[i], i == begun_, lists_[i].bytes);
}

}  // namespace robohub::net

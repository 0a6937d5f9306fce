#include "net/output_queue.hpp"

#include <cassert>

namespace robohub::net {
namespace {

constexpr std::size_t kUrgent = static_cast<std::size_t>(SendClass::urgent);
constexpr std::size_t kControl = static_cast<std::size_t>(SendClass::control);
constexpr std::size_t kSound = static_cast<std::size_t>(SendClass::sound);
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
  } else if (front > 64 && front * 2 > parts.size()) {
    parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(front));
    front = 0;
  }
}

// Drops the oldest frames that were not begun until `wanted_bytes` are free of them; returns how many frames went.
std::size_t OutputQueue::Many::drop(List& list, bool is_begun, std::size_t wanted_bytes) {
  if (list.empty()) return 0;
  const std::size_t first = is_begun ? list.frameEnd(list.front) : list.front;
  std::size_t end = first, freed = 0, frames = 0;
  while (end < list.parts.size() && freed < wanted_bytes) {
    const std::size_t frame_end = list.frameEnd(end);
    for (; end < frame_end; ++end) freed += list.parts[end].bytes->size();
    ++frames;
  }
  list.parts.erase(list.parts.begin() + static_cast<std::ptrdiff_t>(first),
                   list.parts.begin() + static_cast<std::ptrdiff_t>(end));
  list.bytes -= freed;
  bytes -= freed;
  if (list.empty()) list.parts.clear(), list.front = 0;
  return frames;
}

OutputQueue::Many& OutputQueue::many() {
  if (many_) return *many_;
  many_ = std::make_unique<Many>();
  if (!only_) return *many_;
  const auto index = static_cast<std::size_t>(only_class_);
  List& list = many_->lists[index];
  list.parts.reserve(4);
  list.bytes = only_->size();
  many_->bytes = only_->size() - offset_;
  if (offset_ > 0) many_->begun = static_cast<int>(index);
  list.parts.push_back({std::move(only_), true});
  only_ = nullptr;
  return *many_;
}

OutputQueue::Pushed OutputQueue::push(std::span<const SharedBytes> parts, SendClass send_class,
                                      const OutputLimits& limits) {
  std::size_t size = 0;
  for (const auto& part : parts) size += part->size();
  if (size == 0) return Pushed::queued;
  if (empty() && parts.size() == 1) {
    only_ = parts.front();
    only_class_ = send_class;
    return Pushed::queued;
  }

  const auto index = static_cast<std::size_t>(send_class);
  Many& waiting = many();
  List& list = waiting.lists[index];
  auto pushed = Pushed::queued;
  if (!list.empty()) {
    const bool begun = waiting.begun == static_cast<int>(index);
    if ((index == kUrgent || index == kControl) && list.bytes + size > limits.control_bytes) return Pushed::too_slow;
    if (index == kData && list.bytes + size > limits.data_bytes) {
      const auto dropped = waiting.drop(list, begun, list.bytes + size - limits.data_bytes);
      counts_.dropped_data += static_cast<std::uint32_t>(dropped);
      if (dropped) pushed = Pushed::made_room;
    }
    if (index == kSound && list.bytes + size > limits.sound_bytes) {
      const auto dropped = waiting.drop(list, begun, list.bytes + size - limits.sound_bytes);
      counts_.dropped_sound += static_cast<std::uint32_t>(dropped);
      if (dropped) pushed = Pushed::made_room;
    }
    if (index == kPicture) {
      const auto replaced = waiting.drop(list, begun, list.bytes);
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
  waiting.bytes += size;
  return pushed;
}

int OutputQueue::gather(iovec* parts, int max, std::size_t& bytes) const {
  int count = 0;
  bytes = 0;
  std::size_t offset = offset_;
  const auto add = [&](const SharedBytes& part) {
    parts[count].iov_base = const_cast<char*>(part->data()) + offset;
    parts[count].iov_len = part->size() - offset;
    bytes += parts[count++].iov_len;
    offset = 0;
  };
  if (!many_) {
    if (only_ && max > 0) add(only_);
    return count;
  }
  std::size_t begun_end = 0;
  if (many_->begun >= 0) {
    const List& list = many_->lists[many_->begun];
    begun_end = list.frameEnd(list.front);
    for (std::size_t i = list.front; i < begun_end && count < max; ++i) add(list.parts[i].bytes);
  }
  for (int c = 0; c < kClasses; ++c) {
    const List& list = many_->lists[c];
    for (std::size_t i = c == many_->begun ? begun_end : list.front; i < list.parts.size() && count < max; ++i)
      add(list.parts[i].bytes);
  }
  return count;
}

void OutputQueue::consumed(std::size_t bytes) {
  assert(bytes <= this->bytes());
  if (!many_) {
    offset_ += bytes;
    if (only_ && offset_ == only_->size()) only_.reset(), offset_ = 0;
    return;
  }
  while (bytes > 0) {
    int index = many_->begun;
    if (index < 0)
      for (index = 0; many_->lists[index].empty();) ++index;
    List& list = many_->lists[index];
    const Part& part = list.parts[list.front];
    const std::size_t left = part.bytes->size() - offset_;
    if (bytes < left) {
      offset_ += bytes;
      many_->bytes -= bytes;
      many_->begun = index;
      return;
    }
    bytes -= left;
    many_->bytes -= left;
    offset_ = 0;
    many_->begun = part.last ? -1 : index;
    list.popFront();
  }
  if (many_->bytes == 0) many_.reset();
}

std::size_t OutputQueue::bytes(SendClass send_class) const {
  if (many_) return many_->lists[static_cast<std::size_t>(send_class)].bytes;
  return only_ && only_class_ == send_class ? only_->size() : 0;
}

void OutputQueue::dropUnsent() {
  if (!many_) {
    if (offset_ == 0) only_.reset();
    return;
  }
  for (int i = 0; i < kClasses; ++i) many_->drop(many_->lists[i], i == many_->begun, many_->lists[i].bytes);
  if (many_->bytes == 0) many_.reset();
}

}  // namespace robohub::net

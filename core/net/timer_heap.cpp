#include "net/timer_heap.hpp"

#include <algorithm>
#include <utility>

namespace robohub::net {

// What a timer holds may cancel others as it dies.
TimerHeap::~TimerHeap() {
  const auto held = std::exchange(slots_, {});
}

bool TimerHeap::later(const Entry& a, const Entry& b) {
  return a.deadline != b.deadline ? a.deadline > b.deadline : a.number > b.number;
}

// Null: it has fired or was cancelled.
TimerHeap::Slot* TimerHeap::slotOf(TimerId id) {
  const std::uint64_t place = (id & 0xffffffff) - 1;
  if (place >= slots_.size()) return nullptr;
  Slot& slot = slots_[place];
  return slot.taken && slot.number == id >> 32 ? &slot : nullptr;
}

std::function<void()> TimerHeap::release(TimerId id, Slot& slot) {
  slot.taken = false;
  --wanted_;
  free_.push_back(static_cast<std::uint32_t>((id & 0xffffffff) - 1));
  return std::exchange(slot.fn, nullptr);
}

TimerId TimerHeap::add(MonoTime deadline, std::function<void()> fn) {
  // Forgotten entries may not pile up: a busy server cancels nearly every timer that it sets.
  if (heap_.size() > 2 * wanted_ + 64) tidy();
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  Slot& slot = slots_[place];
  slot.fn = std::move(fn);
  slot.taken = true;
  slot.number = static_cast<std::uint32_t>(++added_);
  ++wanted_;
  const TimerId id = (std::uint64_t(slot.number) << 32) | (place + 1);
  heap_.push_back({deadline, added_, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return id;
}

void TimerHeap::tidy() {
  std::erase_if(heap_, [this](const Entry& entry) { return !slotOf(entry.id); });
  std::make_heap(heap_.begin(), heap_.end(), later);
  // The room that a crowd needed is not kept when it has gone. Behind a slot that is still taken it has to be, until
  // that timer is over; the new ones take the places before it.
  if (heap_.capacity() > 8 * heap_.size() + 4096) heap_.shrink_to_fit();
  if (slots_.capacity() <= 8 * wanted_ + 4096) return;
  while (!slots_.empty() && !slots_.back().taken) slots_.pop_back();
  slots_.shrink_to_fit();
  std::erase_if(free_, [this](std::uint32_t place) { return place >= slots_.size(); });
  std::sort(free_.begin(), free_.end(), std::greater());
  free_.shrink_to_fit();
}

// What it held is destroyed last: that may add and cancel.
bool TimerHeap::cancel(TimerId id) {
  Slot* slot = slotOf(id);
  if (!slot) return false;
  const auto held = release(id, *slot);
  return true;
}

void TimerHeap::dropForgotten() {
  while (!heap_.empty() && !slotOf(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
}

std::optional<MonoTime> TimerHeap::next() {
  dropForgotten();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().deadline;
}

std::function<void()> TimerHeap::takeDue(MonoTime now) {
  dropForgotten();
  if (heap_.empty() || heap_.front().deadline > now) return nullptr;
  const TimerId id = heap_.front().id;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
  return release(id, *slotOf(id));
}

}  // namespace robohub::net

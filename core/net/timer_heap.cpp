#include "net/timer_heap.hpp"

#include <algorithm>

namespace robohub::net {

bool TimerHeap::later(const Entry& a, const Entry& b) {
  return a.deadline != b.deadline ? a.deadline > b.deadline : a.id > b.id;
}

TimerId TimerHeap::add(MonoTime deadline, std::function<void()> fn) {
  // Forgotten entries may not pile up: a busy server cancels nearly every timer that it sets.
  if (heap_.size() > 2 * wanted_.size() + 64) {
    std::erase_if(heap_, [this](const Entry& entry) { return !wanted_.contains(entry.id); });
    // The room that a crowd needed is not kept when it has gone.
    if (heap_.capacity() > 8 * heap_.size() + 4096) {
      heap_.shrink_to_fit();
      wanted_.rehash(0);
    }
    std::make_heap(heap_.begin(), heap_.end(), later);
  }
  const TimerId id = ++last_id_;
  wanted_.emplace(id, std::move(fn));
  heap_.push_back({deadline, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return id;
}

bool TimerHeap::cancel(TimerId id) {
  return wanted_.erase(id) != 0;
}

void TimerHeap::dropForgotten() {
  while (!heap_.empty() && !wanted_.contains(heap_.front().id)) {
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
  const auto it = wanted_.find(heap_.front().id);
  auto fn = std::move(it->second);
  wanted_.erase(it);
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
  return fn;
}

}  // namespace robohub::net

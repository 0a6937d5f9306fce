// Which memory the handling of somebody's next message will touch. Of a hundred robots that speak ten times a second
// each one's has left the near caches when it speaks again, and would come back line by line, each waited for because
// the one before names it; fetch() asks for all of it at once. Hints only: an address that is nobody's any more costs a
// little and does no harm, so nobody has to say that something has moved. docs/decisions/0012.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace robohub {

// Not thread-safe.
class Footprint {
 public:
  static constexpr std::size_t kLineBytes = 64, kMostLines = 128;

  // What is beyond kMostLines is left out.
  void add(const void* begin, std::size_t bytes) {
    const auto first = reinterpret_cast<std::uintptr_t>(begin);
    for (auto line = first / kLineBytes; bytes > 0 && line <= (first + bytes - 1) / kLineBytes; ++line)
      if (lines_.size() < kMostLines && std::find(lines_.begin(), lines_.end(), line) == lines_.end())
        lines_.push_back(line);
  }
  template <class Object>
  void add(const Object& object) {
    add(&object, sizeof object);
  }
  void clear() { lines_.clear(); }
  std::size_t size() const { return lines_.size(); }

  void fetch() const {
    for (const std::uintptr_t line : lines_) fetchLine(reinterpret_cast<const void*>(line * kLineBytes));
  }
  static void fetch(const void* begin, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; at += kLineBytes) fetchLine(static_cast<const char*>(begin) + at);
  }

 private:
  static void fetchLine(const void* line) { __builtin_prefetch(line); }

  std::vector<std::uintptr_t> lines_;
};

// A footprint that is asked for anew now and then: soon at first, while things still find their places.
class FetchAhead {
 public:
  // `name` adds to the Footprint that it gets, and touches what it names.
  template <class Name>
  void fetch(MonoTime now, Name name) {
    if (now >= renew_at_) {
      footprint_.clear();
      name(footprint_);
      renew_at_ = now + again_;
      again_ = std::min(again_ * 2, Duration(std::chrono::seconds(16)));
    }
    footprint_.fetch();
  }

 private:
  Footprint footprint_;
  MonoTime renew_at_ = MonoTime::min();
  Duration again_ = std::chrono::milliseconds(250);
};

}  // namespace robohub

// JSON objects that follow each other with nothing between them, cut anywhere by TCP: finds where each ends, in one
// pass over the bytes whatever they are. What is inside an object is not judged here. Pure; owned by its connection.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::gateway {

class JsonSplitter {
 public:
  static constexpr int kMaxDepth = 64;

  explicit JsonSplitter(std::size_t max_object_bytes) : max_object_bytes_(max_object_bytes) {}

  // No object is open: what comes next begins one.
  bool between() const { return depth_ == 0; }

  // Calls each(std::string_view) for every object that is complete now, in order; the view is good during the call.
  // White space between objects is passed over. `each` returns false to stop: the rest of `bytes` is given up. Errors,
  // after which the stream cannot be read on: corrupt (something else than an object), too_large (an object, or its
  // depth).
  template <class Each>
  Status feed(std::string_view bytes, Each each) {
    std::size_t from = 0;  // of the object that is open, in `bytes`
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const char c = bytes[at];
      if (in_text_) {
        if (escaped_)
          escaped_ = false;
        else if (c == '\\')
          escaped_ = true;
        else if (c == '"')
          in_text_ = false;
        continue;
      }
      if (depth_ == 0) {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
        if (c != '{') return notAnObject();
        depth_ = 1;
        from = at;
        continue;
      }
      if (c == '"') {
        in_text_ = true;
      } else if (c == '{' || c == '[') {
        if (++depth_ > kMaxDepth) return tooDeep();
      } else if ((c == '}' || c == ']') && --depth_ == 0) {
        const std::string_view tail = bytes.substr(from, at + 1 - from);
        if (started_.size() + tail.size() > max_object_bytes_) return tooLong();
        bool go_on = true;
        if (started_.empty()) {
          go_on = each(tail);
        } else {
          started_ += tail;
          const std::string whole = std::move(started_);
          started_.clear();
          go_on = each(std::string_view(whole));
        }
        if (!go_on) return {};
      }
    }
    if (depth_ == 0) return {};
    if (started_.size() + bytes.size() - from > max_object_bytes_) return tooLong();
    started_ += bytes.substr(from);
    return {};
  }

 private:
  Status notAnObject() const;
  Status tooDeep() const;
  Status tooLong() const;

  const std::size_t max_object_bytes_;
  std::string started_;  // of an object whose end has not come
  int depth_ = 0;
  bool in_text_ = false;
  bool escaped_ = false;
};

}  // namespace robohub::gateway

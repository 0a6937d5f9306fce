// JSON objects one behind another, with or without anything between them, cut anywhere by the socket: this finds where
// each ends. Pure. Not thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cloud_camera {

class ObjectSplitter {
 public:
  static constexpr std::size_t kMaxObjectBytes = 64 * 1024;

  // Takes what came and appends the objects that are whole to `out`. False: what came is no sequence of objects, or one
  // is too large; nothing more will come out of it then.
  bool take(std::string_view bytes, std::vector<std::string>& out);

 private:
  std::string object_;
  int depth_ = 0;
  bool in_text_ = false, escaped_ = false, broken_ = false;
};

}  // namespace cloud_camera

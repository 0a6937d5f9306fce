#include "cloud_camera/local/object_splitter.hpp"

namespace cloud_camera {

bool ObjectSplitter::take(std::string_view bytes, std::vector<std::string>& out) {
  for (const char c : bytes) {
    if (broken_) return false;
    if (depth_ == 0) {
      // What older programs put between: line ends, a NUL of a C string.
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\0') continue;
      broken_ = c != '{';
      if (broken_) return false;
    }
    object_ += c;
    broken_ = object_.size() > kMaxObjectBytes;
    if (in_text_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_text_ = false;
      continue;
    }
    if (c == '"') in_text_ = true;
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && --depth_ == 0) {
      out.push_back(std::move(object_));
      object_.clear();
    }
  }
  return !broken_;
}

}  // namespace cloud_camera

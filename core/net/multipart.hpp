// Pictures out of a multipart/x-mixed-replace body, without sockets. Cameras differ: the boundary in the header is
// quoted or not, with or without the leading dashes that stand in the body; parts have a Content-Length or end at the
// next boundary; lines end with CRLF or LF. Hostile bytes are bounded and refused, never followed. Not thread-safe.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::net {

// The name of the boundary without the dashes before it. Errors: corrupt when the type is another or has no boundary.
Result<std::string> multipartBoundary(std::string_view content_type);

class MultipartReader {
 public:
  struct Limits {
    std::size_t max_part_bytes = 4 * 1024 * 1024;
    std::size_t max_part_head_bytes = 4096;
  };
  // `boundary` as multipartBoundary() gives it. Each whole part goes to `on_part`; views are valid during the call.
  MultipartReader(std::string boundary, Limits limits,
                  std::function<void(std::string_view type, std::string_view body)> on_part);
  // Errors: too_large, corrupt. After an error the reader is dead.
  Status feed(std::string_view bytes);
  bool finished() const { return at_ == At::end; }

 private:
  enum class At : std::uint8_t { boundary, head, sized_body, open_body, end };
  // Each consumes from the front of buffer_ and says whether it got any further.
  Result<bool> step();
  Result<bool> readBoundary();
  Result<bool> readHead();
  Result<bool> readSizedBody();
  Result<bool> readOpenBody();
  void deliver(std::size_t size, std::size_t behind);

  std::string boundary_;
  Limits limits_;
  std::function<void(std::string_view, std::string_view)> on_part_;
  std::string buffer_;
  std::size_t front_ = 0;
  std::size_t scanned_ = 0;  // bytes behind front_ known to hold no boundary
  std::size_t length_ = 0;
  std::size_t head_bytes_ = 0;
  std::size_t skipped_ = 0;
  std::string type_;
  std::string delimiter_;  // as the body writes it
  At at_ = At::boundary;
  bool has_length_ = false;
  bool dead_ = false;
};

}  // namespace robohub::net

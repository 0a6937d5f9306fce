// A camera's multipart body: "<content type>\n<body>". The same pictures come out however the bytes arrive, none longer
// than allowed.
#include <string>
#include <vector>

#include "net/multipart.hpp"
#include "target.hpp"

using namespace robohub::net;

namespace {

constexpr std::size_t kLongest = 4096;

struct Read {
  std::vector<std::string> parts;
  bool good = true;
  bool operator==(const Read&) const = default;
};

Read read(const std::string& boundary, std::string_view body, std::size_t step) {
  Read out;
  MultipartReader reader(boundary, {.max_part_bytes = kLongest}, [&](std::string_view type, std::string_view part) {
    fuzz::promise(part.size() <= kLongest, "a part is never longer than its limit");
    out.parts.push_back(std::string(type) + '\n' + std::string(part));
  });
  while (out.good && !body.empty()) {
    const auto piece = body.substr(0, step);
    body.remove_prefix(piece.size());
    out.good = reader.feed(piece).has_value();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  const auto line = bytes.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto boundary = multipartBoundary(bytes.substr(0, line));
  if (!boundary) return 0;
  const auto body = bytes.substr(line + 1);
  const auto whole = read(*boundary, body, size);
  const auto split = read(*boundary, body, 1);
  if (whole.good && split.good) fuzz::promise(whole == split, "how a body is cut changes nothing");
  return 0;
}

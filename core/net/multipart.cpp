#include "net/multipart.hpp"

#include "net/http_message.hpp"

namespace robohub::net {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// A stranger's word for a person to read.
std::string typeText(std::string_view type) {
  if (type.empty()) return "something without a type";
  std::string text = "\"";
  for (const char c : type.substr(0, 60)) text += c >= 0x20 && c < 0x7f ? c : '?';
  return text + "\"";
}

// Where the first parameter ends: at a semicolon that stands in no quotes.
std::size_t parameterEnd(std::string_view parameters) {
  bool quoted = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i] == '"') quoted = !quoted;
    if (parameters[i] == ';' && !quoted) return i;
  }
  return parameters.size();
}

}  // namespace

Result<std::string> multipartBoundary(std::string_view content_type) {
  const auto semicolon = std::min(content_type.find(';'), content_type.size());
  const auto type = trim(content_type.substr(0, semicolon));
  if (!equalsIgnoringCase(type.substr(0, 10), "multipart/"))
    return fail(ErrorCode::corrupt, "The camera does not send a multipart stream, but " + typeText(type) + ".");
  for (auto rest = content_type.substr(std::min(semicolon + 1, content_type.size())); !rest.empty();) {
    const auto end = parameterEnd(rest);
    const auto parameter = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!equalsIgnoringCase(parameter.substr(0, 9), "boundary=")) continue;
    auto value = trim(parameter.substr(9));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    // Whether the dashes are part of the name is a matter of opinion among cameras: they are not here.
    while (!value.empty() && value.front() == '-') value.remove_prefix(1);
    if (value.empty() || value.size() > 100) break;
    return std::string(value);
  }
  return fail(ErrorCode::corrupt, "The camera's stream names no boundary.");
}

MultipartReader::MultipartReader(std::string boundary, Limits limits,
                                 std::function<void(std::string_view, std::string_view)> on_part)
    : boundary_(std::move(boundary)), limits_(limits), on_part_(std::move(on_part)) {}

Status MultipartReader::feed(std::string_view bytes) {
  if (dead_) return fail(ErrorCode::corrupt, "The stream failed before.");
  // Mostly the buffer is empty or holds one part; compacting only when half of it is used up keeps copying linear.
  if (front_ > 0 && front_ * 2 >= buffer_.size()) {
    buffer_.erase(0, front_);
    front_ = 0;
  }
  buffer_.append(bytes);
  for (;;) {
    const auto further = step();
    if (!further) {
      dead_ = true;
      return fail(further.error());
    }
    if (!*further) return {};
  }
}

Result<bool> MultipartReader::step() {
  switch (at_) {
    case At::boundary: return readBoundary();
    case At::head: return readHead();
    case At::sized_body: return readSizedBody();
    case At::open_body: return readOpenBody();
    case At::end:
      buffer_.clear();
      front_ = 0;
      return false;
  }
  return false;
}

// The line that begins a part. What stands before it (empty lines, a preamble) is skipped within limits.
Result<bool> MultipartReader::readBoundary() {
  const auto rest = std::string_view(buffer_).substr(front_);
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) {
    if (rest.size() > limits_.max_part_head_bytes)
      return fail(ErrorCode::corrupt, "The camera's stream has no boundary where one belongs.");
    return false;
  }
  auto line = trim(rest.substr(0, end));
  front_ += end + 1;
  skipped_ += end + 1;
  auto name = line;
  while (!name.empty() && name.front() == '-') name.remove_prefix(1);
  if (name.substr(0, boundary_.size()) == boundary_) {
    const auto tail = name.substr(boundary_.size());
    if (tail.empty() || tail == "--") {
      at_ = tail.empty() ? At::head : At::end;
      // Parts without a length end where this very line comes again.
      delimiter_ = std::string(line.substr(0, line.size() - tail.size()));
      length_ = 0;
      has_length_ = false;
      head_bytes_ = skipped_ = 0;
      type_.clear();
      return true;
    }
  }
  if (skipped_ > limits_.max_part_head_bytes)
    return fail(ErrorCode::corrupt, "The camera's stream has no boundary where one belongs.");
  return true;
}

Result<bool> MultipartReader::readHead() {
  const auto rest = std::string_view(buffer_).substr(front_);
  const auto end = rest.find('\n');
  if (head_bytes_ + std::min(end, rest.size()) > limits_.max_part_head_bytes)
    return fail(ErrorCode::corrupt, "The head of a part is too long.");
  if (end == std::string_view::npos) return false;
  const auto line = trim(rest.substr(0, end));
  front_ += end + 1;
  head_bytes_ += end + 1;
  if (line.empty()) {
    scanned_ = 0;
    at_ = has_length_ ? At::sized_body : At::open_body;
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return fail(ErrorCode::corrupt, "The head of a part is malformed.");
  const auto name = trim(line.substr(0, colon)), value = trim(line.substr(colon + 1));
  if (equalsIgnoringCase(name, "Content-Type")) type_ = value;
  if (equalsIgnoringCase(name, "Content-Length")) {
    if (value.empty() || value.size() > 12 || value.find_first_not_of("0123456789") != std::string_view::npos)
      return fail(ErrorCode::corrupt, "The length of a part is not a number.");
    length_ = 0;
    for (const char c : value) length_ = length_ * 10 + static_cast<std::size_t>(c - '0');
    if (length_ > limits_.max_part_bytes) return fail(ErrorCode::too_large, "A picture of the camera is too large.");
    has_length_ = true;
  }
  return true;
}

void MultipartReader::deliver(std::size_t size, std::size_t behind) {
  const auto body = std::string_view(buffer_).substr(front_, size);
  front_ += size + behind;
  at_ = At::boundary;
  on_part_(type_, body);
}

Result<bool> MultipartReader::readSizedBody() {
  if (buffer_.size() - front_ < length_) return false;
  deliver(length_, 0);
  return true;
}

Result<bool> MultipartReader::readOpenBody() {
  const auto rest = std::string_view(buffer_).substr(front_);
  const std::string wanted = "\n" + delimiter_;
  const auto found = rest.find(wanted, scanned_);
  if (found == std::string_view::npos) {
    scanned_ = rest.size() >= wanted.size() ? rest.size() - wanted.size() + 1 : 0;
    if (rest.size() > limits_.max_part_bytes + wanted.size())
      return fail(ErrorCode::too_large, "A picture of the camera is too large.");
    return false;
  }
  const std::size_t body = found > 0 && rest[found - 1] == '\r' ? found - 1 : found;
  if (body > limits_.max_part_bytes) return fail(ErrorCode::too_large, "A picture of the camera is too large.");
  deliver(body, found + 1 - body);
  return true;
}

}  // namespace robohub::net

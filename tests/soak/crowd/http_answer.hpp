// Answers of the hub as the load reads them: a head, and a body of a told length.
#pragma once
#include <string>
#include <string_view>

namespace soak {

struct HttpAnswer {
  int status = 0;
  std::string cookie;     // that it sets
  std::size_t size = 0;   // of head and body
  std::string_view body;  // in `came`
  bool closes = false;
};

// False while it is not complete; true with status 0 when it is none, or has no length (those are not asked for).
inline bool readAnswer(std::string_view came, HttpAnswer* answer) {
  const auto end = came.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const std::string_view head = came.substr(0, end + 2);
  const auto field = [head](std::string_view name) -> std::string_view {
    const auto at = head.find(name);
    if (at == std::string_view::npos) return {};
    const auto from = at + name.size();
    return head.substr(from, head.find('\r', from) - from);
  };
  answer->status = head.starts_with("HTTP/1.1 ") ? std::atoi(std::string(head.substr(9, 3)).c_str()) : 0;
  const auto set = field("\r\nSet-Cookie: ");
  answer->cookie = set.substr(0, set.find(';'));
  answer->closes = field("\r\nConnection: ") == "close";
  const auto length = std::strtoull(std::string(field("\r\nContent-Length: ")).c_str(), nullptr, 10);
  if (came.size() - end - 4 < length) return false;
  answer->size = end + 4 + length;
  answer->body = came.substr(end + 4, length);
  return true;
}

}  // namespace soak

#include "identity/cookie.hpp"

#include <algorithm>

namespace robohub::identity {

const char* cookieName(bool tls) {
  return tls ? "__Host-robohub_session" : "robohub_session";
}

std::string setCookie(std::string_view token, std::chrono::seconds lifetime, bool tls) {
  std::string text = std::string(cookieName(tls)) + "=" + std::string(token) + "; Path=/; HttpOnly; SameSite=Strict";
  if (tls) text += "; Secure";
  return text + "; Max-Age=" + std::to_string(std::max<std::chrono::seconds::rep>(0, lifetime.count()));
}

std::string clearCookie(bool tls) {
  return setCookie("", std::chrono::seconds(0), tls);
}

std::optional<std::string> tokenFromCookies(std::string_view header, bool tls) {
  std::string_view name = cookieName(tls);
  while (!header.empty()) {
    auto end = header.find(';');
    std::string_view pair = header.substr(0, end);
    header = end == std::string_view::npos ? std::string_view() : header.substr(end + 1);
    while (!pair.empty() && (pair.front() == ' ' || pair.front() == '\t')) pair.remove_prefix(1);
    while (!pair.empty() && (pair.back() == ' ' || pair.back() == '\t')) pair.remove_suffix(1);
    if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=') continue;
    std::string_view value = pair.substr(name.size() + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (value.empty()) return std::nullopt;
    return std::string(value);
  }
  return std::nullopt;
}

}  // namespace robohub::identity

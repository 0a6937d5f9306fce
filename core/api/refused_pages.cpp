#include "api/refused_pages.hpp"

namespace robohub::api {

namespace {

constexpr Duration kTellAgain = std::chrono::minutes(1);
constexpr std::size_t kLongestOrigin = 256;

// What Origin says, as it may be shown and written into settings; "" for anything that no browser writes.
std::string originOf(const net::HttpHead& head) {
  const std::string_view origin = head.headers.get("Origin");
  const std::size_t begin = origin.starts_with("https://") ? 8 : origin.starts_with("http://") ? 7 : 0;
  constexpr std::string_view kOfHosts = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
  if (begin == 0 || origin.size() == begin || origin.size() > kLongestOrigin ||
      origin.find_first_not_of(kOfHosts, begin) != std::string_view::npos || head.headers.count("Origin") > 1)
    return "";
  return std::string(origin);
}

// Without the port that its scheme has by itself, which browsers leave out and proxies may add.
std::string_view withoutUsualPort(std::string_view authority) {
  for (const std::string_view port : {":443", ":80"})
    if (authority.ends_with(port)) return authority.substr(0, authority.size() - port.size());
  return authority;
}

std::string settingFor(const std::string& origin) {
  return "server.origins: [\"" + origin + "\"]";
}

}  // namespace

bool isOurName(std::string_view host) {
  if (host.starts_with('[')) return true;
  host = host.substr(0, host.find(':'));
  if (host.find_first_not_of("0123456789.") == std::string_view::npos) return true;
  const std::size_t dot = host.rfind('.');
  return dot == std::string_view::npos || net::equalsIgnoringCase(host.substr(dot), ".local") ||
         net::equalsIgnoringCase(host.substr(dot), ".localhost");
}

Error refusedPage(const net::HttpHead& head, const std::string& may_not) {
  const std::string origin = originOf(head);
  if (origin.empty())
    return {ErrorCode::permission_denied,
            "Pages of another origin " + may_not + ". If this one is the hub's own, list it in server.origins.", ""};
  return {ErrorCode::permission_denied,
          "Pages of " + origin + " " + may_not +
              ". If that is this hub's own address, list it in its settings: " + settingFor(origin) + ".",
          ""};
}

std::optional<std::string> RefusedPages::tell(const net::HttpHead& head, MonoTime now) {
  const std::string origin = originOf(head);
  if (origin.empty()) return std::nullopt;
  const std::string_view authority = std::string_view(origin).substr(origin.find("://") + 3);
  if (!net::equalsIgnoringCase(withoutUsualPort(authority), withoutUsualPort(head.host()))) return std::nullopt;
  {
    Lock lock(mutex_);
    if (told_at_ && now < *told_at_ + kTellAgain) return std::nullopt;
    told_at_ = now;
  }
  return "somebody has called this hub " + origin +
         ", and its page was refused there: nobody can sign in. If people shall call it so, list it: " +
         settingFor(origin);
}

}  // namespace robohub::api

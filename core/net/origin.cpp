#include "net/origin.hpp"

namespace robohub::net {
namespace {

// Lower case, without the scheme's default port: hosts have no case, and browsers leave that port out.
std::string normal(std::string_view scheme, std::string_view authority) {
  std::string text(scheme);
  text += "://";
  text += authority;
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  if (text.size() > port.size() && std::string_view(text).substr(text.size() - port.size()) == port)
    text.resize(text.size() - port.size());
  return text;
}

std::string normalOrigin(std::string_view origin) {
  const auto colon = origin.find("://");
  if (colon == std::string_view::npos) return {};
  const auto scheme = origin.substr(0, colon), authority = origin.substr(colon + 3);
  if ((scheme != "http" && scheme != "https") || authority.empty() ||
      authority.find_first_of("/?#@ ,") != std::string_view::npos)
    return {};
  return normal(scheme, authority);
}

}  // namespace

OriginCheck checkOrigin(const HttpHead& head, const std::vector<std::string>& allowed) {
  const auto count = head.headers.count("Origin");
  if (count == 0) return OriginCheck::absent;
  const auto origin = normalOrigin(head.headers.get("Origin"));
  if (count > 1 || origin.empty()) return OriginCheck::foreign;
  if (!head.host().empty() && origin == normal(head.scheme, head.host())) return OriginCheck::same;
  for (const auto& listed : allowed)
    if (origin == normalOrigin(listed)) return OriginCheck::listed;
  return OriginCheck::foreign;
}

}  // namespace robohub::net

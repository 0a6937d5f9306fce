#include "net/http_message.hpp"

#include <algorithm>

#include "net/http_parse.hpp"

namespace robohub::net {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The next element before `separator`; `rest` moves behind it.
std::string_view nextElement(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto element = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return element;
}

HttpResponse withBody(int status, std::string type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = std::move(type);
  response.body = shareBytes(std::move(body));
  return response;
}

}  // namespace

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_)
    if (equalsIgnoringCase(field, name)) return &value;
  return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
  const auto* value = find(name);
  return value ? std::string_view(*value) : std::string_view();
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields_.begin(), fields_.end(), [&](const Field& field) { return equalsIgnoringCase(field.first, name); }));
}

bool Headers::hasToken(std::string_view name, std::string_view token) const {
  for (const auto& [field, value] : fields_) {
    if (!equalsIgnoringCase(field, name)) continue;
    for (std::string_view rest = value; !rest.empty();)
      if (equalsIgnoringCase(trim(nextElement(rest, ',')), token)) return true;
  }
  return false;
}

// Not inline: GCC 12 warns falsely (array-bounds) about constants that are moved into a pair.
void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
  std::erase_if(fields_, [&](const Field& field) { return equalsIgnoringCase(field.first, name); });
  add(std::move(name), std::move(value));
}

std::optional<std::string> HttpHead::queryParam(std::string_view name) const {
  for (std::string_view rest = query; !rest.empty();) {
    std::string_view value = nextElement(rest, '&');
    const auto key = percentDecode(nextElement(value, '='), true);
    if (key && *key == name) return percentDecode(value, true);
  }
  return std::nullopt;
}

std::optional<std::string> HttpHead::cookie(std::string_view name) const {
  for (const auto& [field, cookies] : headers.all()) {
    if (!equalsIgnoringCase(field, "Cookie")) continue;
    for (std::string_view rest = cookies; !rest.empty();) {
      std::string_view value = nextElement(rest, ';');
      if (trim(nextElement(value, '=')) == name) return std::string(trim(value));
    }
  }
  return std::nullopt;
}

bool HttpHead::keepAlive() const {
  if (headers.hasToken("Connection", "close")) return false;
  return minor_version >= 1 || headers.hasToken("Connection", "keep-alive");
}

HttpResponse HttpResponse::text(int status, std::string body) {
  return withBody(status, "text/plain; charset=utf-8", std::move(body));
}
HttpResponse HttpResponse::json(int status, std::string body) {
  return withBody(status, "application/json", std::move(body));
}
HttpResponse HttpResponse::problem(int status, std::string body) {
  return withBody(status, "application/problem+json", std::move(body));
}

}  // namespace robohub::net

#include "net/http_write.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>

#include <ctime>
#include <sstream>

#include "net/security_fields.hpp"

namespace robohub::net {
namespace {

// One a second is enough, and formatting it costs more than the rest of a small answer.
const std::string& dateNow() {
  thread_local std::time_t when = 0;
  thread_local std::string text;
  const auto now = std::time(nullptr);
  if (now != when) {
    when = now;
    text = Poco::DateTimeFormatter::format(Poco::Timestamp::fromEpochTime(now), Poco::DateTimeFormat::HTTP_FORMAT);
  }
  return text;
}

const char* problemCode(int status) {
  switch (status) {
    case 408: return "timeout";
    case 413:
    case 414:
    case 431: return "too_large";
    case 417:
    case 426:
    case 501:
    case 505: return "unsupported";
    case 503: return "exhausted";
    case 500: return "internal";
    default: return "invalid_argument";
  }
}

bool framesMessage(std::string_view name) {
  return equalsIgnoringCase(name, "Content-Length") || equalsIgnoringCase(name, "Transfer-Encoding") ||
         equalsIgnoringCase(name, "Connection");
}

bool saysLength(std::string_view name, std::string_view value) {
  return equalsIgnoringCase(name, "Content-Length") && !value.empty() && value.size() <= 19 &&
         value.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool isSafeField(std::string_view name, std::string_view value) {
  if (name.empty()) return false;
  for (const char c : name)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == ':') return false;
  for (const char c : value)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return false;
  return true;
}

std::string answerHead(HttpResponse& response, AnswerLength length, bool keep_alive) {
  bool safe = isSafeField("Content-Type", response.content_type) && response.status >= 200 && response.status <= 599;
  for (const auto& [name, value] : response.headers.all())
    safe = safe && isSafeField(name, value) &&
           (!framesMessage(name) || (length == AnswerLength::until_close && saysLength(name, value)));
  if (!safe) response = serverProblem(500, "The answer could not be written.");

  using Poco::Net::HTTPResponse;
  const auto status = static_cast<HTTPResponse::HTTPStatus>(response.status);
  HTTPResponse head(Poco::Net::HTTPMessage::HTTP_1_1, status);
  head.set("Date", dateNow());
  if (!response.content_type.empty()) head.setContentType(response.content_type);
  if (length == AnswerLength::of_body && response.status != 204 && response.status != 304)
    head.setContentLength64(response.body ? static_cast<Poco::Int64>(response.body->size()) : 0);
  if (length == AnswerLength::chunked) head.setChunkedTransferEncoding(true);
  if (!keep_alive) head.set("Connection", "close");
  for (const auto& [name, value] : response.headers.all()) head.add(name, value);
  std::ostringstream out;
  head.write(out);
  return out.str();
}

std::string requestHead(std::string_view method, std::string_view target, std::string_view host, const Headers& headers,
                        std::size_t body_bytes, bool keep_alive) {
  for (const char c : target)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return {};
  if (!isSafeField(method, "") || !isSafeField("Host", host)) return {};
  Poco::Net::HTTPRequest head(std::string(method), std::string(target), Poco::Net::HTTPMessage::HTTP_1_1);
  head.set("Host", std::string(host));
  for (const auto& [name, value] : headers.all()) {
    if (!isSafeField(name, value)) return {};
    head.add(name, value);
  }
  if (body_bytes > 0 || method == "POST" || method == "PUT")
    head.setContentLength64(static_cast<Poco::Int64>(body_bytes));
  if (!keep_alive) head.set("Connection", "close");
  std::ostringstream out;
  head.write(out);
  return out.str();
}

HttpResponse serverProblem(int status, std::string_view detail) {
  const auto& title =
      Poco::Net::HTTPResponse::getReasonForStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
  // `detail` is one of this folder's own sentences; its only special characters are quotation marks.
  std::string escaped;
  for (const char c : detail) {
    if (c == '"' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  auto response = HttpResponse::problem(status, "{\"type\":\"about:blank\",\"title\":\"" + title +
                                                    "\",\"status\":" + std::to_string(status) + ",\"code\":\"" +
                                                    problemCode(status) + "\",\"detail\":\"" + escaped + "\"}");
  addSecurityFields(response);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

}  // namespace robohub::net

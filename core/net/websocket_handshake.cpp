#include "net/websocket_handshake.hpp"

#include <Poco/SHA1Engine.h>
#include <sodium.h>

#include <algorithm>
#include <cctype>

namespace robohub::net {
namespace {

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text(sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the NUL
  return text;
}

// 16 bytes in base64: 22 characters, the last with four bits that count for nothing and are zero, and "==". Not secret.
bool isKey(std::string_view key) {
  constexpr std::size_t kDigits = 22;
  if (key.size() != kDigits + 2 || !key.ends_with("==")) return false;
  for (const char c : key.substr(0, kDigits))
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/'))
      return false;
  return std::string_view("AQgw").find(key[kDigits - 1]) != std::string_view::npos;
}

}  // namespace

std::string webSocketAccept(std::string_view key) {
  Poco::SHA1Engine sha1;
  sha1.update(key.data(), key.size());
  sha1.update(std::string("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
  const auto& digest = sha1.digest();
  return base64(digest.data(), digest.size());
}

std::string webSocketKey() {
  static const int ready = sodium_init();  // once in a process, whoever comes first
  (void)ready;
  unsigned char bytes[16];
  randombytes_buf(bytes, sizeof bytes);
  return base64(bytes, sizeof bytes);
}

UpgradeCheck checkUpgrade(const HttpHead& head) {
  UpgradeCheck check;
  // Upgrade to something else (h2c) may be ignored: the request is then an ordinary one.
  if (!head.headers.hasToken("Upgrade", "websocket") || !head.headers.hasToken("Connection", "upgrade")) return check;
  check.wanted = true;
  const auto refuse = [&check](int status, const char* message) {
    check.status = status;
    check.message = message;
    return check;
  };
  if (head.method != "GET" || head.minor_version < 1)
    return refuse(400, "A WebSocket is asked for by GET in HTTP/1.1.");
  if (head.headers.count("Sec-WebSocket-Version") != 1 || head.headers.get("Sec-WebSocket-Version") != "13")
    return refuse(426, "Only version 13 of the WebSocket protocol is spoken here.");
  if (head.headers.count("Sec-WebSocket-Key") != 1 || !isKey(head.headers.get("Sec-WebSocket-Key")))
    return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64, once.");
  return check;
}

bool offersProtocol(const HttpHead& head, std::string_view wanted) {
  // Subprotocols, unlike most tokens, compare with their case.
  for (const auto& [name, value] : head.headers.all()) {
    if (!equalsIgnoringCase(name, "Sec-WebSocket-Protocol")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto end = std::min(rest.find(','), rest.size());
      auto offered = rest.substr(0, end);
      while (!offered.empty() && (offered.front() == ' ' || offered.front() == '\t')) offered.remove_prefix(1);
      while (!offered.empty() && (offered.back() == ' ' || offered.back() == '\t')) offered.remove_suffix(1);
      if (offered == wanted) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

std::string upgradeAnswer(const HttpHead& head, std::string_view protocol) {
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
  answer += webSocketAccept(head.headers.get("Sec-WebSocket-Key"));
  if (!protocol.empty()) answer.append("\r\nSec-WebSocket-Protocol: ").append(protocol);
  return answer + "\r\n\r\n";
}

Status checkUpgradeAnswer(const ParsedResponse& response, std::string_view key, std::string_view protocol) {
  const auto& headers = response.headers;
  if (response.status != 101 || !headers.hasToken("Upgrade", "websocket") || !headers.hasToken("Connection", "upgrade"))
    return fail(ErrorCode::corrupt, "The server did not switch to a WebSocket.");
  if (headers.count("Sec-WebSocket-Accept") != 1 || headers.get("Sec-WebSocket-Accept") != webSocketAccept(key))
    return fail(ErrorCode::corrupt, "The server's Sec-WebSocket-Accept is wrong.");
  if (headers.get("Sec-WebSocket-Protocol") != protocol)
    return fail(ErrorCode::unsupported, "The server did not agree to the subprotocol.");
  if (headers.has("Sec-WebSocket-Extensions"))
    return fail(ErrorCode::unsupported, "The server uses an extension that was not offered.");
  return {};
}

}  // namespace robohub::net

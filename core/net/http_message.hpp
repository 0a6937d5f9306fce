// HTTP messages as the application sees them: decoded, checked, bounded. Plain values. [any-thread]
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.hpp"
#include "net/address.hpp"

namespace robohub::net {

// Header fields in their order; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}
  // The first field of that name, or null.
  const std::string* find(std::string_view name) const;
  // The first field of that name, or "".
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::size_t count(std::string_view name) const;
  // True when one of the comma-separated elements of any such field equals `token` without case (Connection:
  // keep-alive, Upgrade).
  bool hasToken(std::string_view name, std::string_view token) const;
  void add(std::string name, std::string value);
  // Replaces all of that name.
  void set(std::string name, std::string value);
  const std::vector<Field>& all() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

bool equalsIgnoringCase(std::string_view a, std::string_view b);

// A request's head, after the checks of http_parse.hpp.
struct HttpHead {
  std::string method;  // "GET"
  std::string target;  // as sent: "/a%20b?x=1"
  std::string path;    // percent-decoded, begins with '/', no dot segments, no NUL, valid UTF-8: "/a b"
  std::string query;   // raw, without '?': "x=1"
  int minor_version = 1;
  Headers headers;
  std::string scheme = "http";     // "https" behind TLS, or where a trusted proxy says so
  PeerAddress peer;                // peer.uid() for Unix sockets; behind a trusted proxy the client's
  std::string listener;            // the tag that the listener was given
  std::string client_fingerprint;  // of the client's certificate (verified, 64 hex digits); "" = none

  // The first query parameter of that name, decoded ('+' is a space).
  std::optional<std::string> queryParam(std::string_view name) const;
  // The first cookie of that name, as sent.
  std::optional<std::string> cookie(std::string_view name) const;
  std::string_view host() const { return headers.get("Host"); }
  // Whether the connection may stay after the answer (RFC 9112, 9.3).
  bool keepAlive() const;
};

// An answer. Content-Length, Date and Connection are added on the way out; header fields with control characters are
// refused there (the answer becomes a 500), so that nothing from outside can split a message.
struct HttpResponse {
  int status = 200;
  std::string content_type;  // none when empty
  Headers headers;
  SharedBytes body;    // null = none
  bool close = false;  // end the connection after this answer
  // Let go of when the answer has left, or never will; on any thread. Its place among few, say.
  std::shared_ptr<void> held = nullptr;

  static HttpResponse text(int status, std::string body);
  static HttpResponse json(int status, std::string body);
  static HttpResponse problem(int status, std::string body);  // application/problem+json
  static HttpResponse empty(int status) { return HttpResponse{status, {}, {}, nullptr, false}; }
};

}  // namespace robohub::net

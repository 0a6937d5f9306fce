// The session cookie, both ways: HttpOnly, SameSite=Strict, Path=/, and under TLS Secure with the `__Host-` prefix, so
// that no neighbouring host can plant one (RFC 6265bis, 4.1.3.2). Pure. [any-thread]
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace robohub::identity {

// "robohub_session", or "__Host-robohub_session" under TLS.
const char* cookieName(bool tls);
// The value of a Set-Cookie header. `lifetime` in whole seconds; zero or less removes the cookie.
std::string setCookie(std::string_view token, std::chrono::seconds lifetime, bool tls);
std::string clearCookie(bool tls);
// The token in a Cookie header ("a=b; robohub_session=..."); nullopt when there is none. A second one is ignored.
std::optional<std::string> tokenFromCookies(std::string_view cookie_header, bool tls);

}  // namespace robohub::identity

#include "net/security_fields.hpp"

namespace robohub::net {

void addSecurityFields(HttpResponse& response) {
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "same-origin");
  response.headers.set(
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; img-src 'self' data: "
      "blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action "
      "'self'; frame-ancestors 'none'");
  response.headers.set("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
}

}  // namespace robohub::net

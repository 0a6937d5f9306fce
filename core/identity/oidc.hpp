// Signing in at an OpenID Connect issuer (Core 1.0, authorization code flow with PKCE, RFC 7636 S256): the browser is
// sent there with a state, a nonce and a challenge of ours, comes back with a code, and the hub trades that for an ID
// token itself. What was begun in one browser cannot be finished in another: a cookie binds it. Nothing is stored
// here; a sign-in that is not finished within ten minutes, or over a restart, is begun anew.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/oidc_sealed.hpp"
#include "identity/oidc_settings.hpp"
#include "identity/oidc_token.hpp"
#include "net/http_client.hpp"
#include "net/loop.hpp"

namespace robohub::identity {

// Who came back from the issuer, all checks passed.
struct OidcPerson {
  std::string subject;    // "<issuer>|<sub>": the account's link
  std::string name_hint;  // for a new account's username; may be ""
  std::string return_path;
};

// Owned by its loop; begin() and finish() may be called from any thread, and `done` comes once, on its loop. Held by
// shared pointers; let go of after the loop has ended.
class Oidc : public std::enable_shared_from_this<Oidc> {
 public:
  // Reads the file of authorities. Blocks; start-up only. Errors: those of that file.
  static Result<std::shared_ptr<Oidc>> open(net::Loop& loop, const Clock& clock, OidcSettings settings);

  const OidcSettings& settings() const { return settings_; }  // immutable

  struct Begun {
    std::string location;  // where the browser goes
    std::string binding;   // value of the cookie that must come back
  };
  // `return_path` as safeReturnPath() gives it. Errors: unavailable (the issuer does not answer, or not as one).
  void begin(std::string return_path, std::function<void(Result<Begun>)> done);
  // `state` and `code` of the callback, `binding` of the cookie. Errors: unauthenticated (a check failed, says which),
  // unavailable, corrupt (the issuer's answer cannot be read).
  void finish(std::string state, std::string code, std::string binding, std::function<void(Result<OidcPerson>)> done);

 private:
  Oidc(net::Loop& loop, const Clock& clock, OidcSettings settings, std::shared_ptr<const net::TlsClientContext> tls)
      : loop_(loop), clock_(clock), settings_(std::move(settings)), tls_(std::move(tls)) {}
  struct Issuer {
    std::string authorization_url, token_url, keys_url;
    JsonWebKeys keys;
    MonoTime read_at;
  };
  using IssuerPtr = std::shared_ptr<const Issuer>;
  using IssuerDone = std::function<void(Result<IssuerPtr>)>;
  using PersonDone = std::function<void(Result<OidcPerson>)>;

  void withIssuer(Duration newest, IssuerDone done);
  void discover();
  void readKeys(Issuer issuer);
  void issuerKnown(Result<IssuerPtr> issuer);
  void startSignIn(const Issuer& issuer, std::string return_path, const std::function<void(Result<Begun>)>& done);
  void trade(const Issuer& issuer, const OidcSignIn& sign_in, const std::string& code, PersonDone done);
  void check(const OidcSignIn& sign_in, std::string id_token, bool may_refresh, PersonDone done);
  // A JSON object from an address of the issuer's.
  void fetch(net::ClientRequest request, const std::string& url, std::function<void(Result<json::Object::Ptr>)> done);

  net::Loop& loop_;
  const Clock& clock_;
  const OidcSettings settings_;
  const std::shared_ptr<const net::TlsClientContext> tls_;
  IssuerPtr issuer_;                 // null before the first answer
  std::vector<IssuerDone> waiting_;  // for the discovery that is under way
  SealedSignIns sealed_;
  std::set<std::shared_ptr<std::unique_ptr<net::Pending>>> fetching_;
};

// A path that may be gone to after signing in: begins with one '/', no second one or backslash behind it, no control
// characters, at most 512 bytes; "/" otherwise. Pure. [any-thread]
std::string safeReturnPath(std::string_view path);
// base64url of the SHA-256 of a verifier (RFC 7636, 4.2). Pure. [any-thread]
std::string pkceChallenge(std::string_view verifier);

}  // namespace robohub::identity

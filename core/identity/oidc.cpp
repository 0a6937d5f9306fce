#include "identity/oidc.hpp"

#include <Poco/URI.h>
#include <sodium.h>

#include "base/json.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

constexpr Duration kFetchTime = std::chrono::seconds(10);
constexpr std::size_t kLongestAnswer = 256 * 1024;
constexpr Duration kIssuerAge = std::chrono::hours(1);      // then its addresses and keys are asked for again
constexpr Duration kKeysAtLeast = std::chrono::minutes(1);  // an unknown key makes us ask again, but not in a storm

Error noIssuer(const std::string& why) {
  return {ErrorCode::unavailable, "The sign-in service cannot be used now: " + why, ""};
}

std::string encoded(const std::string& text) {
  std::string out;
  // Everything but the unreserved characters of RFC 3986.
  Poco::URI::encode(text, "!#$&'()*+,/:;=?@[]%", out);
  return out;
}

std::string form(std::initializer_list<std::pair<const char*, std::string>> fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += encoded(value);
  }
  return out;
}

}  // namespace

std::string safeReturnPath(std::string_view path) {
  const bool good = path.starts_with('/') && path.size() <= 512 &&
                    (path.size() < 2 || (path[1] != '/' && path[1] != '\\')) &&
                    std::all_of(path.begin(), path.end(), [](char each) { return each > ' ' && each < 0x7f; });
  return std::string(good ? path : "/");
}

std::string pkceChallenge(std::string_view verifier) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(verifier.data()), verifier.size());
  return toBase64Url({reinterpret_cast<const char*>(hash), sizeof hash});
}

Result<std::shared_ptr<Oidc>> Oidc::open(net::Loop& loop, const Clock& clock, OidcSettings settings) {
  net::TlsClientSettings trust;
  trust.ca_file = settings.ca_file;
  auto tls = net::TlsClientContext::load(trust);
  if (!tls) return fail(tls.error());
  return std::shared_ptr<Oidc>(new Oidc(loop, clock, std::move(settings), std::move(*tls)));
}

void Oidc::fetch(net::ClientRequest request, const std::string& url,
                 std::function<void(Result<json::Object::Ptr>)> done) {
  const auto address = net::parseHttpUrl(url);
  if (!address) return done(fail(noIssuer("its address " + url + " cannot be used: " + address.error().message)));
  request.endpoint = address->endpoint;
  request.endpoint.tls = tls_;
  request.target = address->target;
  request.timeout = kFetchTime;
  request.max_body_bytes = kLongestAnswer;
  request.headers.set("Accept", "application/json");
  // Kept until its answer is there; the answer lets go of it.
  auto kept = std::make_shared<std::unique_ptr<net::Pending>>();
  const auto at = fetching_.insert(kept).first;
  *kept = net::httpRequest(
      loop_, std::move(request),
      [self = shared_from_this(), at, url, done = std::move(done)](Result<net::ClientResponse> answer) {
        const auto finished = *at;
        self->fetching_.erase(at);
        if (!answer) return done(fail(noIssuer(url + ": " + answer.error().message)));
        auto object = json::parseObject(answer->body);
        if (answer->status != 200) {
          // RFC 6749, 5.2: what the issuer itself says, as far as it is one word.
          const std::string error = object ? json::getString(**object, "error").value_or("") : "";
          return done(fail(noIssuer(url + " answered with status " + std::to_string(answer->status) +
                                    (error.empty() || error.size() > 64 ? "" : " (" + error + ")") + ".")));
        }
        if (!object)
          return done(fail(ErrorCode::corrupt, "The sign-in service's answer from " + url + " is no JSON object."));
        done(*object);
      });
}

// ---- the issuer: its addresses and keys ---------------------------------------------------------------------------

void Oidc::withIssuer(Duration newest, IssuerDone done) {
  if (issuer_ && clock_.now() - issuer_->read_at < newest) return done(issuer_);
  waiting_.push_back(std::move(done));
  if (waiting_.size() == 1) discover();
}

void Oidc::discover() {
  std::string url = settings_.issuer;
  if (!url.ends_with('/')) url += '/';
  fetch({}, url + ".well-known/openid-configuration", [self = shared_from_this()](Result<json::Object::Ptr> answer) {
    if (!answer) return self->issuerKnown(fail(answer.error()));
    const auto text = [&](const char* name) { return json::getString(**answer, name).value_or(""); };
    // Discovery 1.0, section 4.3: another name would let one issuer speak for another.
    if (text("issuer") != self->settings_.issuer)
      return self->issuerKnown(fail(noIssuer("it calls itself \"" + text("issuer") +
                                             "\", and the configuration says \"" + self->settings_.issuer + "\".")));
    Issuer issuer;
    issuer.authorization_url = text("authorization_endpoint");
    issuer.token_url = text("token_endpoint");
    issuer.keys_url = text("jwks_uri");
    if (issuer.authorization_url.empty() || issuer.token_url.empty() || issuer.keys_url.empty())
      return self->issuerKnown(fail(noIssuer("its description lacks an address.")));
    // A description must not lead from https to plain http.
    if (self->settings_.issuer.starts_with("https:"))
      for (const std::string& each : {issuer.authorization_url, issuer.token_url, issuer.keys_url})
        if (!each.starts_with("https:"))
          return self->issuerKnown(fail(noIssuer("its address " + each + " is not https.")));
    self->readKeys(std::move(issuer));
  });
}

void Oidc::readKeys(Issuer issuer) {
  const std::string url = issuer.keys_url;
  fetch({}, url, [self = shared_from_this(), issuer = std::move(issuer)](Result<json::Object::Ptr> answer) mutable {
    if (!answer) return self->issuerKnown(fail(answer.error()));
    auto keys = JsonWebKeys::parse(json::write(**answer));
    if (!keys) return self->issuerKnown(fail(keys.error()));
    issuer.keys = std::move(*keys);
    issuer.read_at = self->clock_.now();
    self->issuerKnown(std::make_shared<const Issuer>(std::move(issuer)));
  });
}

void Oidc::issuerKnown(Result<IssuerPtr> issuer) {
  if (issuer) issuer_ = *issuer;
  std::vector<IssuerDone> waiting;
  waiting.swap(waiting_);
  for (const IssuerDone& each : waiting) each(issuer);
}

// ---- one sign-in --------------------------------------------------------------------------------------------------

void Oidc::begin(std::string return_path, std::function<void(Result<Begun>)> done) {
  loop_.post([self = shared_from_this(), return_path = safeReturnPath(return_path), done = std::move(done)]() mutable {
    self->withIssuer(kIssuerAge,
                     [self, return_path = std::move(return_path), done = std::move(done)](Result<IssuerPtr> issuer) {
                       if (!issuer) return done(fail(issuer.error()));
                       self->startSignIn(**issuer, return_path, done);
                     });
  });
}

void Oidc::startSignIn(const Issuer& issuer, std::string return_path, const std::function<void(Result<Begun>)>& done) {
  const std::string state = randomToken();
  const OidcSignIn sign_in{randomToken(), randomToken(), std::move(return_path), clock_.now()};
  std::string scopes;
  for (const std::string& scope : settings_.scopes) scopes += (scopes.empty() ? "" : " ") + scope;
  Begun begun;
  begun.location = issuer.authorization_url;
  begun.location += issuer.authorization_url.find('?') == std::string::npos ? '?' : '&';
  begun.location += form({{"response_type", "code"},
                          {"client_id", settings_.client_id},
                          {"redirect_uri", settings_.redirect_url},
                          {"scope", scopes},
                          {"state", state},
                          {"nonce", sign_in.nonce},
                          {"code_challenge", pkceChallenge(sign_in.verifier)},
                          {"code_challenge_method", "S256"}});
  begun.binding = sealed_.seal(sign_in, state);
  done(std::move(begun));
}

void Oidc::finish(std::string state, std::string code, std::string binding, PersonDone done) {
  loop_.post([self = shared_from_this(), state = std::move(state), code = std::move(code), binding = std::move(binding),
              done = std::move(done)]() mutable {
    auto found = self->sealed_.open(binding, state, self->clock_.now());
    if (!found)
      return done(
          fail(ErrorCode::unauthenticated,
               "This sign-in was begun in another browser, is finished already, or took longer than ten minutes. "
               "Begin again."));
    self->withIssuer(kIssuerAge, [self, sign_in = std::move(*found), code = std::move(code),
                                  done = std::move(done)](Result<IssuerPtr> issuer) {
      if (!issuer) return done(fail(issuer.error()));
      self->trade(**issuer, sign_in, code, done);
    });
  });
}

void Oidc::trade(const Issuer& issuer, const OidcSignIn& sign_in, const std::string& code, PersonDone done) {
  net::ClientRequest request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body = form({{"grant_type", "authorization_code"},
                       {"code", code},
                       {"redirect_uri", settings_.redirect_url},
                       {"client_id", settings_.client_id},
                       {"code_verifier", sign_in.verifier}});
  // RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
  if (!settings_.client_secret.empty()) {
    const std::string both = encoded(settings_.client_id) + ":" + encoded(settings_.client_secret);
    std::string basic(sodium_base64_encoded_len(both.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(basic.data(), basic.size(), reinterpret_cast<const unsigned char*>(both.data()), both.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    basic.pop_back();  // the NUL that it writes
    request.headers.set("Authorization", "Basic " + basic);
  }
  fetch(std::move(request), issuer.token_url,
        [self = shared_from_this(), sign_in, done = std::move(done)](Result<json::Object::Ptr> answer) {
          if (!answer) return done(fail(answer.error()));
          self->check(sign_in, json::getString(**answer, "id_token").value_or(""), true, done);
        });
}

void Oidc::check(const OidcSignIn& sign_in, std::string id_token, bool may_refresh, PersonDone done) {
  const auto key_id = keyIdOf(id_token);
  if (!key_id) return done(fail(key_id.error()));
  // Issuers change their keys; one that is new to us is looked up once.
  if (may_refresh && !issuer_->keys.find(*key_id)) {
    withIssuer(kKeysAtLeast, [self = shared_from_this(), sign_in, id_token, done](Result<IssuerPtr> issuer) {
      if (!issuer) return done(fail(issuer.error()));
      self->check(sign_in, id_token, false, done);
    });
    return;
  }
  const auto claims = checkIdToken(
      id_token, issuer_->keys,
      {.issuer = settings_.issuer, .client_id = settings_.client_id, .nonce = sign_in.nonce, .now = clock_.wall()});
  if (!claims) return done(fail(claims.error()));
  done(OidcPerson{settings_.issuer + "|" + claims->subject, claims->name_hint, sign_in.return_path});
}

}  // namespace robohub::identity

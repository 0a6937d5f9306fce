// What an issuer says about a person, believed only after every check of OpenID Connect Core 1.0, section 3.1.3.7: the
// signature by a key of the issuer (and an algorithm that we chose, not the token), issuer, audience, times and the
// nonce of the very sign-in that was begun. Pure. [any-thread]
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace robohub::identity {

// The issuer's public keys (RFC 7517): RSA from 2048 bits and P-256; other kinds, and keys for encryption, are left
// out. Immutable.
class JsonWebKeys {
 public:
  // Errors: corrupt (no JWKS, or no usable key in it).
  static Result<JsonWebKeys> parse(std::string_view json_text);
  bool has(std::string_view key_id) const { return keys_.find(key_id) != keys_.end(); }
  std::size_t size() const { return keys_.size(); }

  struct Key {
    std::string algorithm;  // "RS256" or "ES256": the only one that this key is used with
    std::string public_pem;
  };
  // The key of that id; with an empty id the only key there is; null otherwise.
  const Key* find(std::string_view key_id) const;

 private:
  std::map<std::string, Key, std::less<>> keys_;  // by "kid", which may be ""
};

struct IdTokenExpected {
  std::string issuer, client_id, nonce;
  WallTime now;
  Duration leeway = std::chrono::seconds(60);  // clocks differ
};

struct IdTokenClaims {
  std::string subject;    // the issuer's name of the person, never reused; at most 255 bytes
  std::string name_hint;  // preferred_username, else the local part of email, else name; may be ""
};

// The key id of a token's header, before anything of it is believed. Errors: corrupt, unsupported (algorithm "none",
// HMAC).
Result<std::string> keyIdOf(std::string_view id_token);

// Errors: unauthenticated with a sentence that says which check failed; corrupt when it is no token at all.
Result<IdTokenClaims> checkIdToken(std::string_view id_token, const JsonWebKeys& keys, const IdTokenExpected& expected);

}  // namespace robohub::identity

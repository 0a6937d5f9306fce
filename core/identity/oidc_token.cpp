#include "identity/oidc_token.hpp"

#include <Poco/Crypto/ECKey.h>
#include <Poco/Crypto/RSAKey.h>
#include <Poco/JWT/Signer.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <sstream>

#include "base/json.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

constexpr std::size_t kLongestToken = 16 * 1024;
constexpr std::size_t kLongestSubject = 255;
constexpr std::size_t kMostKeys = 64;
constexpr int kSmallestRsaBits = 2048;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* it) const { Free(it); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freed<T, Free>>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using OwnedBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using OwnedParams = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using OwnedNumber = Owned<BIGNUM, BN_free>;

OwnedNumber numberOf(const std::string& bytes) {
  return OwnedNumber(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
}

OwnedKey keyFrom(const char* kind, OSSL_PARAM_BLD* builder) {
  const OwnedParams params(OSSL_PARAM_BLD_to_param(builder));
  const OwnedContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return OwnedKey(key);
}

OwnedKey rsaKey(const std::string& modulus, const std::string& exponent) {
  const OwnedNumber n = numberOf(modulus), e = numberOf(exponent);
  const OwnedBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  OwnedKey key = keyFrom("RSA", builder.get());
  return key && EVP_PKEY_get_bits(key.get()) >= kSmallestRsaBits ? std::move(key) : nullptr;
}

OwnedKey p256Key(const std::string& x, const std::string& y) {
  if (x.size() != 32 || y.size() != 32) return nullptr;
  const std::string point = "\x04" + x + y;
  const OwnedBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  return keyFrom("EC", builder.get());  // refuses a point that is not on the curve
}

std::string pemOf(EVP_PKEY* key) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (!out || PEM_write_bio_PUBKEY(out.get(), key) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string text(const json::Object& object, const std::string& name) {
  return json::getString(object, name).value_or("");
}

std::string bytes(const json::Object& object, const std::string& name) {
  return fromBase64Url(text(object, name)).value_or("");
}

// A key of the set, or nothing: an issuer may publish keys of kinds that are not for us.
std::optional<JsonWebKeys::Key> readKey(const json::Object& key) {
  if (key.has("use") && text(key, "use") != "sig") return std::nullopt;
  const std::string kind = text(key, "kty"), algorithm = text(key, "alg");
  OwnedKey made;
  const char* ours = nullptr;
  if (kind == "RSA") {
    made = rsaKey(bytes(key, "n"), bytes(key, "e"));
    ours = "RS256";
  } else if (kind == "EC" && text(key, "crv") == "P-256") {
    made = p256Key(bytes(key, "x"), bytes(key, "y"));
    ours = "ES256";
  }
  if (!made || (!algorithm.empty() && algorithm != ours)) return std::nullopt;
  std::string pem = pemOf(made.get());
  if (pem.empty()) return std::nullopt;
  return JsonWebKeys::Key{ours, std::move(pem)};
}

struct Parts {
  std::string header, claims;  // JSON
};

Result<Parts> split(std::string_view token) {
  const auto notOne = [] { return fail(ErrorCode::corrupt, "The issuer's answer holds no valid ID token."); };
  if (token.size() > kLongestToken) return notOne();
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return notOne();
  auto header = fromBase64Url(token.substr(0, first));
  auto claims = fromBase64Url(token.substr(first + 1, second - first - 1));
  if (!header || !claims || !fromBase64Url(token.substr(second + 1))) return notOne();
  return Parts{std::move(*header), std::move(*claims)};
}

bool signedBy(const JsonWebKeys::Key& key, std::string_view token) {
  try {
    std::istringstream pem(key.public_pem);
    Poco::JWT::Signer signer;
    signer.setAlgorithms({key.algorithm});
    if (key.algorithm == "RS256")
      signer.setRSAKey(new Poco::Crypto::RSAKey(&pem));
    else
      signer.setECKey(new Poco::Crypto::ECKey(&pem));
    signer.verify(std::string(token));
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

// "aud" is a text or a list of texts.
bool isFor(const json::Object& claims, const std::string& client_id) {
  if (const auto one = json::getString(claims, "aud")) return *one == client_id;
  const auto list = claims.getArray("aud");
  if (!list) return false;
  bool found = false;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto each = list->get(static_cast<unsigned>(i));
    found = found || (each.isString() && each.extract<std::string>() == client_id);
  }
  // Meant for several: then it must have been given to us (section 3.1.3.7, 4 and 5).
  if (list->size() > 1 && text(claims, "azp") != client_id) return false;
  return found;
}

tl::unexpected<Error> refuse(const char* why) {
  return fail(ErrorCode::unauthenticated, std::string("The sign-in at the issuer is refused: ") + why);
}

}  // namespace

Result<JsonWebKeys> JsonWebKeys::parse(std::string_view json_text) {
  const auto set = json::parseObject(json_text);
  const auto list = set ? (*set)->getArray("keys") : nullptr;
  JsonWebKeys keys;
  for (std::size_t i = 0; list && i < std::min(list->size(), kMostKeys); ++i) {
    const auto object = list->getObject(static_cast<unsigned>(i));
    if (!object) continue;
    if (auto key = readKey(*object)) keys.keys_.insert_or_assign(text(*object, "kid"), std::move(*key));
  }
  if (keys.keys_.empty())
    return fail(ErrorCode::corrupt,
                "The issuer publishes no key that can be used (RSA from 2048 bits with RS256, or P-256 with ES256).");
  return keys;
}

const JsonWebKeys::Key* JsonWebKeys::find(std::string_view key_id) const {
  if (key_id.empty()) return keys_.size() == 1 ? &keys_.begin()->second : nullptr;
  const auto at = keys_.find(key_id);
  return at == keys_.end() ? nullptr : &at->second;
}

Result<std::string> keyIdOf(std::string_view id_token) {
  const auto parts = split(id_token);
  if (!parts) return fail(parts.error());
  const auto header = json::parseObject(parts->header);
  if (!header) return fail(ErrorCode::corrupt, "The ID token's header is no JSON object.");
  const std::string algorithm = text(**header, "alg");
  if (algorithm != "RS256" && algorithm != "ES256")
    return fail(ErrorCode::unsupported,
                "The ID token is signed by an algorithm that is not accepted here (RS256 and ES256 are).");
  // Extensions that must be understood (RFC 7515, 4.1.11): none are.
  if ((*header)->has("crit"))
    return fail(ErrorCode::unsupported, "The ID token asks for extensions that are unknown here.");
  return text(**header, "kid");
}

Result<IdTokenClaims> checkIdToken(std::string_view id_token, const JsonWebKeys& keys,
                                   const IdTokenExpected& expected) {
  const auto key_id = keyIdOf(id_token);
  if (!key_id) return fail(key_id.error());
  const JsonWebKeys::Key* key = keys.find(*key_id);
  if (!key) return refuse("its token is signed by a key that the issuer does not publish.");
  if (!signedBy(*key, id_token)) return refuse("the signature of its token is wrong.");
  const auto parts = split(id_token);
  const auto parsed = json::parseObject(parts->claims);
  if (!parsed) return fail(ErrorCode::corrupt, "The ID token's claims are no JSON object.");
  const json::Object& claims = **parsed;
  if (text(claims, "iss") != expected.issuer) return refuse("its token names another issuer.");
  if (!isFor(claims, expected.client_id)) return refuse("its token is meant for somebody else.");
  const std::int64_t now_s = toMs(expected.now) / 1000;
  const std::int64_t leeway_s = std::chrono::duration_cast<std::chrono::seconds>(expected.leeway).count();
  const auto expires = json::getInt(claims, "exp");
  if (!expires || *expires <= now_s - leeway_s)
    return refuse("its token has expired, or this machine's clock is wrong.");
  const auto issued = json::getInt(claims, "iat");
  if (!issued || *issued > now_s + leeway_s)
    return refuse("its token is from the future, or this machine's clock is wrong.");
  if (claims.has("nbf")) {
    const auto from = json::getInt(claims, "nbf");
    if (!from || *from > now_s + leeway_s) return refuse("its token does not hold yet.");
  }
  if (expected.nonce.empty() || text(claims, "nonce") != expected.nonce)
    return refuse("its token belongs to another sign-in.");
  IdTokenClaims found;
  found.subject = text(claims, "sub");
  if (found.subject.empty() || found.subject.size() > kLongestSubject) return refuse("its token names no person.");
  found.name_hint = text(claims, "preferred_username");
  if (found.name_hint.empty()) {
    const std::string email = text(claims, "email");
    found.name_hint = email.substr(0, email.find('@'));
  }
  if (found.name_hint.empty()) found.name_hint = text(claims, "name");
  return found;
}

}  // namespace robohub::identity

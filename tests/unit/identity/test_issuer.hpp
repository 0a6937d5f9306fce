// A small OpenID Connect issuer: real HTTP on port 0, real keys, and a switch for each thing that may be wrong with it.
#pragma once
#include <Poco/Crypto/ECKey.h>
#include <Poco/Crypto/RSAKey.h>
#include <Poco/JWT/Signer.h>
#include <Poco/JWT/Token.h>
#include <Poco/URI.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <map>
#include <mutex>
#include <sstream>

#include "base/json.hpp"
#include "identity/oidc.hpp"
#include "identity/secrets.hpp"
#include "net/http_server.hpp"

namespace robohub::test {

// A key pair of the issuer's: "RS256" or "ES256".
class SigningKey {
 public:
  SigningKey(std::string key_algorithm, std::string key_id)
      : algorithm(std::move(key_algorithm)), id(std::move(key_id)) {
    key_ = algorithm == "RS256" ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  }
  ~SigningKey() { EVP_PKEY_free(key_); }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  std::string jwk() const {
    std::string out = "{\"kid\":" + json::quote(id) + ",\"use\":\"sig\",\"alg\":\"" + algorithm + "\",";
    if (algorithm == "RS256")
      return out + "\"kty\":\"RSA\",\"n\":\"" + number(OSSL_PKEY_PARAM_RSA_N, 0) + "\",\"e\":\"" +
             number(OSSL_PKEY_PARAM_RSA_E, 0) + "\"}";
    return out + "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + number(OSSL_PKEY_PARAM_EC_PUB_X, 32) + "\",\"y\":\"" +
           number(OSSL_PKEY_PARAM_EC_PUB_Y, 32) + "\"}";
  }
  std::string publicPem() const {
    return pem([&](BIO* out) { PEM_write_bio_PUBKEY(out, key_); });
  }
  // `claims` is a JSON object.
  std::string sign(const std::string& claims) const {
    Poco::JWT::Token token;
    token.header().set("kid", id);
    token.payload() = **json::parseObject(claims);
    std::istringstream pub(publicPem());
    std::istringstream priv(
        pem([&](BIO* out) { PEM_write_bio_PrivateKey(out, key_, nullptr, nullptr, 0, nullptr, nullptr); }));
    Poco::JWT::Signer signer;
    signer.addAllAlgorithms();
    if (algorithm == "RS256")
      signer.setRSAKey(new Poco::Crypto::RSAKey(&pub, &priv));
    else
      signer.setECKey(new Poco::Crypto::ECKey(&pub, &priv));
    return signer.sign(token, algorithm);
  }

  const std::string algorithm, id;

 private:
  std::string number(const char* name, int width) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_, name, &value);
    std::string bytes(static_cast<std::size_t>(width > 0 ? width : BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    BN_free(value);
    return identity::toBase64Url(bytes);
  }
  template <class Write>
  std::string pem(Write write) const {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  }
  EVP_PKEY* key_;
};

class TestIssuer {
 public:
  explicit TestIssuer(const std::string& algorithm = "RS256") : key(std::make_shared<SigningKey>(algorithm, "key-1")) {
    server_ = std::make_unique<net::HttpServer>(loops_, std::make_shared<App>(*this));
    url = "http://127.0.0.1:" + std::to_string(server_->listenTcp("127.0.0.1", 0).value());
    loops_.start();
  }
  ~TestIssuer() { loops_.stop(); }

  identity::OidcSettings settings() const {
    identity::OidcSettings settings;
    settings.issuer = url;
    settings.client_id = "robohub";
    settings.client_secret = "a secret: & more";
    settings.redirect_url = "http://127.0.0.1/api/v1/oidc/callback";
    settings.title = "Test";
    return settings;
  }

  // What a browser does at the issuer: signs in as `subject`, and comes back with the code.
  struct CameBack {
    std::string state, code;
  };
  CameBack consent(const std::string& location, const std::string& subject) {
    std::map<std::string, std::string> asked;
    for (const auto& [name, value] : Poco::URI(location).getQueryParameters()) asked[name] = value;
    std::lock_guard lock(mutex_);
    const std::string code = "code-" + std::to_string(codes_.size());
    codes_[code] = {subject, asked["nonce"], asked["code_challenge"], asked["redirect_uri"]};
    return {asked["state"], code};
  }

  // Changed by tests between requests.
  std::shared_ptr<SigningKey> key;
  std::string more_keys;  // JWKs that are published too, each with ',' behind it
  std::function<void(Poco::JSON::Object& claims)> change_claims;  // before signing
  std::function<std::string(std::string token)> change_token;     // after
  std::function<std::string(std::string discovery)> change_discovery;
  std::atomic<int> discoveries{0}, key_fetches{0};
  std::atomic<int> token_status{200};
  std::string url;

 private:
  struct Code {
    std::string subject, nonce, challenge, redirect_uri;
  };
  struct App final : net::HttpApp {
    explicit App(TestIssuer& its) : issuer(its) {}
    std::size_t bodyLimit(const net::HttpHead&) override { return 64 * 1024; }
    void handle(std::shared_ptr<net::Exchange> exchange) override {
      std::lock_guard lock(issuer.mutex_);
      const std::string& path = exchange->head().path;
      if (path == "/.well-known/openid-configuration")
        return exchange->respond(net::HttpResponse::json(200, issuer.discovery()));
      if (path == "/jwks") {
        ++issuer.key_fetches;
        return exchange->respond(
            net::HttpResponse::json(200, "{\"keys\":[" + issuer.more_keys + issuer.key->jwk() + "]}"));
      }
      if (path == "/token") return exchange->respond(issuer.token(*exchange));
      exchange->respond(net::HttpResponse::empty(404));
    }
    TestIssuer& issuer;
  };

  std::string discovery() {
    ++discoveries;
    std::string text = "{\"issuer\":\"" + url + "\",\"authorization_endpoint\":\"" + url +
                       "/authorize\",\"token_endpoint\":\"" + url + "/token\",\"jwks_uri\":\"" + url + "/jwks\"}";
    return change_discovery ? change_discovery(text) : text;
  }

  // RFC 6749, 4.1.3 with RFC 7636, 4.6: client, code, redirect address and verifier must all be right.
  net::HttpResponse token(net::Exchange& exchange) {
    std::map<std::string, std::string> form;
    Poco::URI fields("?" + exchange.body());
    for (const auto& [name, value] : fields.getQueryParameters()) form[name] = value;
    const auto refuse = [](const char* why) {
      return net::HttpResponse::json(400, std::string("{\"error\":\"") + why + "\"}");
    };
    if (token_status != 200) return net::HttpResponse::json(token_status, "{\"error\":\"server_error\"}");
    // "robohub:a%20secret%3A%20%26%20more"
    if (exchange.head().headers.get("Authorization") != "Basic cm9ib2h1YjphJTIwc2VjcmV0JTNBJTIwJTI2JTIwbW9yZQ==")
      return refuse("invalid_client");
    const auto code = codes_.extract(form["code"]);
    if (code.empty() || form["grant_type"] != "authorization_code" ||
        form["redirect_uri"] != code.mapped().redirect_uri ||
        identity::pkceChallenge(form["code_verifier"]) != code.mapped().challenge)
      return refuse("invalid_grant");
    const auto now_s =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    Poco::JSON::Object claims;
    claims.set("iss", url);
    claims.set("aud", std::string("robohub"));
    claims.set("sub", code.mapped().subject);
    claims.set("nonce", code.mapped().nonce);
    claims.set("iat", static_cast<std::int64_t>(now_s));
    claims.set("exp", static_cast<std::int64_t>(now_s + 300));
    claims.set("preferred_username", "Name of " + code.mapped().subject);
    if (change_claims) change_claims(claims);
    std::string text = key->sign(json::write(claims));
    if (change_token) text = change_token(text);
    return net::HttpResponse::json(
        200, "{\"token_type\":\"Bearer\",\"access_token\":\"x\",\"id_token\":" + json::quote(text) + "}");
  }

  net::LoopPool loops_{1};
  std::unique_ptr<net::HttpServer> server_;
  std::mutex mutex_;  // guards what the server's loop and the test both touch
  std::map<std::string, Code> codes_;
};

}  // namespace robohub::test

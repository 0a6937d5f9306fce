#include <sodium.h>
#include <catch2/catch.hpp>

#include <array>

#include "identity/argon2.hpp"
#include "identity/secrets.hpp"

using namespace robohub;
using namespace robohub::identity;

namespace {
constexpr PasswordCost kCheap{.operations = 2, .memory_bytes = 256 * 1024};
}

TEST_CASE("a hashed password is verified, another is not, and no two texts are alike") {
  Argon2 argon;
  const std::string text = argon.hash("correct horse", kCheap).value();
  CHECK(text.starts_with("$argon2id$v=19$m=256,t=2,p=1$"));
  CHECK(argon.hash("correct horse", kCheap).value() != text);
  CHECK(argon.verify("correct horse", text).value());
  CHECK_FALSE(argon.verify("correct hors", text).value());
  CHECK_FALSE(argon.verify("", text).value());
  CHECK(argon.verify("", argon.hash("", kCheap).value()).value());
}

TEST_CASE("memory that was given back in between, or is too small for the next hash, changes nothing") {
  Argon2 argon;
  const std::string small = argon.hash("a", kCheap).value();
  argon.rest();
  argon.rest();
  CHECK(argon.verify("a", small).value());
  const PasswordCost more{.operations = 1, .memory_bytes = 1u << 20};
  const std::string large = argon.hash("b", more).value();
  CHECK(argon.verify("b", large).value());
  CHECK(argon.verify("a", small).value());
  CHECK_FALSE(argon.verify("a", large).value());
}

TEST_CASE("texts are those of libsodium, both ways") {
  startSodium();
  std::array<char, crypto_pwhash_STRBYTES> theirs{};
  REQUIRE(crypto_pwhash_str_alg(theirs.data(), "correct horse", 13, 2, 256 * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0);
  Argon2 argon;
  CHECK(argon.verify("correct horse", theirs.data()).value());
  CHECK_FALSE(argon.verify("another", theirs.data()).value());
  const std::string ours = argon.hash("correct horse", kCheap).value();
  CHECK(crypto_pwhash_str_verify(ours.c_str(), "correct horse", 13) == 0);
  CHECK(crypto_pwhash_str_verify(ours.c_str(), "another", 7) != 0);
}

TEST_CASE("a text of another kind, damaged or of absurd cost belongs to no password") {
  Argon2 argon;
  const std::string good = argon.hash("a", kCheap).value();
  for (const std::string& bad :
       {std::string(), std::string("a"), good.substr(0, good.size() - 1), good + "A", good.substr(1),
        std::string("$argon2i$v=19$m=256,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$") + std::string(43, 'A'),
        std::string("$argon2id$v=19$m=4294967295,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$") + std::string(43, 'A'),
        std::string("$argon2id$v=19$m=256,t=4000000000,p=1$AAAAAAAAAAAAAAAAAAAAAA$") + std::string(43, 'A'),
        std::string("$argon2id$v=19$m=256,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$") + std::string(43, 'A'),
        std::string("$argon2id$v=19$m=256,t=2,p=2$AAAAAAAAAAAAAAAAAAAAAA$") + std::string(43, 'A'),
        std::string("$argon2id$v=19$m=256,t=2,p=1$-_AAAAAAAAAAAAAAAAAAAA$") + std::string(43, 'A'),
        std::string("$argon2id$v=19$m=256,t=2,p=1$$"), std::string("$argon2id$v=19$m=")}) {
    INFO(bad);
    CHECK_FALSE(argon.verify("a", bad).value());
  }
}

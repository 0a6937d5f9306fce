#include "identity/guest_token.hpp"

#include <sodium.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "identity/secrets.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::identity;
using namespace std::chrono_literals;

namespace {

const WallTime kNow{1'700'000'000'000ms};
GuestPass pass() {
  return {*PersonId::parse("g-0123456789abc"), "Zo\u00eb", kNow, kNow + 1h};
}

}  // namespace

TEST_CASE("a guest's token says who it is until it expires") {
  InstallKey key{1, 2, 3};
  std::string token = signGuestPass(pass(), key);
  auto read = readGuestPass(token, key, kNow + 59min);
  REQUIRE(read);
  CHECK(read->id == pass().id);
  CHECK(read->name == "Zo\u00eb");
  CHECK(read->issued == kNow);
  CHECK(read->expires == kNow + 1h);
  CHECK_FALSE(readGuestPass(token, key, kNow + 1h));
}

TEST_CASE("a token with any character changed, cut, or of another installation is nobody's") {
  InstallKey key{1, 2, 3};
  std::string token = signGuestPass(pass(), key);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(readGuestPass(changed, key, kNow));
    CHECK_FALSE(readGuestPass(token.substr(0, i), key, kNow));
  }
  CHECK_FALSE(readGuestPass(token + "A", key, kNow));
  CHECK_FALSE(readGuestPass("g1." + std::string(5000, 'A'), key, kNow));
  CHECK_FALSE(readGuestPass(token, InstallKey{1, 2, 4}, kNow));
  CHECK(readGuestPass(token, key, kNow));
}

TEST_CASE("a guest's token is what libsodium's crypto_auth signs, so that those of before go on") {
  const InstallKey key{9, 8, 7};
  const std::string token = signGuestPass(pass(), key);
  const auto bytes = fromBase64Url(token.substr(3));
  REQUIRE(bytes);
  const std::string payload = bytes->substr(0, bytes->size() - crypto_auth_BYTES);
  const std::string text = "robohub guest 2:" + payload;
  std::string mac(crypto_auth_BYTES, '\0');
  crypto_auth(reinterpret_cast<unsigned char*>(mac.data()), reinterpret_cast<const unsigned char*>(text.data()),
              text.size(), key.data());
  CHECK(payload + mac == *bytes);
}

TEST_CASE("each installation makes a key of its own, keeps it, and refuses a damaged or readable one") {
  test::TempFolder one, two;
  auto first = store::DataFolder::open(one.path(), "test").value();
  auto second = store::DataFolder::open(two.path(), "test").value();
  auto key = loadInstallKey(*first).value();
  CHECK(loadInstallKey(*first).value() == key);
  CHECK(loadInstallKey(*second).value() != key);
  REQUIRE(::chmod(first->file("secret.key").c_str(), 0644) == 0);
  CHECK(loadInstallKey(*first).error().code == ErrorCode::permission_denied);
  REQUIRE(second->writeSecret("secret.key", "0123"));
  CHECK(loadInstallKey(*second).error().code == ErrorCode::corrupt);
}

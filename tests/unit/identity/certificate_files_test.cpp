#include "identity/certificate_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::identity;

namespace {

struct stat aboutFile(const std::filesystem::path& file) {
  struct stat about {};
  REQUIRE(::lstat(file.c_str(), &about) == 0);
  return about;
}

}  // namespace

TEST_CASE("a certificate and its key are there whole, the key for its owner alone") {
  test::TempFolder temp;
  const auto certificate = temp.path() / "tls" / "hub.crt", key = temp.path() / "tls" / "hub.key";
  CHECK_FALSE(readPemPair(certificate, key).value());
  REQUIRE(writePemPair(certificate, key, {"a certificate", "a key"}));
  REQUIRE(writePemPair(certificate, key, {"another", "another key"}));
  const auto there = readPemPair(certificate, key).value();
  REQUIRE(there);
  CHECK(there->certificate_pem == "another");
  CHECK(there->key_pem == "another key");
  CHECK((aboutFile(key).st_mode & 0777) == 0600);
  CHECK((aboutFile(certificate).st_mode & 0777) == 0644);
  CHECK((aboutFile(temp.path() / "tls").st_mode & 0777) == 0700);
}

TEST_CASE("what root writes belongs to whom it belonged before, or to whom the folder belongs") {
  if (::geteuid() != 0) {
    WARN("left out: only root can give a file away");
    return;
  }
  test::TempFolder temp;
  const auto certificate = temp.path() / "hub.crt", key = temp.path() / "hub.key";
  REQUIRE(writePemPair(certificate, key, {"a certificate", "a key"}));
  CHECK(aboutFile(key).st_uid == 0);
  REQUIRE(::chown(key.c_str(), 65534, 65533) == 0);
  REQUIRE(writePemPair(certificate, key, {"another", "another key"}));
  CHECK(aboutFile(key).st_uid == 65534);
  CHECK(aboutFile(key).st_gid == 65533);
  CHECK((aboutFile(key).st_mode & 0777) == 0600);
  CHECK(aboutFile(certificate).st_uid == 0);

  REQUIRE(::chown(temp.path().c_str(), 65534, 65533) == 0);
  REQUIRE(writePemPair(temp.path() / "tls" / "new.crt", temp.path() / "tls" / "new.key", {"a certificate", "a key"}));
  for (const char* name : {"tls", "tls/new.key", "tls/new.crt"}) CHECK(aboutFile(temp.path() / name).st_uid == 65534);
}

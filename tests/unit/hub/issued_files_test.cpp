#include "hub/issued_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "unit/store/temp_folder.hpp"

using namespace robohub;

namespace {

unsigned ownerOf(const std::filesystem::path& file) {
  struct stat about {};
  REQUIRE(::lstat(file.c_str(), &about) == 0);
  return about.st_uid;
}

identity::IssuedCertificate issued() {
  identity::IssuedCertificate made;
  made.pair = {"a certificate", "a key"};
  made.authority_pem = "an authority";
  return made;
}

}  // namespace

TEST_CASE("an issued certificate lies beside its key and the authority's certificate") {
  test::TempFolder temp;
  const auto key = hub::writeIssued(issued(), temp.path() / "tls" / "server.crt", temp.path());
  REQUIRE(key);
  CHECK(*key == temp.path() / "tls" / "server.key");
  for (const char* name : {"server.crt", "server.key", "authority.crt"})
    CHECK(std::filesystem::exists(temp.path() / "tls" / name));
}

TEST_CASE("a key that root makes for the hub is the hub's, and one that was somebody's stays that") {
  if (::geteuid() != 0) {
    WARN("left out: only root can give a file away");
    return;
  }
  test::TempFolder temp;
  const auto data = temp.path() / "data", certificate = temp.path() / "tls" / "server.crt";
  std::filesystem::create_directory(data);
  REQUIRE(::chown(data.c_str(), 65534, 65533) == 0);
  const auto key = hub::writeIssued(issued(), certificate, data);
  REQUIRE(key);
  CHECK(ownerOf(*key) == 65534);
  CHECK(ownerOf(certificate.parent_path()) == 65534);  // made for it, and for its owner alone

  REQUIRE(::chown(key->c_str(), 1, 1) == 0);
  REQUIRE(hub::writeIssued(issued(), certificate, data));
  CHECK(ownerOf(*key) == 1);

  // What goes to a device stays with whoever asked for it.
  const auto other = hub::writeIssued(issued(), temp.path() / "device" / "d1.crt", {});
  REQUIRE(other);
  CHECK(ownerOf(*other) == 0);
}

#include "hub/named_files.hpp"

#include <catch2/catch.hpp>

#include "identity/certificate_files.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::hub;
using namespace std::chrono_literals;

namespace {

// "key at file" of each error.
std::vector<std::string> of(const Settings& settings) {
  std::vector<std::string> all;
  for (const Error& error : checkNamedFiles(settings)) {
    REQUIRE(error.message.starts_with('`'));
    all.push_back(error.message.substr(1, error.message.find('`', 1) - 1) + " at " +
                  std::filesystem::path(error.where).filename().string());
  }
  return all;
}

using Faults = std::vector<std::string>;

}  // namespace

TEST_CASE("settings that name no files have no fault with them") {
  CHECK(of({}).empty());
}

TEST_CASE("certificates and keys that a hub could not begin with are told with their keys") {
  test::TempFolder temp;
  const auto certificate = temp.path() / "hub.crt", key = temp.path() / "hub.key";
  // One that has expired: a hub starts with it.
  const auto made = identity::makeServerCertificate({"localhost"}, {WallTime(1s), WallTime(24h)}, nullptr);
  REQUIRE(made);
  REQUIRE(identity::writePemPair(certificate, key, *made));

  Settings settings;
  settings.tls.mode = TlsMode::on;
  settings.tls.certificate = certificate;
  settings.tls.key = key;
  CHECK(of(settings).empty());
  std::filesystem::permissions(key, std::filesystem::perms(0640));
  CHECK(of(settings) == Faults{"server.tls.key at hub.key"});
  std::filesystem::permissions(key, std::filesystem::perms(0600));

  settings.cloudtalker.certificate = temp.path() / "none.crt";
  settings.cloudtalker.key = key;
  CHECK(of(settings).empty());  // nobody listens
  settings.cloudtalker.listen = {"127.0.0.1", 0};
  CHECK(of(settings) == Faults{"cloudtalker.certificate at none.crt"});

  settings.tls.certificate = temp.path() / "missing.crt";
  settings.oidc.ca_file = temp.path() / "none.pem";
  settings.oidc.issuer = "https://accounts.example";
  CHECK(of(settings) == Faults{"server.tls.certificate at missing.crt", "cloudtalker.certificate at none.crt",
                               "oidc.ca_file at none.pem"});
}

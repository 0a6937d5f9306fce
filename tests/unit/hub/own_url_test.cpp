// By what names people and devices reach a hub, as far as its settings say.
#include "hub/own_url.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::hub;

TEST_CASE("A certificate's names that people cannot sign in by are told as the origins that are missing") {
  Settings say;
  say.listen = {"0.0.0.0", 443};
  const auto missing = [&](const std::vector<std::string>& names) { return unlistedOrigins(names, say); };
  using Texts = std::vector<std::string>;
  CHECK(missing({"laser.example", "www.laser.example"}) == Texts{"https://laser.example", "https://www.laser.example"});
  CHECK(missing({"hub", "hub.local", "localhost", "192.0.2.7", "2001:db8::1", "*.laser.example"}).empty());
  CHECK(missing({}).empty());
  say.listen.port = 8443;
  CHECK(missing({"laser.example"}) == Texts{"https://laser.example:8443"});
  // Who has listed one knows of it.
  say.origins = {"https://www.Laser.example:8443"};
  CHECK(missing({"laser.example", "www.laser.example"}).empty());
  say.origins = {"https://[2001:db8::1]:8443", "https://other.example"};
  CHECK(missing({"laser.example"}) == Texts{"https://laser.example:8443"});
}

TEST_CASE("The certificate that the hub makes has no name that none can have") {
  Settings say;
  say.listen = {"192.0.2.7", 8443};
  say.origins = {"https://my_hub.lan:8443", "https://hub.example.", "https://192.0.2.300", "https://[2001:db8::1]"};
  say.origins.push_back("https://caf\xc3\xa9.example");
  say.origins.push_back("https://Hub.example:8443");
  CHECK(certificateNames(say) == std::vector<std::string>{"192.0.2.7", "Hub.example"});
}

TEST_CASE("A camera's address is the one that is said, else what the port listens at, and none without a port") {
  Settings say;
  CHECK(cameraAddress(say, 8443).empty());
  say.cloudtalker.address = "hub.example:443";
  CHECK(cameraAddress(say, 8443).empty());
  say.cloudtalker.listen = {"192.0.2.7", 8443};
  CHECK(cameraAddress(say, 8443) == "hub.example:443");
  say.cloudtalker.address = "";
  CHECK(cameraAddress(say, 9443) == "192.0.2.7:9443");
}

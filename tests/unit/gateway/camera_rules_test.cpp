#include <catch2/catch.hpp>

#include "gateway/camera_rules.hpp"

using namespace robohub;
using gateway::CameraRules;

namespace {

net::HttpUrl url(const std::string& text) {
  return net::parseHttpUrl(text).value();
}
net::PeerAddress at(const std::string& text) {
  return net::PeerAddress::parse(text).value();
}
CameraRules rules(std::vector<std::string> entries) {
  return CameraRules::parse(entries).value();
}

}  // namespace

TEST_CASE("without a list no camera is dialled") {
  const CameraRules none;
  CHECK_FALSE(none.allows(url("http://cam.example/")));
  CHECK_FALSE(none.allows(url("http://93.184.216.34/")));
  CHECK_FALSE(none.admits(url("http://cam.example/"), at("93.184.216.34")));
}

TEST_CASE("a listed name is dialled at public addresses, and at others only where those are listed too") {
  const CameraRules named = rules({"cam.example", "other.example:8080"});
  CHECK(named.allows(url("http://CAM.example:81/x")));
  CHECK(named.allows(url("https://cam.example/")));
  CHECK_FALSE(named.allows(url("http://cam.example.evil/")));
  CHECK_FALSE(named.allows(url("http://evil-cam.example/")));
  CHECK(named.allows(url("http://other.example:8080/")));
  CHECK_FALSE(named.allows(url("http://other.example/")));
  CHECK(named.admits(url("http://cam.example/"), at("93.184.216.34")));
  CHECK(named.admits(url("http://cam.example/"), at("2606:2800:220:1::1")));
  for (const char* inside : {"127.0.0.1",
                             "127.8.8.8",
                             "10.1.2.3",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.7.20",
                             "169.254.169.254",
                             "100.64.0.1",
                             "0.0.0.0",
                             "192.0.2.1",
                             "198.18.0.1",
                             "224.0.0.1",
                             "239.255.255.250",
                             "255.255.255.255",
                             "::1",
                             "::",
                             "fe80::1",
                             "fc00::1",
                             "fdff::1",
                             "ff02::1",
                             "fec0::1",
                             "::ffff:127.0.0.1",
                             "::ffff:169.254.169.254",
                             "::127.0.0.1",
                             "64:ff9b::7f00:1",
                             "2002:7f00:1::",
                             "2001:db8::1",
                             "3fff::1",
                             "::ffff:0:127.0.0.1",
                             "::cfff:192.168.7.9",
                             "5f00::1",
                             "4000::1"}) {
    INFO(inside);
    CHECK_FALSE(gateway::isPublicAddress(at(inside)));
    const Status admitted = named.admits(url("http://cam.example/"), at(inside));
    REQUIRE_FALSE(admitted);
    CHECK(admitted.error().code == ErrorCode::permission_denied);
    CHECK(admitted.error().message.find("list that address") != std::string::npos);
  }
  for (const char* outside : {"1.1.1.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2a00:1450:4001::1"})
    CHECK(gateway::isPublicAddress(at(outside)));
  const CameraRules both = rules({"cam.example", "192.168.7.0/24"});
  CHECK(both.admits(url("http://cam.example/"), at("192.168.7.20")));
  CHECK_FALSE(both.admits(url("http://cam.example/"), at("192.168.8.20")));
  CHECK_FALSE(both.admits(url("http://cam.example/"), at("127.0.0.1")));
  // Listing an address is enough for a name that leads there.
  const CameraRules address = rules({"192.168.7.20:8080"});
  CHECK(address.allows(url("http://cam.local:8080/")));
  CHECK(address.admits(url("http://cam.local:8080/"), at("192.168.7.20")));
  CHECK_FALSE(address.admits(url("http://cam.local:8080/"), at("192.168.7.21")));
  CHECK_FALSE(address.admits(url("http://cam.local:81/"), at("192.168.7.20")));
}

TEST_CASE("an address in a URL is as the list says, however it is written") {
  const CameraRules network = rules({"192.168.7.0/24", "[fd00::7]:8080", "localhost"});
  CHECK(network.allows(url("http://192.168.7.20/")));
  CHECK_FALSE(network.allows(url("http://192.168.8.20/")));
  CHECK_FALSE(network.allows(url("http://127.0.0.1/")));
  CHECK(network.allows(url("http://[fd00::7]:8080/")));
  CHECK_FALSE(network.allows(url("http://[fd00::7]/")));
  CHECK(network.admits(url("http://localhost/"), at("127.0.0.1")));
  CHECK(network.admits(url("http://localhost/"), at("::1")));
  CHECK_FALSE(network.admits(url("http://localhost/"), at("10.0.0.1")));
  // Octal, decimal and hexadecimal forms are names for us; what the system takes them for is looked at.
  for (const char* odd : {"http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/"}) {
    INFO(odd);
    CHECK_FALSE(network.admits(url(odd), at("127.0.0.1")));
    CHECK_FALSE(rules({"127.9.9.9"}).admits(url(odd), at("127.0.0.1")));
  }
  CHECK_FALSE(network.admits(url("http://[::ffff:127.0.0.1]/"), at("::ffff:127.0.0.1")));
}

TEST_CASE("a listed beginning of a URL holds for scheme, port and whole parts of the path") {
  const CameraRules prefix =
      rules({"https://cam.example/video", "http://192.0.2.7:81/cam/", "http://x.example/?action="});
  CHECK(prefix.allows(url("https://cam.example/video")));
  CHECK(prefix.allows(url("https://cam.example/video/1.mjpg")));
  CHECK(prefix.allows(url("https://cam.example/video?x=1")));
  CHECK_FALSE(prefix.allows(url("https://cam.example/videos")));
  CHECK_FALSE(prefix.allows(url("http://cam.example/video")));
  CHECK_FALSE(prefix.allows(url("https://cam.example:8443/video")));
  CHECK(prefix.allows(url("http://192.0.2.7:81/cam/a")));
  CHECK(prefix.admits(url("http://192.0.2.7:81/cam/a"), at("192.0.2.7")));
  CHECK_FALSE(prefix.allows(url("http://192.0.2.7:81/other")));
  CHECK(prefix.allows(url("http://x.example/?action=stream")));
  for (const char* climbing : {"https://cam.example/video/../admin", "https://cam.example/video/%2e%2e/admin",
                               "https://cam.example/video/..%2fadmin", "https://cam.example/video/\\..\\admin"})
    CHECK_FALSE(prefix.allows(url(climbing)));
}

TEST_CASE("entries that mean nothing are refused with a sentence") {
  for (const char* wrong : {"", "0.0.0.0/0", "10.0.0.1/8", "cam example", "ftp://cam/", "http://user@cam/", "cam:99999",
                            "*", "cam/..", "http://"}) {
    INFO(wrong);
    const auto refused = CameraRules::parse({wrong});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid_argument);
    CHECK_FALSE(refused.error().message.empty());
  }
}

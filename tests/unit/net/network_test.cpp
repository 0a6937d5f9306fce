#include "net/network.hpp"

#include <catch2/catch.hpp>

#include "net/forwarded.hpp"

using namespace robohub;
using namespace robohub::net;
using Catch::Matchers::Contains;

namespace {

PeerAddress address(const std::string& text) {
  return PeerAddress::parse(text).value();
}

std::vector<Network> networks(std::initializer_list<const char*> texts) {
  std::vector<Network> all;
  for (const auto* text : texts) all.push_back(Network::parse(text).value());
  return all;
}

HttpHead forwarded(const std::string& from, Headers headers) {
  HttpHead head;
  head.peer = address(from);
  head.client_fingerprint = "ab";
  head.headers = std::move(headers);
  applyForwarded(head, networks({"127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"}));
  return head;
}

std::string clientOf(const std::string& chain, const std::string& from = "127.0.0.1") {
  return forwarded(from, {{"X-Forwarded-For", chain}}).peer.host();
}

}  // namespace

TEST_CASE("a network holds its own addresses and no other") {
  const auto holds = [](const char* network, const char* host) {
    return Network::parse(network).value().contains(address(host));
  };
  CHECK(holds("192.0.2.0/24", "192.0.2.0"));
  CHECK(holds("192.0.2.0/24", "192.0.2.255"));
  CHECK_FALSE(holds("192.0.2.0/24", "192.0.3.0"));
  CHECK(holds("192.0.2.128/25", "192.0.2.200"));
  CHECK_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
  CHECK(holds("192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(holds("192.0.2.7", "192.0.2.6"));
  CHECK(holds("192.0.2.7/32", "192.0.2.7"));
  CHECK(holds("128.0.0.0/1", "255.1.2.3"));
  CHECK_FALSE(holds("128.0.0.0/1", "127.0.0.1"));
  CHECK(holds("2001:db8::/32", "2001:db8:ffff::1"));
  CHECK_FALSE(holds("2001:db8::/32", "2001:db9::1"));
  CHECK(holds("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(holds("::1", "::1"));
  CHECK_FALSE(holds("::1/128", "::2"));
  // One host has one address, however it is written.
  CHECK(holds("192.0.2.0/24", "::ffff:192.0.2.9"));
  CHECK(holds("::ffff:192.0.2.0/120", "192.0.2.9"));
  CHECK_FALSE(holds("::/1", "192.0.2.9"));
  CHECK_FALSE(Network::parse("127.0.0.0/8")->contains(PeerAddress::local(0)));
  CHECK_FALSE(Network::parse("127.0.0.0/8")->contains(PeerAddress()));
}

TEST_CASE("a network is read exactly and says itself back") {
  for (const auto* good : {"192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "::1"})
    CHECK(Network::parse(good)->str() == good);
  CHECK(Network::parse("::ffff:10.0.0.0/104")->str() == "10.0.0.0/8");
  CHECK(Network::parse("10.0.0.1/32")->str() == "10.0.0.1");
  for (const auto* bad : {"",
                          "/",
                          "/8",
                          "10.0.0.0/",
                          "10.0.0.0/33",
                          "10.0.0.0/-1",
                          "10.0.0.0/08",
                          "10.0.0.0/8 ",
                          " 10.0.0.0/8",
                          "10.0.0.0/8/8",
                          "10.0.0/8",
                          "10.0.0.0.0/8",
                          "010.0.0.0/8",
                          "0x0a.0.0.0/8",
                          "10.0.0.0/0x8",
                          "2001:db8::/129",
                          "2001:db8::/1e1",
                          "[::1]",
                          "[::1]/128",
                          "localhost",
                          "*",
                          "fe80::1%lo/64",
                          "::ffff:10.0.0.0/8",
                          "0.0.0.0/0",
                          "::/0",
                          "10.0.0.0/999999999999999999999"}) {
    INFO(bad);
    const auto network = Network::parse(bad);
    REQUIRE_FALSE(network);
    CHECK(network.error().code == ErrorCode::invalid_argument);
  }
  CHECK_THAT(Network::parse("10.1.2.3/8").error().message, Contains("10.0.0.0/8"));
  CHECK_THAT(Network::parse("2001:db8::1/32").error().message, Contains("2001:db8::/32"));
  CHECK_FALSE(Network::parse(std::string_view("10.0.0.1\0x", 10)));
}

TEST_CASE("behind a trusted proxy the client is the first address from the right that is no proxy's") {
  CHECK(clientOf("192.0.2.7") == "192.0.2.7");
  CHECK(clientOf("198.51.100.1, 192.0.2.7") == "192.0.2.7");
  CHECK(clientOf("198.51.100.1,192.0.2.7 , 10.1.1.1,\t10.2.2.2") == "192.0.2.7");
  CHECK(clientOf("127.0.0.1, 192.0.2.7") == "192.0.2.7");
  CHECK(clientOf("2001:db8:2::9, 2001:db8:1::1") == "2001:db8:2::9");
  CHECK(clientOf("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(clientOf("192.0.2.7:1234") == "192.0.2.7");
  CHECK(clientOf("[2001:db8:2::9]:443, 10.0.0.1:80") == "2001:db8:2::9");
  CHECK(clientOf("[2001:db8:2::9]") == "2001:db8:2::9");
  CHECK(clientOf("10.3.3.3, 10.1.1.1") == "10.3.3.3");  // proxies only: the farthest is who asks
  const auto two = forwarded("10.9.9.9", {{"X-Forwarded-For", "198.51.100.1"}, {"x-forwarded-for", "192.0.2.7"}});
  CHECK(two.peer.host() == "192.0.2.7");
}

TEST_CASE("what is malformed before a client is found leaves the proxy's own address") {
  for (const std::string bad : {"",
                                ",",
                                "192.0.2.7,",
                                "unknown",
                                "_hidden",
                                "192.0.2.7;x",
                                "192.0.2",
                                "192.0.2.7:",
                                "192.0.2.7:x",
                                "192.0.2.7:65536",
                                "[192.0.2.7]",
                                "[::1",
                                "::1]",
                                "[::1]x",
                                "[::1]:",
                                "192.0.2.7, junk",
                                "192.0.2.7, junk, 10.0.0.1",
                                ",10.0.0.1",
                                "192.0.2.7 198.51.100.1",
                                "http://192.0.2.7",
                                "\"192.0.2.7\""}) {
    INFO(bad);
    CHECK(clientOf(bad) == "127.0.0.1");
  }
}

TEST_CASE("what the client wrote himself, left of what the proxy adds, does not hide him") {
  for (const std::string own :
       {"x", "", ",", "127.0.0.1", "10.0.0.1", "[::1", "192.0.2.1:x", "\"", "unknown, unknown"}) {
    INFO(own);
    CHECK(clientOf(own + ", 192.0.2.7") == "192.0.2.7");
    CHECK(clientOf(own + ", 192.0.2.7, 10.0.0.1") == "192.0.2.7");
    const auto two = forwarded("10.9.9.9", {{"X-Forwarded-For", own}, {"X-Forwarded-For", "192.0.2.7"}});
    CHECK(two.peer.host() == "192.0.2.7");
  }
  std::string many;
  for (int i = 0; i < 40; ++i) many += "10.0.0.1,";
  CHECK(clientOf(many + "192.0.2.7") == "192.0.2.7");
  // More proxies than anybody has: none of them is believed.
  std::string endless = "192.0.2.7";
  for (int i = 0; i < 40; ++i) endless += ",10.0.0.1";
  CHECK(clientOf(endless) == "127.0.0.1");
}

TEST_CASE("what anybody else forwards is not believed") {
  const auto head = forwarded("192.0.2.1", {{"X-Forwarded-For", "127.0.0.1"}, {"X-Forwarded-Proto", "https"}});
  CHECK(head.peer.host() == "192.0.2.1");
  CHECK(head.scheme == "http");
  CHECK(head.client_fingerprint == "ab");
}

TEST_CASE("a trusted proxy says the scheme, and its own certificate is not its client's") {
  const auto scheme = [](Headers headers) { return forwarded("127.0.0.1", std::move(headers)).scheme; };
  CHECK(scheme({{"X-Forwarded-Proto", "https"}}) == "https");
  CHECK(scheme({{"x-forwarded-proto", " HTTPS "}}) == "https");
  CHECK(scheme({{"X-Forwarded-Proto", "http"}}) == "http");
  CHECK(scheme({}) == "http");
  for (const auto* bad : {"", "https,http", "wss", "https://", "ftp"})
    CHECK(scheme({{"X-Forwarded-Proto", bad}}) == "http");
  CHECK(scheme({{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "http"}}) == "http");
  CHECK(forwarded("127.0.0.1", {}).client_fingerprint.empty());
}

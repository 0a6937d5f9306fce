#include "net/websocket_frame.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "net/utf8.hpp"
#include "raw_peer.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Kind = WebSocketDecoder::Item::Kind;
using Role = WebSocketDecoder::Role;

namespace {

struct Seen {
  Kind kind;
  std::string payload;
  std::uint16_t code;
  bool operator==(const Seen&) const = default;
};

// Everything that a decoder says about `raw`, given in pieces of `piece` bytes, up to the first error.
std::vector<Seen> decode(std::string raw, std::size_t piece, Role role = Role::server, std::size_t limit = 1000) {
  WebSocketDecoder decoder(role, limit);
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < raw.size(); at += piece) {
    std::span<char> bytes(raw.data() + at, std::min(piece, raw.size() - at));
    for (;;) {
      const auto item = decoder.next(bytes);
      if (item.kind == Kind::need_more) break;
      seen.push_back({item.kind, item.kind == Kind::error ? "" : std::string(item.payload), item.code});
      if (item.kind == Kind::error) return seen;
    }
    REQUIRE(bytes.empty());
  }
  return seen;
}

std::uint16_t errorCode(const std::string& raw, Role role = Role::server) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, raw.size()}) {
    const auto seen = decode(raw, piece, role);
    if (seen.empty() || seen.back().kind != Kind::error) return 0;
    if (piece == raw.size()) return seen.back().code;
  }
  return 0;
}

}  // namespace

TEST_CASE("messages, fragments and control frames between them come out whole however they are cut") {
  std::string raw = maskedFrame(0x81, "hello") + maskedFrame(0x82, std::string("\0\xff", 2)) + maskedFrame(0x81, "") +
                    maskedFrame(0x01, "one ") + maskedFrame(0x89, "ping") + maskedFrame(0x00, "\xc3") +
                    maskedFrame(0x8a, "") + maskedFrame(0x80, "\xa4") + maskedFrame(0x02, "") + maskedFrame(0x80, "") +
                    maskedFrame(0x81, std::string(126, 'x')) + maskedFrame(0x88, "\x03\xe8 bye");
  const std::vector<Seen> wanted = {{Kind::text, "hello", 0},   {Kind::binary, std::string("\0\xff", 2), 0},
                                    {Kind::text, "", 0},        {Kind::ping, "ping", 0},
                                    {Kind::pong, "", 0},        {Kind::text, "one \xc3\xa4", 0},
                                    {Kind::binary, "", 0},      {Kind::text, std::string(126, 'x'), 0},
                                    {Kind::close, " bye", 1000}};
  for (std::size_t piece = 1; piece <= raw.size(); ++piece) REQUIRE(decode(raw, piece) == wanted);
}

TEST_CASE("what RFC 6455 forbids is an error with the code it names") {
  std::string unmasked = encodeFrame(WebSocketOpcode::text, "x");
  CHECK(errorCode(unmasked) == 1002);
  CHECK(errorCode(maskedFrame(0x81, "x"), Role::client) == 1002);
  for (const int rsv : {0xc1, 0xa1, 0x91}) CHECK(errorCode(maskedFrame(rsv, "x")) == 1002);
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
    CHECK(errorCode(maskedFrame(0x80 | opcode, "x")) == 1002);
  CHECK(errorCode(maskedFrame(0x09, "x")) == 1002);                              // a ping in fragments
  CHECK(errorCode(maskedFrame(0x89, std::string(126, 'x'))) == 1002);            // a long ping
  CHECK(errorCode(maskedFrame(0x80, "x")) == 1002);                              // continues nothing
  CHECK(errorCode(maskedFrame(0x01, "x") + maskedFrame(0x81, "y")) == 1002);     // a message within a message
  CHECK(errorCode(maskedFrame(0x81, "\xff")) == 1007);                           // not UTF-8
  CHECK(errorCode(maskedFrame(0x01, "\xc3") + maskedFrame(0x80, "x")) == 1007);  // cut characters
  CHECK(errorCode(maskedFrame(0x81, "\xed\xa0\x80")) == 1007);                   // a surrogate
  CHECK(errorCode(maskedFrame(0x81, std::string(1001, 'x'))) == 1009);           // too long
  CHECK(errorCode(maskedFrame(0x01, std::string(600, 'x')) + maskedFrame(0x80, std::string(600, 'x'))) == 1009);
  CHECK(errorCode(maskedFrame(0x88, "\x03")) == 1002);  // half a code
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535}) {
    const std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    CHECK(errorCode(maskedFrame(0x88, payload)) == 1002);
  }
  CHECK(errorCode(maskedFrame(0x88, "\x03\xe8\xff")) == 1007);
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1011, 1013, 3000, 4000, 4999}) {
    const std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    CHECK(decode(maskedFrame(0x88, payload), 100).at(0).code == code);
  }
  CHECK(decode(maskedFrame(0x88, ""), 100).at(0).code == 1005);
}

TEST_CASE("lengths must be written in the shortest way and within 63 bits") {
  const auto with = [](std::initializer_list<int> bytes) {
    std::string raw;
    for (const int byte : bytes) raw.push_back(static_cast<char>(byte));
    return raw + std::string(300, 'x');
  };
  CHECK(errorCode(with({0x82, 0xfe, 0, 125, 0, 0, 0, 0})) == 1002);
  CHECK(errorCode(with({0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0})) == 1002);
  CHECK(errorCode(with({0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) == 1002);
  CHECK(errorCode(with({0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})) == 1009);
}

TEST_CASE("frames that are encoded are decoded to the same, masked or not, of every kind of length") {
  for (const std::size_t size : {0u, 1u, 7u, 8u, 125u, 126u, 65535u, 65536u, 200000u}) {
    std::string payload(size, 'a');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 7);
    const auto plain = encodeFrame(WebSocketOpcode::binary, payload);
    REQUIRE(encodeFrame(WebSocketOpcode::binary, payload.substr(0, size / 2), payload.substr(size / 2)) == plain);
    REQUIRE(encodeFrameInPlace(WebSocketOpcode::binary, std::string(kFrameRoom, '?') + payload) == plain);
    const std::vector<Seen> wanted = {{Kind::binary, payload, 0}};
    REQUIRE(decode(plain, 4099, Role::client, 1'000'000) == wanted);
    REQUIRE(decode(maskFrame(plain, 0x12345678), 4099, Role::server, 1'000'000) == wanted);
  }
}

TEST_CASE("the reason of a close is cut at a character, and nonsense is left out") {
  std::string long_reason;
  for (int i = 0; i < 100; ++i) long_reason += "\xc3\xa4";
  const auto payload = closePayload(1008, long_reason);
  CHECK(payload.size() == 2 + 122);
  CHECK(isUtf8(payload.substr(2)));
  CHECK(closePayload(1008, "\xff").size() == 2);
}

TEST_CASE("UTF-8 is what Unicode says") {
  for (const auto* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "eight bytes and \xe2\x82\xac more"})
    CHECK(isUtf8(good));
  for (const auto* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xc3", "\xe2\x28\xa1"})
    CHECK_FALSE(isUtf8(bad));
}

TEST_CASE("half a second of mutated frames neither crashes the decoder nor gets past its limits") {
  std::mt19937 random(11);
  const std::string seed = maskedFrame(0x81, "hello") + maskedFrame(0x01, "a") + maskedFrame(0x89, "p") +
                           maskedFrame(0x80, "b") + maskedFrame(0x82, std::string(300, 'z')) +
                           maskedFrame(0x88, "\x03\xe8");
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  for (int round = 0; round < 100'000 && std::chrono::steady_clock::now() < until; ++round) {
    auto raw = seed;
    for (auto edits = random() % 4 + 1; edits > 0; --edits)
      raw[random() % raw.size()] ^= static_cast<char>(1 << random() % 8);
    raw.erase(random() % raw.size());
    const auto whole = decode(raw, raw.size() + 1), pieces = decode(raw, random() % 7 + 1);
    REQUIRE(whole == pieces);
    for (const auto& item : whole) {
      REQUIRE(item.payload.size() <= 1000);
      if (item.kind == Kind::text) REQUIRE(isUtf8(item.payload));
    }
  }
}

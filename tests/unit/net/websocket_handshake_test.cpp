#include "net/websocket_handshake.hpp"

#include <catch2/catch.hpp>

using namespace robohub::net;

namespace {

int statusOf(const std::string& key) {
  HttpHead head;
  head.method = "GET";
  head.minor_version = 1;
  head.headers.add("Host", "a");
  head.headers.add("Upgrade", "websocket");
  head.headers.add("Connection", "Upgrade");
  head.headers.add("Sec-WebSocket-Version", "13");
  head.headers.add("Sec-WebSocket-Key", key);
  return checkUpgrade(head).status;
}

}  // namespace

TEST_CASE("A WebSocket key is 16 bytes in base64 and nothing else") {
  CHECK(statusOf("dGhlIHNhbXBsZSBub25jZQ==") == 0);
  for (int i = 0; i < 100; ++i) CHECK(statusOf(webSocketKey()) == 0);
  CHECK(statusOf("++//++//++//++//++//+w==") == 0);
  for (const char* wrong :
       {"", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZQ=a",
        "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBs-SBub25jZQ==", "dGhlIHNhbXBs SBub25jZQ=="})
    CHECK(statusOf(wrong) == 400);
}

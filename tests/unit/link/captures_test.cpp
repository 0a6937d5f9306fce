// What agent and hub say to each other about captures: docs/PROTOCOL.md, section 3.3.
#include <catch2/catch.hpp>

#include "link/chunk.hpp"
#include "link/messages.hpp"

using namespace robohub;
using namespace robohub::link;

namespace {

const std::string kHash(64, 'a');

template <class Message>
Message fromAgent(const std::string& text) {
  auto read = parseFromAgent(text);
  INFO(text << (read ? "" : ": " + read.error().message));
  REQUIRE(read);
  return std::get<Message>(*read);
}
template <class Message>
Message fromHub(const std::string& text) {
  auto read = parseFromHub(text);
  INFO(text << (read ? "" : ": " + read.error().message));
  REQUIRE(read);
  return std::get<Message>(*read);
}

}  // namespace

TEST_CASE("captures and their segments come out as they went in") {
  const auto begun =
      fromAgent<CaptureBegin>(encode(AgentMessage(CaptureBegin{"pir.1529842538", "pir", 1529842538000})));
  CHECK(begun.key == "pir.1529842538");
  CHECK(begun.trigger == "pir");
  CHECK(begun.started_ms == 1529842538000);
  const auto ready = fromAgent<SegmentReady>(encode(AgentMessage(SegmentReady{"k", 7, 1'000'000, kHash, "ts"})));
  CHECK(ready.number == 7);
  CHECK(ready.bytes == 1'000'000);
  CHECK(ready.sha256 == kHash);
  CHECK(ready.format == "ts");
  CHECK(fromAgent<CaptureEnd>(encode(AgentMessage(CaptureEnd{"k", 3}))).segments == 3);

  const auto at = fromHub<SegmentAt>(encode(HubMessage(SegmentAt{"k", 7, 131072})));
  CHECK(at.number == 7);
  CHECK(at.offset == 131072);
  const auto done = fromHub<SegmentDone>(
      encode(HubMessage(SegmentDone{"k", 7, false, ErrorCode::exhausted, "The disk is \"full\"."})));
  CHECK_FALSE(done.ok);
  CHECK(done.code == ErrorCode::exhausted);
  CHECK(done.message == "The disk is \"full\".");
  const auto over = fromHub<CaptureDone>(encode(HubMessage(CaptureDone{"k", true, std::nullopt, ""})));
  CHECK(over.ok);
  CHECK_FALSE(over.code);
}

TEST_CASE("a segment that could not be stored, compared or played is refused as a message") {
  const auto segment = [](const std::string& members) { return R"({"type":"segment",)" + members + "}"; };
  const std::string good = R"("key":"k","number":0,"bytes":1,"sha256":")" + kHash + R"(","format":"mp4")";
  CHECK(parseFromAgent(segment(good)));
  for (const std::string& bad :
       {R"("key":"","number":0,"bytes":1,"sha256":")" + kHash + R"(","format":"mp4")",
        R"("key":")" + std::string(65, 'k') + R"(","number":0,"bytes":1,"sha256":")" + kHash + R"(","format":"mp4")",
        R"("key":"k","number":-1,"bytes":1,"sha256":")" + kHash + R"(","format":"mp4")",
        R"("key":"k","number":100000,"bytes":1,"sha256":")" + kHash + R"(","format":"mp4")",
        R"("key":"k","number":0,"bytes":0,"sha256":")" + kHash + R"(","format":"mp4")",
        R"("key":"k","number":0,"bytes":1,"sha256":")" + std::string(64, 'G') + R"(","format":"mp4")",
        R"("key":"k","number":0,"bytes":1,"sha256":")" + std::string(63, 'a') + R"(","format":"mp4")",
        R"("key":"k","number":0,"bytes":1,"sha256":")" + kHash + R"(","format":"exe")"}) {
    INFO(bad);
    CHECK_FALSE(parseFromAgent(segment(bad)));
  }
  CHECK_FALSE(parseFromHub(R"({"type":"segment_at","key":"k","number":0,"offset":-1})"));
}

TEST_CASE("a piece carries its offset, and is told from a picture by its first byte") {
  const std::string message = encodeChunkHead(0x0102030405060708) + "bytes";
  CHECK(isChunk(message));
  CHECK_FALSE(isChunk("\x01stream"));
  CHECK_FALSE(isChunk(""));
  const auto read = parseChunk(message);
  REQUIRE(read);
  CHECK(read->offset == 0x0102030405060708);
  CHECK(read->bytes == "bytes");
  CHECK_FALSE(parseChunk(encodeChunkHead(0)));                               // nothing in it
  CHECK_FALSE(parseChunk(message.substr(0, 5)));                             // cut short
  CHECK(parseChunk(encodeChunkHead(0) + std::string(kMaxChunkBytes, 'x')));  // as large as may be
  const auto large = parseChunk(encodeChunkHead(0) + std::string(kMaxChunkBytes + 1, 'x'));
  REQUIRE_FALSE(large);
  CHECK(large.error().code == ErrorCode::too_large);
}

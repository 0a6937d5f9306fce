// Captures over an agent's bulk link into a whole hub: what is taken, what is refused and why, and what cuts the link.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "link/chunk.hpp"
#include "plugin/sha256.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::string text(const json::Object::Ptr& object, const std::string& key) {
  return json::getString(*object, key).value_or("");
}
std::int64_t number(const json::Object::Ptr& object, const std::string& key) {
  return json::getInt(*object, key).value_or(-1);
}
bool flag(const json::Object::Ptr& object, const std::string& key) {
  return json::getBool(*object, key).value_or(false);
}

struct Rig {
  TestHub hub;
  std::unique_ptr<ScriptedAgent> agent;

  Rig() {
    hub.device("d1");
    connect();
  }
  void connect(std::uint64_t nonce = 1) {
    agent = std::make_unique<ScriptedAgent>(hub.port, "d1", "test_good", nonce);
    const auto welcome = agent->online();
    REQUIRE(agent->bulk(text(welcome, "link")));
  }
  WebSocketPeer& bulk() { return *agent->bulk_link; }
  void say(const link::AgentMessage& message) { bulk().send(link::encode(message)); }
  void begin(const std::string& key) { say(link::CaptureBegin{key, "pir", 1'700'000'000'000}); }
  void offer(const std::string& key, std::uint32_t n, const std::string& bytes) {
    say(link::SegmentReady{key, n, bytes.size(), plugin::sha256Hex(bytes), "mp4"});
  }
  void piece(std::uint64_t offset, std::string_view bytes) {
    bulk().sendBinary(link::encodeChunkHead(offset) + std::string(bytes));
  }
  // Sends all from where the hub wants it, as an agent does.
  json::Object::Ptr upload(const std::string& key, std::uint32_t n, const std::string& bytes) {
    offer(key, n, bytes);
    const auto at = bulk().get("segment_at");
    std::uint64_t taken = static_cast<std::uint64_t>(number(at, "offset"));
    for (std::uint64_t offset = taken; offset < bytes.size(); offset += 32 * 1024) {
      while (offset + 32 * 1024 > taken + link::kChunkWindowBytes)
        taken = static_cast<std::uint64_t>(number(bulk().get("segment_at"), "offset"));
      piece(offset, std::string_view(bytes).substr(offset, 32 * 1024));
    }
    return bulk().get("segment_done");
  }
  Answer captures() { return hub.asAdministrator("GET", "/api/v1/captures?device=d1"); }
};

std::string bytesOf(std::size_t size, char first = 'a') {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(first + static_cast<char>(i % 23));
  return bytes;
}

}  // namespace

TEST_CASE("a segment larger than the window arrives, is acknowledged on the way and at its end, and is stored once") {
  Rig rig;
  const std::string bytes = bytesOf(700'000);
  rig.begin("pir.1");
  auto done = rig.upload("pir.1", 0, bytes);
  INFO(json::write(*done));
  CHECK(flag(done, "ok"));
  CHECK(number(done, "number") == 0);
  // Again, as after an answer that was lost: the hub has it all.
  rig.bulk().forget();
  rig.offer("pir.1", 0, bytes);
  CHECK(number(rig.bulk().get("segment_at"), "offset") == 700'000);
  CHECK(flag(rig.bulk().get("segment_done"), "ok"));
  const auto captures = rig.captures();
  REQUIRE(captures.json);
  CHECK(captures.json->getArray("captures")->size() == 1);
  rig.say(link::CaptureEnd{"pir.1", 1});
  CHECK(flag(rig.bulk().get("capture_done"), "ok"));
}

TEST_CASE("a segment whose link broke goes on where it was, also behind a restart of the hub") {
  Rig rig;
  const std::string bytes = bytesOf(400'000);
  rig.begin("pir.1");
  rig.offer("pir.1", 0, bytes);
  CHECK(number(rig.bulk().get("segment_at"), "offset") == 0);
  for (std::uint64_t offset = 0; offset < 160 * 1024; offset += 32 * 1024)
    rig.piece(offset, std::string_view(bytes).substr(offset, 32 * 1024));
  CHECK(number(rig.bulk().get("segment_at"), "offset") >= 128 * 1024);
  rig.bulk().hangUp();
  rig.agent->control->hangUp();
  rig.hub.stop();
  rig.hub.start();
  rig.connect(2);
  rig.begin("pir.1");
  rig.offer("pir.1", 0, bytes);
  const auto at = rig.bulk().get("segment_at");
  CHECK(number(at, "offset") >= 128 * 1024);
  CHECK(flag(rig.upload("pir.1", 0, bytes), "ok"));
}

TEST_CASE("bytes that are not what was promised are refused as corrupt, and may be sent again") {
  Rig rig;
  const std::string bytes = bytesOf(5000);
  rig.begin("pir.1");
  rig.say(link::SegmentReady{"pir.1", 0, bytes.size(), plugin::sha256Hex("something else"), "mp4"});
  rig.bulk().get("segment_at");
  rig.piece(0, bytes);
  const auto done = rig.bulk().get("segment_done");
  CHECK_FALSE(flag(done, "ok"));
  CHECK(text(done, "code") == "corrupt");
  CHECK(flag(rig.upload("pir.1", 0, bytes), "ok"));
}

TEST_CASE("a disk of the hub that is away, or in disorder, is no reason to give a segment up, and it comes later") {
  Rig rig;
  const std::filesystem::path folder = rig.hub.settings.data / "captures", away = rig.hub.settings.data / "away";
  const std::string bytes = bytesOf(5000);
  rig.begin("pir.1");
  REQUIRE(flag(rig.upload("pir.1", 0, bytes), "ok"));
  std::filesystem::rename(folder, away);
  for (const bool in_the_way : {false, true}) {
    INFO(in_the_way);
    if (in_the_way) std::ofstream(folder) << "no folder";
    rig.bulk().forget();
    rig.begin("pir.1");
    rig.offer("pir.1", 1, bytes);
    const auto done = rig.bulk().get("segment_done");
    CHECK_FALSE(flag(done, "ok"));
    CHECK(text(done, "code") == "unavailable");
    CHECK_FALSE(text(done, "message").empty());
  }
  std::filesystem::remove(folder);
  std::filesystem::rename(away, folder);
  rig.bulk().forget();
  CHECK(flag(rig.upload("pir.1", 1, bytes), "ok"));
  rig.say(link::CaptureEnd{"pir.1", 2});
  CHECK(flag(rig.bulk().get("capture_done"), "ok"));
}

TEST_CASE("what belongs to no capture of this link is refused with a reason") {
  Rig rig;
  rig.offer("never", 0, "bytes");
  const auto segment = rig.bulk().get("segment_done");
  CHECK_FALSE(flag(segment, "ok"));
  CHECK(text(segment, "code") == "unavailable");
  CHECK_FALSE(text(segment, "message").empty());
  rig.say(link::CaptureEnd{"never", 1});
  CHECK_FALSE(flag(rig.bulk().get("capture_done"), "ok"));
  // A trigger that there is not, or that is the hub's own: the capture is refused, and what waits for it is told.
  for (const std::string trigger : {"tea", "still", "record"}) {
    INFO(trigger);
    rig.say(link::CaptureBegin{trigger, trigger, 1000});
    rig.offer(trigger, 0, "bytes");
    const auto odd = rig.bulk().get("segment_done");
    CHECK_FALSE(flag(odd, "ok"));
    CHECK(text(odd, "code") == "invalid_argument");
    CHECK(text(odd, "key") == trigger);
  }
  CHECK(rig.captures().json->getArray("captures")->size() == 0);
  // The link stands.
  rig.begin("pir.1");
  CHECK(flag(rig.upload("pir.1", 0, bytesOf(10)), "ok"));
}

TEST_CASE("more captures at once than a device may have are refused, not kept") {
  Rig rig;
  for (int i = 0; i < 80; ++i) rig.begin("pir." + std::to_string(i));
  rig.offer("pir.79", 0, "bytes");
  const auto done = rig.bulk().get("segment_done");
  CHECK_FALSE(flag(done, "ok"));
  CHECK(text(done, "code") == "exhausted");
}

TEST_CASE("a capture that is over at the hub holds no place of its link, whether its device has ended it or not") {
  Rig rig;
  const auto all = [&] { return rig.hub.asAdministrator("GET", "/api/v1/captures?device=d1&limit=200"); };
  for (int i = 0; i < 64; ++i) rig.begin("pir." + std::to_string(i));
  REQUIRE(eventually([&] { return all().json->getArray("captures")->size() == 64; }));
  rig.begin("pir.64");
  rig.offer("pir.64", 0, "bytes");
  REQUIRE(text(rig.bulk().get("segment_done"), "code") == "exhausted");
  const auto oldest = all().json->getArray("captures")->getObject(63);
  const std::string target = "/api/v1/captures/" + std::to_string(number(oldest, "id"));
  REQUIRE(rig.hub.asAdministrator("DELETE", target).status == 204);
  rig.bulk().forget();
  rig.begin("pir.64");
  CHECK(flag(rig.upload("pir.64", 0, bytesOf(10)), "ok"));
}

TEST_CASE("a capture that is gone at the hub is begun anew when its device says so again") {
  Rig rig;
  rig.begin("pir.1");
  REQUIRE(flag(rig.upload("pir.1", 0, bytesOf(5000)), "ok"));
  const auto capture = rig.captures().json->getArray("captures")->getObject(0);
  const std::string target = "/api/v1/captures/" + std::to_string(number(capture, "id"));
  REQUIRE(rig.hub.asAdministrator("DELETE", target).status == 204);
  rig.bulk().forget();
  rig.begin("pir.1");
  CHECK(flag(rig.upload("pir.1", 1, bytesOf(5000)), "ok"));
  CHECK(rig.captures().json->getArray("captures")->size() == 1);
}

TEST_CASE("an agent that sends more than the window, beyond the end, or no pieces at all is cut off") {
  const std::string bytes = bytesOf(900'000);
  for (int wrong = 0; wrong < 4; ++wrong) {
    INFO(wrong);
    Rig rig;
    rig.begin("pir.1");
    rig.offer("pir.1", 0, wrong == 1 ? bytes.substr(0, 100) : bytes);
    rig.bulk().get("segment_at");
    switch (wrong) {
      case 0: rig.piece(400'000, "far ahead"); break;
      case 1: rig.piece(0, bytes.substr(0, 101)); break;
      case 2: rig.bulk().sendBinary("\x02"); break;
      default: rig.piece(0, std::string(link::kMaxChunkBytes + 1, 'x')); break;
    }
    CHECK(rig.bulk().closeCode() == 1008);
    // The device goes on.
    rig.connect(2);
    rig.begin("pir.1");
    CHECK(flag(rig.upload("pir.1", 0, bytesOf(10)), "ok"));
  }
}

TEST_CASE("pieces that nobody asked for, and pieces that were lost, do not end the link") {
  Rig rig;
  rig.piece(0, "nobody asked");
  rig.begin("pir.1");
  const std::string bytes = bytesOf(100'000);
  rig.offer("pir.1", 0, bytes);
  rig.bulk().get("segment_at");
  rig.piece(0, bytes.substr(0, 1000));
  rig.piece(5000, bytes.substr(5000, 1000));  // one is missing before it
  CHECK(number(rig.bulk().get("segment_at"), "offset") == 1000);
  rig.piece(500, bytes.substr(500, 60'000));  // partly said again
  rig.piece(60'500, bytes.substr(60'500));
  CHECK(flag(rig.bulk().get("segment_done"), "ok"));
}

TEST_CASE("a newer segment takes the place of one that was under way") {
  Rig rig;
  rig.begin("pir.1");
  const std::string first = bytesOf(100'000), second = bytesOf(2000, 'A');
  rig.offer("pir.1", 0, first);
  rig.bulk().get("segment_at");
  rig.piece(0, first.substr(0, 30'000));
  CHECK(number(rig.upload("pir.1", 1, second), "number") == 1);
  CHECK(flag(rig.upload("pir.1", 0, first), "ok"));
}

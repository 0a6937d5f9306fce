// The hub's side of the talk with a cloudtalker, against a camera as the older program is: it answers every text with
// its state.
#include "unit/gateway/cloudtalker/talked.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace robohub::gateway::test;

TEST_CASE("a camera is told once, after its first state, what differs, and nothing when nothing does") {
  Talked fresh;
  fresh.connect();
  CHECK(fresh.said == std::vector<std::string>{"{\"id\":7}"});
  Talked known;
  known.camera.id = 7;
  known.connect();
  CHECK(known.said.empty());
  Talked wished;
  wished.talk = CloudTalk(TalkerWish{9, 5, true});
  wished.connect();
  CHECK(wished.said == std::vector<std::string>{"{\"id\":9,\"heartbeat_period\":5,\"pir_armed\":true}"});
  CHECK(wished.talk.armed());
}

TEST_CASE("states are not answered, however many come") {
  Talked talked;
  talked.connect();
  for (int i = 0; i < 1000; ++i) {
    talked.now += 10s;
    talked.hear(talked.camera.state());
    talked.settle();
  }
  CHECK(talked.said.size() == 1);
}

TEST_CASE("a camera that does not do as it is told hears of it at most once a minute") {
  Talked talked;
  talked.connect();
  talked.said.clear();
  // It forgets its id each time, as no camera should.
  for (int i = 0; i < 600; ++i) {
    talked.now += 1s;
    talked.camera.id = 0;
    talked.hear(talked.camera.state());
    talked.settle();
  }
  CHECK(talked.said.size() <= 10);
  CHECK(talked.said.size() >= 9);
}

TEST_CASE("arming succeeds when the camera says that it is armed, and fails when it says nothing") {
  Talked talked;
  talked.connect();
  talked.said.clear();
  talked.talk.arm(true, 1, talked.now, talked.effects);
  CHECK(talked.take<talk::RunEnds>().empty());
  talked.settle();
  const auto armed = talked.take<talk::RunEnds>();
  REQUIRE(armed.size() == 1);
  CHECK(armed[0].run == 1);
  CHECK(armed[0].outcome.state == link::FinalState::succeeded);
  CHECK(talked.said == std::vector<std::string>{"{\"pir_armed\":true}"});
  // Armed already: nothing is said.
  talked.talk.arm(true, 2, talked.now, talked.effects);
  CHECK(talked.take<talk::RunEnds>().size() == 1);
  CHECK(talked.take<talk::Say>().empty());
  // Nobody answers.
  talked.talk.arm(false, 3, talked.now, talked.effects);
  CHECK(talked.take<talk::Say>().size() == 1);
  CHECK(talked.talk.nextDeadline() == talked.now + CloudTalk::kConfirm);
  talked.talk.tick(talked.now + CloudTalk::kConfirm - 1ms, talked.effects);
  CHECK(talked.take<talk::RunEnds>().empty());
  talked.talk.tick(talked.now + CloudTalk::kConfirm, talked.effects);
  const auto failed = talked.take<talk::RunEnds>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].outcome.code == ErrorCode::timeout);
  CHECK(talked.talk.nextDeadline() == MonoTime::max());
  CHECK_FALSE(talked.talk.wish().armed);
}

TEST_CASE("a state that crossed a command on its way neither confirms it nor is answered") {
  Talked talked;
  talked.connect();
  talked.talk.arm(true, 1, talked.now, talked.effects);
  CHECK(talked.take<talk::Say>().size() == 1);
  talked.hear(talked.camera.state());  // of before
  CHECK(talked.take<talk::Say>().empty());
  CHECK(talked.take<talk::RunEnds>().empty());
  // Disarmed at once: it is told although it has not said that it is armed.
  talked.talk.arm(false, 2, talked.now, talked.effects);
  const auto ends = talked.take<talk::RunEnds>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].run == 1);
  CHECK(ends[0].outcome.code == ErrorCode::conflict);
  const auto said = talked.take<talk::Say>();
  REQUIRE(said.size() == 1);
  CHECK(said[0].text == "{\"pir_armed\":false}");
}

TEST_CASE("a wish before the first state is told after it") {
  Talked talked;
  talked.talk.arm(true, 1, talked.now, talked.effects);
  CHECK(talked.effects.empty());
  talked.connect();
  CHECK(talked.said == std::vector<std::string>{"{\"id\":7,\"pir_armed\":true}"});
  CHECK(talked.take<talk::RunEnds>().size() == 1);
  Talked early;
  early.talk.capture(1, early.now, early.effects);
  const auto ends = early.take<talk::RunEnds>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].outcome.code == ErrorCode::unavailable);
}

TEST_CASE("a capture turns over the flag that the camera reported last") {
  Talked talked;
  talked.camera.flag = true;
  talked.connect();
  for (int i = 1; i <= 4; ++i) {
    talked.talk.capture(static_cast<std::uint64_t>(i), talked.now, talked.effects);
    talked.settle();
    const auto ends = talked.take<talk::RunEnds>();
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].outcome.state == link::FinalState::succeeded);
    CHECK(talked.camera.captures == i);
  }
  // Two at once would be none.
  talked.talk.capture(10, talked.now, talked.effects);
  talked.talk.capture(11, talked.now, talked.effects);
  const auto refused = talked.take<talk::RunEnds>();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].run == 11);
  CHECK(refused[0].outcome.code == ErrorCode::conflict);
  talked.settle();
  CHECK(talked.camera.captures == 5);
  // Turned over while nobody waits for it any more: the next one still turns over what is reported.
  talked.talk.capture(12, talked.now, talked.effects);
  talked.talk.forget(12);
  talked.settle();
  talked.talk.capture(13, talked.now, talked.effects);
  talked.settle();
  CHECK(talked.camera.captures == 7);
}

TEST_CASE("what waits ends with the link") {
  Talked talked;
  talked.connect();
  talked.talk.arm(true, 1, talked.now, talked.effects);
  talked.talk.capture(2, talked.now, talked.effects);
  talked.effects.clear();
  talked.talk.onLost(talked.effects);
  const auto ends = talked.take<talk::RunEnds>();
  REQUIRE(ends.size() == 2);
  for (const auto& end : ends) CHECK(end.outcome.code == ErrorCode::unavailable);
  CHECK(talked.talk.wish().armed);
  CHECK(talked.talk.nextDeadline() == MonoTime::max());
}

TEST_CASE("odd messages change nothing and are told") {
  Talked talked;
  talked.connect();
  talked.effects.clear();
  for (const char* odd :
       {"", "Hello", "[]", "{}", R"({"type":"state"})", R"({"type":"state","pir_armed":1,"capture_asap":false})",
        R"({"type":"capture_start","trigger_timestamp":-1,"trigger":"pir"})",
        R"({"type":"capture_start","trigger_timestamp":"now","trigger":"pir"})",
        R"({"type":"capture_start","trigger_timestamp":1e300,"trigger":"pir"})",
        R"({"type":"capture_start","trigger_timestamp":1,"trigger":"../../etc"})",
        R"({"type":"capture_segment","trigger_timestamp":1,"trigger":"pir"})",
        R"({"type":"capture_segment","trigger_timestamp":1,"trigger":"pir","seg_no":-1})",
        R"({"type":"capture_segment","trigger_timestamp":1,"trigger":"pir","seg_no":4096})", R"({"type":"alarm"})",
        R"({"type":"reboot"})", R"({"type":"state","type":"alarm"})"}) {
    INFO(odd);
    talked.hear(odd);
    REQUIRE(talked.effects.size() == 1);
    CHECK(talked.take<talk::Odd>().size() == 1);
  }
  CHECK_FALSE(talked.talk.capturing());
}

TEST_CASE("timestamps are seconds or milliseconds, and name a capture as its files are named") {
  const auto key = [](const char* at) {
    const auto message =
        parseTalker(std::string(R"({"type":"capture_start","trigger":"request","trigger_timestamp":)") + at + "}");
    const auto& capture = std::get<TalkerCapture>(message.value());
    return capture.key + " " + std::to_string(capture.started_ms);
  };
  CHECK(key("1529842538") == "request.1529842538 1529842538000");
  CHECK(key("1529842538.0") == "request.1529842538 1529842538000");
  CHECK(key("1529842538.25") == "request.1529842538.250 1529842538250");
  CHECK(key("1529842538250") == "request.1529842538.250 1529842538250");
  CHECK(key("0") == "request.0 0");
}

TEST_CASE("what a segment is shows in its first bytes, however few there are") {
  using namespace std::string_view_literals;
  for (const auto bytes : {"G"sv, "GGG"sv, "GGGG"sv, "G\x40\x11\x10"sv, "Gftypis"sv, "G\0\0\30moov"sv})
    CHECK(std::string(segmentFormat(bytes)) == "ts");
  // The first byte of a box's length may be that of a transport stream.
  for (const auto bytes : {""sv, "\0\0\0"sv, "\0\0\0\30"sv, "\0\0\0\30ftyp"sv, "G\0\0\30ftyp"sv})
    CHECK(std::string(segmentFormat(bytes)) == "mp4");
}

TEST_CASE("the wish is kept as text and read again") {
  const TalkerWish wish = readTalkerWish(talkerWishJson({7, 10, true}));
  CHECK(wish.id == 7);
  CHECK(wish.armed);
  for (const char* other : {"", "{}", "nonsense", R"({"cloudtalker":3})", R"({"cloudtalker":{"id":-1,"armed":2}})"}) {
    CHECK(readTalkerWish(other).id == 0);
    CHECK_FALSE(readTalkerWish(other).armed);
  }
}

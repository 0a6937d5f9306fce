// The hub's side of the talk with a cloudtalker, against a camera as the older program is: it answers every text with
// its state.
#include <catch2/catch.hpp>
#include <random>

#include "gateway/cloudtalker/connection.hpp"
#include "gateway/cloudtalker/talk.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace std::chrono_literals;

namespace {

// What a camera does with what it is told.
struct Camera {
  std::int64_t id = 0, heartbeat_s = 10;
  bool armed = false, flag = false;
  int captures = 0;

  std::string state() const {
    return "{\"type\":\"state\",\"id\":" + std::to_string(id) + ",\"heartbeat_period\":" + std::to_string(heartbeat_s) +
           ",\"pir_armed\":" + (armed ? "true" : "false") + ",\"capture_asap\":" + (flag ? "true" : "false") + "}";
  }
  void hear(const std::string& text) {
    const auto object = json::parseObject(text).value();
    if (object->has("id")) id = json::getInt(*object, "id").value();
    if (object->has("heartbeat_period")) heartbeat_s = json::getInt(*object, "heartbeat_period").value();
    if (object->has("pir_armed")) armed = json::getBool(*object, "pir_armed").value();
    if (object->has("capture_asap")) {
      const bool now = json::getBool(*object, "capture_asap").value();
      captures += now != flag;
      flag = now;
    }
  }
};

struct Talked {
  CloudTalk talk{TalkerWish{7, 10, false}};
  Camera camera;
  MonoTime now{1h};
  talk::Effects effects;
  std::vector<std::string> said;

  // Both talk until nobody has anything to say.
  void settle(int most = 50) {
    for (int round = 0; round < most; ++round) {
      std::vector<std::string> texts;
      for (const auto& effect : effects)
        if (const auto* say = std::get_if<talk::Say>(&effect)) texts.push_back(say->text);
      std::erase_if(effects, [](const auto& effect) { return std::holds_alternative<talk::Say>(effect); });
      if (texts.empty()) return;
      for (const auto& text : texts) {
        said.push_back(text);
        camera.hear(text);
        talk.onText(camera.state(), now, effects);
      }
    }
    FAIL("they talk for ever");
  }
  void connect() {
    talk.onText(camera.state(), now, effects);
    settle();
  }
  void hear(const std::string& text) { talk.onText(text, now, effects); }
  template <class E>
  std::vector<E> take() {
    std::vector<E> taken;
    for (const auto& effect : effects)
      if (const auto* one = std::get_if<E>(&effect)) taken.push_back(*one);
    std::erase_if(effects, [](const auto& effect) { return std::holds_alternative<E>(effect); });
    return taken;
  }
};

std::string capture(const char* what, int at, const char* more = "") {
  return std::string("{\"type\":\"capture_") + what + "\",\"trigger_timestamp\":" + std::to_string(at) +
         ",\"trigger\":\"pir\"" + more + "}";
}
std::string segment(int at, int number) {
  return capture("segment", at, (",\"seg_no\":" + std::to_string(number)).c_str());
}

// The effects that have to do with captures, in short: "C" opens, "s0" a segment, "." it is whole, "!" it broke, "E2".
std::string story(talk::Effects& effects) {
  std::string text;
  for (const auto& effect : effects) {
    if (const auto* open = std::get_if<talk::CaptureOpens>(&effect)) text += "C(" + open->key + ") ";
    if (const auto* open = std::get_if<talk::SegmentOpens>(&effect)) text += "s" + std::to_string(open->number) + " ";
    if (std::get_if<talk::SegmentEnds>(&effect)) text += ". ";
    if (std::get_if<talk::SegmentBreaks>(&effect)) text += "! ";
    if (const auto* end = std::get_if<talk::CaptureEnds>(&effect)) text += "E" + std::to_string(end->segments) + " ";
  }
  effects.clear();
  return text;
}

}  // namespace

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

TEST_CASE("a segment is what comes between two things of a capture, with states in its midst") {
  Talked talked;
  talked.connect();
  talked.effects.clear();
  talked.hear(capture("start", 100));
  CHECK(talked.talk.capturing());
  CHECK_FALSE(talked.talk.onBinary(10, talked.effects));
  CHECK(talked.take<talk::Odd>().size() == 1);
  talked.hear(segment(100, 0));
  CHECK(talked.talk.onBinary(1300, talked.effects));
  talked.hear(talked.camera.state());
  CHECK(talked.talk.onBinary(1300, talked.effects));
  talked.hear("{\"type\":\"alarm\",\"trigger_timestamp\":5}");
  CHECK(talked.take<talk::Alarm>().at(0).at_ms == 5000);
  CHECK(talked.talk.onBinary(1300, talked.effects));
  talked.hear(segment(100, 1));
  talked.hear(capture("end", 100));
  CHECK_FALSE(talked.talk.capturing());
  CHECK(story(talked.effects) == "C(pir.100) s0 . s1 . E2 ");
  CHECK_FALSE(talked.talk.onBinary(1, talked.effects));
}

TEST_CASE("captures begin without a beginning, end without an end, and go on after a restart") {
  Talked talked;
  talked.connect();
  talked.effects.clear();
  talked.hear(segment(100, 3));  // resumed: capture_start came long ago
  talked.hear(capture("start", 200));
  talked.hear(segment(200, 0));
  talked.hear(segment(200, 0));  // repeated
  talked.hear(segment(300, 0));  // another capture
  CHECK(story(talked.effects) == "C(pir.100) s3 . E4 C(pir.200) s0 . s0 . E1 C(pir.300) s0 ");
  talked.hear(capture("end", 999));
  CHECK(talked.take<talk::Odd>().size() == 1);
  CHECK(story(talked.effects) == ". ");
  talked.hear(segment(300, 1));
  talked.talk.onLost(talked.effects);
  CHECK(story(talked.effects) == "s1 ! ");
  // Started again, it knows nothing any more.
  talked.camera = Camera{};
  talked.said.clear();
  talked.connect();
  CHECK(talked.said == std::vector<std::string>{"{\"id\":7}"});
  talked.effects.clear();
  talked.hear(segment(300, 1));
  talked.hear(capture("end", 300));
  CHECK(story(talked.effects) == "C(pir.300) s1 . E2 ");
}

TEST_CASE("two programs of a camera that send captures at the same time end each other's once at most") {
  Talked talked;
  talked.connect();
  talked.effects.clear();
  talked.hear(segment(100, 0));
  talked.hear(segment(200, 0));  // the first may have lost its end
  CHECK(story(talked.effects) == "C(pir.100) s0 . E1 C(pir.200) s0 ");
  talked.hear(segment(100, 1));  // it had not: from here on both are open
  talked.hear(segment(200, 1));
  talked.hear(segment(100, 2));
  talked.hear(capture("start", 200));
  talked.hear(capture("end", 100));
  CHECK(story(talked.effects) == ". C(pir.100) s1 . s1 . s2 . E3 ");
  CHECK(talked.talk.capturing());
  CHECK(talked.talk.segments() == 2);
  talked.hear(segment(200, 2));
  talked.hear(capture("end", 200));
  CHECK(story(talked.effects) == "s2 . E3 ");
  CHECK_FALSE(talked.talk.capturing());
  // What begins ends all that are open.
  for (const int at : {300, 400, 300}) talked.hear(segment(at, 0));
  talked.effects.clear();
  talked.hear(segment(500, 0));
  CHECK(story(talked.effects) == ". E1 E1 C(pir.500) s0 ");
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

TEST_CASE("nothing that a camera may say in any order leaves many captures or two segments open") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Talked talked;
    talked.connect();
    talked.effects.clear();
    int captures = 0, segments = 0;
    for (int step = 0; step < 60; ++step) {
      const int at = static_cast<int>(random() % 9);
      switch (random() % 7) {
        case 0: talked.hear(capture("start", at)); break;
        case 1:
        case 2: talked.hear(segment(at, static_cast<int>(random() % 4))); break;
        case 3: talked.hear(capture("end", at)); break;
        case 4: talked.hear(talked.camera.state()); break;
        case 5: {
          const bool open = segments == 1;
          CHECK(talked.talk.onBinary(100, talked.effects) == open);
          break;
        }
        case 6:
          if (random() % 8 == 0) {
            talked.talk.onLost(talked.effects);
            captures = 0;  // whoever keeps captures ends it
          }
          break;
      }
      for (const auto& effect : talked.effects) {
        captures += std::holds_alternative<talk::CaptureOpens>(effect);
        captures -= std::holds_alternative<talk::CaptureEnds>(effect);
        segments += std::holds_alternative<talk::SegmentOpens>(effect);
        segments -= std::holds_alternative<talk::SegmentEnds>(effect);
        segments -= std::holds_alternative<talk::SegmentBreaks>(effect);
        REQUIRE(captures >= 0);
        REQUIRE(captures <= static_cast<int>(CloudTalk::kMostOpen));
        REQUIRE((segments == 0 || segments == 1));
        REQUIRE(segments <= captures + 1);
      }
      talked.effects.clear();
    }
  }
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

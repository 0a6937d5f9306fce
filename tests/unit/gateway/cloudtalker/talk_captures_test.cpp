// What the talk with a cloudtalker makes of captures, in whatever order a camera tells of them.
#include <random>

#include "unit/gateway/cloudtalker/talked.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace robohub::gateway::test;

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

TEST_CASE("a segment that is not understood ends the one before, and its bytes are nobody's") {
  const std::string refused[] = {segment(100, 4096), capture("segment", 100, ",\"seg_no\":-1"), capture("segment", 100),
                                 R"({"type":"capture_start","trigger_timestamp":1e300,"trigger":"pir"})",
                                 R"({"type":"capture_pause"})"};
  for (const std::string& text : refused) {
    INFO(text);
    Talked talked;
    talked.connect();
    talked.effects.clear();
    talked.hear(segment(100, 0));
    CHECK(talked.talk.onBinary(1300, talked.effects));
    talked.hear(text);
    CHECK_FALSE(talked.talk.onBinary(1300, talked.effects));
    CHECK(talked.take<talk::Odd>().size() == 2);
    talked.hear(segment(100, 1));
    CHECK(talked.talk.onBinary(1300, talked.effects));
    CHECK(story(talked.effects) == "C(pir.100) s0 . s1 ");
    // What has nothing to do with captures goes by in the midst of it, understood or not.
    for (const char* other : {"Hello", "{}", R"({"type":"reboot"})", R"({"type":"state"})"}) talked.hear(other);
    CHECK(talked.talk.onBinary(1300, talked.effects));
    CHECK(story(talked.effects).empty());
  }
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

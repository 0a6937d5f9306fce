// What is read from browsers and robots, and what may be written to a robot.
#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "gateway/robot_tcp/message.hpp"
#include "gateway/robot_tcp/objects.hpp"
#include "gateway/robot_tcp/outbox.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace std::chrono_literals;

namespace {

Result<RobotMotors> motorsIn(RobotReader& reader, const std::string& data, const RobotMotors& now = {}) {
  const std::string text = "{\"type\":\"com_motor\",\"data\":" + data + "}";
  const auto message = reader.read(text);
  REQUIRE(message);
  return motorsOf(**message, now);
}

}  // namespace

TEST_CASE("A message is read with what its data say") {
  RobotReader reader;
  const auto read =
      reader.read(R"({"data":{"pitch":-1.5,"roll":2,"m1":{"dir":"CW","spd":20},"x":[{"spd":1}]},"type":"t"})");
  REQUIRE(read);
  const RobotMessage& message = **read;
  CHECK(message.type == "t");
  CHECK(message.has_data);
  CHECK(message.find("pitch")->number == -1.5);
  CHECK_FALSE(message.find("pitch")->whole);
  CHECK(message.find("roll")->whole);
  CHECK(message.find("dir", "m1")->text == "CW");
  CHECK(message.find("spd", "m1")->number == 20);
  CHECK_FALSE(message.find("spd", "x"));
  CHECK_FALSE(message.find("spd"));
}

TEST_CASE("A message that is none is refused, and the next one is read") {
  RobotReader reader;
  for (const char* text : {"", "1", "[]", "{}", R"({"type":1})", R"({"type":""})", R"({"type":"a","type":"b"})",
                           R"({"type":"a","data":{"x":1,"x":2}})", R"({"type":"a","data":{"m":{"x":1,"x":2}}})",
                           "{\"type\":\"\xff\"}", R"({"type":"a","data":{"x":1e999}})",
                           R"({"type":"a"} )"
                           "x"})
    CHECK_FALSE(reader.read(text));
  CHECK_FALSE(reader.read("{\"type\":\"" + std::string(65, 'x') + "\"}"));
  std::string deep = "{\"type\":\"a\",\"data\":";
  for (int i = 0; i < 40; ++i) deep += "{\"a\":";
  CHECK_FALSE(reader.read(deep + "1" + std::string(41, '}')));
  const auto good = reader.read(R"({"type":"a","data":5})");
  REQUIRE(good);
  CHECK((*good)->has_data);
  CHECK((*good)->fields.empty());
  for (const char* text : {R"({"type":"a"})", R"({"type":"a","x":{"data":5}})", R"({"type":"a","x":[{"data":5}]})"}) {
    INFO(text);
    const auto without = reader.read(text);
    REQUIRE(without);
    CHECK_FALSE((*without)->has_data);
  }
  for (const char* text : {R"({"data":null,"type":"a"})", R"({"type":"a","data":[1],"x":2})"}) {
    INFO(text);
    const auto with = reader.read(text);
    REQUIRE(with);
    CHECK((*with)->has_data);
  }
}

TEST_CASE("A robot gets both motors, whole speeds from 0 to 100, whatever a browser says") {
  RobotReader reader;
  const auto one = motorsIn(reader, R"({"m1":{"dir":"CW","spd":20}})", {{false, 1}, {true, 33}});
  REQUIRE(one);
  CHECK(*one == RobotMotors{{true, 20}, {true, 33}});
  CHECK(motorObject(*one) == R"({"type":"com_motor","data":{"m1":{"dir":"CW","spd":20},"m2":{"dir":"CW","spd":33}}})");
  CHECK(motorsIn(reader, R"({"m1":{"dir":"CW","spd":-7},"m2":{"dir":"CCW","spd":1000}})").value() ==
        RobotMotors{{true, 0}, {false, 100}});
  CHECK(motorsIn(reader, R"({"m2":{"spd":49.6}})").value().m2.speed == 50);
  CHECK_FALSE(motorsIn(reader, "{}"));
  CHECK_FALSE(motorsIn(reader, R"({"m1":5})"));
  CHECK_FALSE(motorsIn(reader, R"({"m1":{"dir":"left","spd":1}})"));
  CHECK_FALSE(motorsIn(reader, R"({"m1":{"dir":"CW","spd":"fast"}})"));
  CHECK(motorsIn(reader, R"({"m1":5})").error().where == "/data/m1");
}

TEST_CASE("Forward is m1 counter-clockwise and m2 clockwise, and percents come back") {
  CHECK(motorsOf(100, 100) == RobotMotors{{false, 100}, {true, 100}});
  CHECK(motorsOf(-30, 40.4) == RobotMotors{{true, 30}, {true, 40}});
  CHECK(motorsOf(1e9, std::nan("")) == RobotMotors{{false, 100}, {true, 0}});
  for (int left = -100; left <= 100; left += 25)
    for (int right = -100; right <= 100; right += 25) {
      const Drive back = driveOf(motorsOf(left, right));
      CHECK(back.left_percent == left);
      CHECK(back.right_percent == right);
    }
}

TEST_CASE("What a robot is written is ASCII without braces in texts, and means the same") {
  const std::string text = "a}{b é € 😀 \" \\ \x7f";
  const auto object = messageObject(text);
  REQUIRE(object);
  const std::string inside = object->substr(object->find(":{") + 2, object->size() - object->find(":{") - 4);
  CHECK(inside.find_first_of("{}") == std::string::npos);
  for (const unsigned char each : *object) {
    CHECK(each >= 0x20);
    CHECK(each < 0x7f);
  }
  const auto back = json::parseObject(*object);
  REQUIRE(back);
  CHECK((*back)->getObject("data")->getValue<std::string>("data") == text);
  CHECK(asciiObject("{ \"type\" : \"x\" ,\n\"data\" : { \"y\" : \"\\u007b \" } }").value() ==
        "{\"type\":\"x\",\"data\":{\"y\":\"\\u007b \"}}");
}

TEST_CASE("An object for a robot has at most 255 bytes") {
  const std::size_t around = messageObject("").value().size();
  CHECK(messageObject(std::string(255 - around, 'x')).value().size() == 255);
  CHECK(messageObject(std::string(256 - around, 'x')).error().code == ErrorCode::too_large);
  CHECK_FALSE(messageObject(std::string(60, '{')));
  CHECK_FALSE(messageObject(std::string(1'000'000, 'x')));
  CHECK(motorObject({{true, 100}, {false, 100}}).size() <= 90);
}

TEST_CASE("The newest drive replaces one that waits, and what was not read never exceeds what a robot reads at once") {
  RobotOutbox outbox;
  MonoTime now{1h};
  outbox.motors(motorsOf(10, 10), now);
  outbox.motors(motorsOf(20, 20), now);
  CHECK(outbox.take(now) == motorObject(motorsOf(20, 20)));
  CHECK_FALSE(outbox.take(now));
  std::size_t written = motorObject(motorsOf(20, 20)).size();
  for (int i = 0; i < 10; ++i) CHECK(outbox.push(switchObject("com_led", i % 2 == 0)));
  while (const auto object = outbox.take(now)) written += object->size();
  CHECK(written <= kRobotReadBytes);
  CHECK(outbox.due() > now);
  CHECK(outbox.due() <= now + RobotOutbox::kReadWithin);
  int more = 0;
  for (; outbox.due() != MonoTime::max(); now = std::max(now, outbox.due()))
    while (outbox.take(now)) ++more;
  CHECK(more > 4);
}

TEST_CASE("Standing still is said three times, 50 ms apart, unless something newer comes") {
  RobotOutbox outbox;
  MonoTime now{1h};
  outbox.motors({}, now);
  CHECK(outbox.take(now) == motorObject({}));
  CHECK(outbox.due() == now + 50ms);
  CHECK_FALSE(outbox.take(now + 49ms));
  CHECK(outbox.take(now + 50ms) == motorObject({}));
  CHECK(outbox.take(now + 100ms) == motorObject({}));
  CHECK(outbox.due() == MonoTime::max());
  outbox.motors({}, now + 200ms);
  CHECK(outbox.take(now + 200ms));
  outbox.motors(motorsOf(5, 5), now + 220ms);
  CHECK(outbox.take(now + 220ms) == motorObject(motorsOf(5, 5)));
  CHECK(outbox.due() == MonoTime::max());
}

TEST_CASE("A halt goes before what waits and forgets it") {
  RobotOutbox outbox;
  MonoTime now{1h};
  for (int i = 0; i < 40; ++i) (void)outbox.push(switchObject("com_buzzer", true));
  CHECK_FALSE(outbox.push(switchObject("com_led", true)));
  outbox.motors(motorsOf(50, 50), now);
  outbox.halt(now);
  CHECK(outbox.take(now) == motorObject({}));
  CHECK(outbox.take(now) == switchObject("com_buzzer", false));
  CHECK_FALSE(outbox.take(now));
  CHECK(outbox.take(now + 50ms) == motorObject({}));
  CHECK(outbox.motors().standing());
}

TEST_CASE("What was said last about the lamp is said behind a halt") {
  RobotOutbox outbox;
  MonoTime now{1h};
  for (const bool on : {true, false, true}) CHECK(outbox.push(switchObject("com_led", on)));
  CHECK(outbox.push(messageObject("com_led").value()));
  CHECK(outbox.push(switchObject("com_led", false)));
  CHECK(outbox.push(anyObject("com_led_arm", "{}").value()));
  outbox.halt(now);
  outbox.halt(now);
  CHECK(outbox.take(now) == motorObject({}));
  CHECK(outbox.take(now) == switchObject("com_buzzer", false));
  // Nothing but a halt goes onto a link that is stalled.
  CHECK_FALSE(outbox.take(now, RobotOutbox::kOnTheWay));
  CHECK(outbox.take(now) == switchObject("com_led", false));
  CHECK_FALSE(outbox.take(now));
  CHECK(outbox.take(now + 50ms) == motorObject({}));
  outbox.halt(now + 60ms);
  CHECK(outbox.take(now + 60ms) == motorObject({}));
  CHECK(outbox.take(now + 60ms) == switchObject("com_buzzer", false));
  CHECK_FALSE(outbox.take(now + 60ms));
}

TEST_CASE("At a halt the buzzer is told twice to be quiet, unless something newer is said about it") {
  RobotOutbox outbox;
  MonoTime now{1h};
  const auto quiet = switchObject("com_buzzer", false);
  outbox.halt(now);
  CHECK(outbox.take(now) == motorObject({}));
  CHECK(outbox.take(now) == quiet);
  CHECK(outbox.take(now + 50ms) == motorObject({}));
  CHECK(outbox.take(now + 50ms) == quiet);
  CHECK(outbox.take(now + 100ms) == motorObject({}));
  CHECK(outbox.due() == MonoTime::max());
  outbox.halt(now + 1s);
  CHECK(outbox.take(now + 1s));
  CHECK(outbox.take(now + 1s) == quiet);
  CHECK(outbox.push(switchObject("com_buzzer", true)));
  CHECK(outbox.take(now + 1020ms) == switchObject("com_buzzer", true));
  CHECK(outbox.take(now + 1050ms) == motorObject({}));
  CHECK(outbox.take(now + 1100ms) == motorObject({}));
  CHECK(outbox.due() == MonoTime::max());
}

TEST_CASE("While what was written has not arrived only a halt goes out, and the newest drive waits") {
  RobotOutbox outbox;
  MonoTime now{1h};
  constexpr std::size_t kStalled = RobotOutbox::kOnTheWay;
  for (int speed = 1; speed <= 20; ++speed, now += 50ms) {
    outbox.motors(motorsOf(speed, speed), now);
    CHECK_FALSE(outbox.take(now, kStalled));
    CHECK(outbox.due() <= now);
  }
  outbox.halt(now);
  CHECK(outbox.take(now, kStalled) == motorObject({}));
  CHECK(outbox.take(now, kStalled) == switchObject("com_buzzer", false));
  CHECK_FALSE(outbox.take(now + 50ms, kStalled));
  outbox.motors(motorsOf(30, 30), now + 60ms);
  outbox.motors(motorsOf(31, 31), now + 70ms);
  CHECK_FALSE(outbox.take(now + 1s, kStalled));
  CHECK(outbox.take(now + 1s, 0) == motorObject(motorsOf(31, 31)));
}

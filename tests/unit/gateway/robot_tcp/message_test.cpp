#include "gateway/robot_tcp/message.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::gateway;

TEST_CASE("A message is read into its type and the members of its data, one object deep") {
  RobotReader reader;
  const std::string text =
      R"({"type":"com_motor","data":{"m1":{"dir":"CW","spd":40},"m2":{"spd":-1.5,"deep":{"spd":9}},"on":true,"list":[1]}})";
  const auto read = reader.read(text);
  REQUIRE(read);
  const RobotMessage& message = **read;
  CHECK(message.type == "com_motor");
  CHECK(message.has_data);
  REQUIRE(message.find("m1"));
  CHECK(message.find("m1")->kind == RobotField::Kind::object);
  REQUIRE(message.find("dir", "m1"));
  CHECK(message.find("dir", "m1")->text == "CW");
  CHECK(message.find("spd", "m1")->number == 40);
  CHECK(message.find("spd", "m1")->whole);
  CHECK(message.find("spd", "m2")->number == -1.5);
  CHECK_FALSE(message.find("spd", "m2")->whole);
  CHECK(message.find("deep", "m2")->kind == RobotField::Kind::object);
  CHECK_FALSE(message.find("spd", "deep"));
  CHECK(message.find("on")->boolean);
  CHECK(message.find("list")->kind == RobotField::Kind::array);
  CHECK_FALSE(message.find("dir"));
  CHECK_FALSE(message.find("dir", "m2"));
}

TEST_CASE("What is written with escapes is the same message, and holds until the next one is read") {
  RobotReader reader;
  // Longer than what a string holds without memory of its own, and more of them than a vector holds without moving.
  std::string text = R"({"t\u0079pe":"com_\u006cotor_with_a_long_name","d\u0061ta":{)";
  for (int i = 0; i < 40; ++i)
    text += "\"\\u006b" + std::to_string(i) + "\":{\"a_long_\\u006bey_in_it\":\"a value that is\\tlong " +
            std::to_string(i) + "\"},";
  text += R"("id":"\u00e4"}})";
  const auto read = reader.read(text);
  REQUIRE(read);
  const RobotMessage& message = **read;
  CHECK(message.type == "com_lotor_with_a_long_name");
  CHECK(message.has_data);
  for (int i = 0; i < 40; ++i) {
    const RobotField* field = message.find("a_long_key_in_it", "k" + std::to_string(i));
    REQUIRE(field);
    CHECK(field->text == "a value that is\tlong " + std::to_string(i));
  }
  CHECK(message.find("id")->text == "\xc3\xa4");
  // Nothing of it is left in the next.
  const auto next = reader.read(R"({"type":"msg","data":{"data":""}})");
  REQUIRE(next);
  CHECK((*next)->type == "msg");
  CHECK((*next)->fields.size() == 1);
  CHECK((*next)->find("data")->text.empty());
}

TEST_CASE("A whole number is known to its last digit, and an id is a text or such a number") {
  RobotReader reader;
  const auto read = reader.read(
      R"({"type":"t","data":{"most":9223372036854775807,"least":-9223372036854775808,"odd":9007199254740993,"real":1.0,
          "text":"17","yes":true,"list":[17],"none":null}})");
  REQUIRE(read);
  const auto id = [&](const char* key) { return robotIdOf(*(*read)->find(key)); };
  CHECK(id("most") == "9223372036854775807");
  CHECK(id("least") == "-9223372036854775808");
  CHECK(id("odd") == "9007199254740993");
  CHECK((*read)->find("odd")->integer == 9007199254740993);
  CHECK(id("text") == "17");
  for (const char* other : {"real", "yes", "list", "none"}) CHECK(id(other).empty());
}

TEST_CASE("A key that stands twice is refused, however it is written, and the same key elsewhere is not") {
  RobotReader reader;
  CHECK_FALSE(reader.read(R"({"type":"a","type":"b"})"));
  CHECK_FALSE(reader.read(R"({"type":"a","\u0074ype":"b"})"));
  CHECK_FALSE(reader.read(R"({"type":"a","data":{"x\u0031":1,"x1":2}})"));
  CHECK(reader.read(R"({"type":"a","data":{"type":1,"m1":{"type":2},"m2":{"type":3}}})"));
  for (const char* bad : {R"({"type":1})", R"({"type":""})", R"(["type"])", R"({"type":"a)", R"({"type":"a\)",
                          "{\"type\":\"\x01\"}", "{\"type\":\"\xff\"}", R"({"type":"a"} x)"})
    CHECK_FALSE(reader.read(bad));
}

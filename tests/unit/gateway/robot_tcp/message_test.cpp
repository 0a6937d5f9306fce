#include "gateway/robot_tcp/message.hpp"

#include <catch2/catch.hpp>
#include <random>

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

namespace {

void checkSame(const Result<const RobotMessage*>& one, const Result<const RobotMessage*>& other) {
  REQUIRE(one.has_value() == other.has_value());
  if (!one) return;
  CHECK((*one)->type == (*other)->type);
  CHECK((*one)->has_data == (*other)->has_data);
  REQUIRE((*one)->fields.size() == (*other)->fields.size());
  for (std::size_t i = 0; i < (*one)->fields.size(); ++i) {
    const RobotField &a = (*one)->fields[i], &b = (*other)->fields[i];
    CHECK(a.in == b.in);
    CHECK(a.key == b.key);
    CHECK(a.kind == b.kind);
    CHECK(a.boolean == b.boolean);
    CHECK(a.whole == b.whole);
    CHECK(a.number == b.number);
    CHECK(a.integer == b.integer);
    CHECK(a.text == b.text);
  }
}

}  // namespace

TEST_CASE("A message that is written like one before it says what it would say to a reader that has seen none") {
  const std::vector<std::string> shapes{
      R"({"type":"orientation_data","data":{"pitch":@,"roll":@}})",
      R"({ "type" : "climate_data", "data" : { "temperature" : @ , "pressure":@ } })",
      R"({"type":"com_motor","data":{"m1":{"dir":"@","spd":@},"m2":{"dir":"@","spd":@}}})",
      R"({"data":{"deep":{"deeper":{"x":@}},"list":[@,"@"],"on":true,"none":null,"text":"@"},"type":"odd","id":@})",
      R"({"type":"@","data":{"data":"@"}})",
      R"({"type":"msg","data":"@","type_":@})",
      R"({"type":"t","data":{"type":"@","data":{"data":@}}})"};
  const std::vector<std::string> values{"0",    "-0", "7",        "-12.5", "1e3",  "1e999", "01", "1.",
                                        "CW",   "",   "\\u0041",  "\"",    "true", "{",     "}",  "9223372036854775808",
                                        "\x7f", "\n", "\xc3\xa4", "+1",    ".5",   "1E-2",  "-",  "1,\"x\":2"};
  std::mt19937 random(7);
  const auto any = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random); };
  RobotReader learns;
  std::size_t understood = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string text = shapes[any(shapes.size())];
    for (auto at = text.find('@'); at != std::string::npos; at = text.find('@'))
      text.replace(at, 1, any(3) > 0 ? std::to_string(any(200)) : values[any(values.size())]);
    if (any(4) == 0) text[any(text.size())] = static_cast<char>(any(256));
    if (any(9) == 0) text.resize(any(text.size() + 1));
    CAPTURE(text);
    RobotReader knows_nothing;
    const auto one = learns.read(text);
    checkSame(one, knows_nothing.read(text));
    if (!one) continue;
    ++understood;
    // At the beginning of more it is found as it is, or not at all.
    std::size_t size = 0;
    const std::string more = text + R"({"type":"next"})";
    if (const RobotMessage* front = learns.readFront(more, size)) {
      CHECK(size == text.size());
      checkSame(front, knows_nothing.read(text));
    }
  }
  CHECK(understood > 10'000);
}

TEST_CASE("Only so much is read without a parser: longer texts and more fields take the long way") {
  RobotReader reader;
  const std::string shape = R"({"type":"msg","data":{"data":"a"}})";
  REQUIRE(reader.read(shape));
  std::size_t size = 0;
  CHECK(reader.readFront(shape, size));
  const std::string text(RobotPattern::kMostBytes + 1, 'x');
  const std::string longer = R"({"type":"msg","data":{"data":")" + text + "\"}}";
  CHECK_FALSE(reader.readFront(longer, size));
  REQUIRE(reader.read(longer));
  CHECK(reader.readFront(shape, size));  // what cannot be learnt takes nobody's place
  REQUIRE(reader.read(R"({"type":"n","data":{"a":1}})"));
  CHECK(reader.readFront(R"({"type":"n","data":{"a":1.5}})", size));
  CHECK_FALSE(reader.readFront(R"({"type":"n","data":{"a":1.)" + std::string(64, '0') + "}}", size));
  std::string many = R"({"type":"many","data":{"k":0)";
  for (std::size_t i = 0; i < RobotPattern::kMostFields; ++i) many += ",\"k" + std::to_string(i) + "\":1";
  many += "}}";
  REQUIRE(reader.read(many));
  CHECK_FALSE(reader.readFront(many, size));
  // However many are learnt, what is of use lately is known.
  for (int i = 0; i < 100; ++i) {
    REQUIRE(reader.read("{\"type\":\"t" + std::to_string(i) + "\",\"data\":{}}"));
    CHECK(reader.readFront(shape, size));
  }
  CHECK(reader.readFront(R"({"type":"t99","data":{}})", size));
  CHECK_FALSE(reader.readFront(R"({"type":"t9","data":{}})", size));
  // The same with a line's end is another shape beside it.
  REQUIRE(reader.read(shape + "\n"));
  CHECK(reader.readFront(shape, size));
}

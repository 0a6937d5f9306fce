#include "link/messages.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "support/slowness.hpp"

using namespace robohub;
using namespace robohub::link;

namespace {

const char* const kNonce = "0123456789abcdef0123456789abcdef";

Stamp stamp(std::int64_t t_ns = 7) {
  return {*Nonce::parse(kNonce), t_ns};
}

template <class M>
M fromHub(std::string_view text) {
  auto message = parseFromHub(text);
  INFO(text);
  REQUIRE(message);
  return std::get<M>(*message);
}
template <class M>
M fromAgent(std::string_view text) {
  auto message = parseFromAgent(text);
  INFO(text);
  REQUIRE(message);
  return std::get<M>(*message);
}

}  // namespace

TEST_CASE("a hello whose stop is no small object is refused, not believed") {
  std::string members = "\"id\":\"s-1\"";
  for (int i = 0; i < 80; ++i) members += ",\"m" + std::to_string(i) + "\":1";
  const std::string hello =
      std::string("{\"type\":\"hello\",\"role\":\"control\",\"protocol\":[1,1],\"device\":\"d\",") +
      "\"agent\":\"0.1.0\",\"boot\":\"00000000000000aa\",\"nonce\":\"" + kNonce +
      "\",\"epoch\":1,\"plugin\":{\"type\":\"t\",\"version\":\"1\",\"manifest\":\"ff\"},\"stopped\":";
  REQUIRE(parseFromAgent(hello + "null}"));
  const auto read = parseFromAgent(hello + "{" + members + "}}");
  REQUIRE_FALSE(read);
  CHECK(read.error().where == "/stopped");
}

TEST_CASE("a stamp reads back as it was written") {
  const auto read = Stamp::parse(stamp(1234567890123456789).text());
  REQUIRE(read);
  CHECK(*read == stamp(1234567890123456789));
  CHECK(stamp(5).text() == std::string(kNonce) + ".5");
}

TEST_CASE("what only looks like a stamp is refused") {
  const std::string nonce = kNonce;
  for (const std::string& text :
       {std::string(), nonce, nonce + ".", nonce + ".-1", nonce + ".-0", nonce + ".07", nonce + ".1x", nonce + ". 1",
        nonce + ".99999999999999999999", "x" + nonce.substr(1) + ".1", "A" + nonce.substr(1) + ".1", nonce + "0.1",
        std::string(32, '0') + ".1"}) {
    INFO(text);
    CHECK_FALSE(Stamp::parse(text));
  }
}

TEST_CASE("every message of the agent reads back as it was written") {
  Hello hello;
  hello.device = *DeviceId::parse("lab-turret");
  hello.agent = "0.1.0";
  hello.boot = "00000000000000aa";
  hello.nonce = *Nonce::parse(kNonce);
  hello.epoch = 17;
  hello.plugin = {"laser_turret", "1.0.0", "ff"};
  hello.stopped = StopFacts{"s-7", "Ada \"A\"", "smoke\n"};
  const auto read = fromAgent<Hello>(encode(hello));
  CHECK(read.device == hello.device);
  CHECK(read.protocol_min == 1);
  CHECK(read.protocol_max == 1);
  CHECK(read.boot == hello.boot);
  CHECK(read.nonce == hello.nonce);
  CHECK(read.epoch == 17);
  CHECK(read.plugin == hello.plugin);
  CHECK(read.stopped == hello.stopped);
  // No more of a stop than a hub keeps of its own.
  hello.stopped = StopFacts{"s-7", std::string(20'000, 'a'), std::string(199, 'x') + "\xc3\xbc"};
  const auto cut = fromAgent<Hello>(encode(hello)).stopped;
  REQUIRE(cut);
  CHECK(cut->by == std::string(200, 'a'));
  CHECK(cut->reason == std::string(199, 'x'));
  hello.stopped->id = std::string(65, 's');
  const auto refused = parseFromAgent(encode(hello));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().where == "/stopped/id");
  hello.stopped.reset();
  CHECK_FALSE(fromAgent<Hello>(encode(hello)).stopped);

  CHECK(fromAgent<BulkHello>(encode(BulkHello{hello.device, "abc"})).link == "abc");
  const auto beat = fromAgent<AgentBeat>(encode(AgentBeat{99, true, 3}));
  CHECK(beat.t_ns == 99);
  CHECK(beat.energised);
  CHECK(beat.epoch == 3);
  CHECK(fromAgent<Ack>(encode(Ack{"c-1"})).id == "c-1");

  const auto result = fromAgent<CommandResult>(encode(CommandResult{
      "c-1", {FinalState::refused, ErrorCode::stale, "Too late.", "/x_px", "{\"a\":[1,2.5,\"\\u0001\"]}"}}));
  CHECK(result.outcome.state == FinalState::refused);
  CHECK(result.outcome.code == ErrorCode::stale);
  CHECK(result.outcome.pointer == "/x_px");
  CHECK(result.outcome.value_json == "{\"a\":[1,2.5,\"\\u0001\"]}");
  const auto done = fromAgent<CommandResult>(encode(CommandResult{"c-1", {FinalState::succeeded, {}, {}, {}, {}}}));
  CHECK_FALSE(done.outcome.code);
  CHECK(done.outcome.value_json.empty());

  CHECK(fromAgent<Stopped>(encode(Stopped{"s-7", true, ""})).confirmed);
  CHECK_FALSE(fromAgent<ResetDone>(encode(ResetDone{"s-7", false, "no"})).ok);
  CHECK(fromAgent<Telemetry>(encode(Telemetry{"servo", 4, "[true,null]"})).value_json == "[true,null]");
  CHECK(fromAgent<AgentEvent>(encode(AgentEvent{EventLevel::warning, "hot"})).level == EventLevel::warning);
}

TEST_CASE("every message of the hub reads back as it was written") {
  CHECK(fromHub<Welcome>(encode(Welcome{1, "0.1.0", "ab", 100, 17, 18})).epoch_floor == 17);
  CHECK(fromHub<Welcome>(encode(Welcome{1, "0.1.0", "ab", 100, 17, 18})).turn == 18);
  // A hub of before says nothing of it.
  CHECK(fromHub<Welcome>(R"({"type":"welcome","protocol":1,"hub":"0.1.0","link":"ab","beat_ms":100,"epoch_floor":17})")
            .turn == 0);
  fromHub<BulkWelcome>(encode(BulkWelcome{}));
  CHECK(fromHub<Refused>(encode(Refused{"unauthenticated", "No."})).code == "unauthenticated");
  const auto grant = fromHub<Grant>(encode(Grant{18, 60000, stamp()}));
  CHECK(grant.epoch == 18);
  CHECK(grant.lease_ms == 60000);
  CHECK(grant.stamp == stamp());
  CHECK(fromHub<HubBeat>(encode(HubBeat{18, 7, stamp()})).seq == 7);
  CHECK(fromHub<End>(encode(End{18})).epoch == 18);
  const auto command =
      fromHub<Command>(encode(Command{"c-12", 18, 8, stamp(), 2000, "aim", "{\"x_px\":320.5,\"tags\":[]}", true}));
  CHECK(command.name == "aim");
  CHECK(command.params_json == "{\"x_px\":320.5,\"tags\":[]}");
  CHECK(command.feeds);
  CHECK(command.ttl_ms == 2000);
  CHECK(fromHub<Cancel>(encode(Cancel{"c-1"})).id == "c-1");
  CHECK(fromHub<Stop>(encode(Stop{"s-1", "Ada", "fire"})).reason == "fire");
  CHECK(fromHub<Reset>(encode(Reset{"s-1"})).id == "s-1");
  CHECK(fromHub<Watch>(encode(Watch{"main", true})).on);
}

TEST_CASE("unknown members are ignored and unknown types are unsupported") {
  CHECK(fromHub<End>(R"({"later":{"a":[1,{"b":null}]},"type":"end","epoch":3})").epoch == 3);
  const auto unknown = parseFromHub(R"({"type":"dance"})");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::unsupported);
  CHECK_FALSE(parseFromHub(R"({"type":"ack","id":"c-1"})"));  // the agent's
  CHECK_FALSE(parseFromHub(R"({})"));
}

TEST_CASE("a wrong member is refused with its place") {
  const std::string good = R"("stamp":")" + stamp().text() + "\"";
  const auto where = [](const std::string& text) {
    auto message = parseFromHub(text);
    REQUIRE_FALSE(message);
    CHECK(message.error().code == ErrorCode::invalid_argument);
    return message.error().where;
  };
  CHECK(where(R"({"type":"end"})") == "/epoch");
  CHECK(where(R"({"type":"end","epoch":"3"})") == "/epoch");
  CHECK(where(R"({"type":"end","epoch":-1})") == "/epoch");
  CHECK(where(R"({"type":"end","epoch":9223372036854775807})") == "/epoch");
  CHECK(where(R"({"type":"end","epoch":1.0})") == "/epoch");
  CHECK(where(R"({"type":"beat","epoch":1,"seq":1,"stamp":"x"})") == "/stamp");
  CHECK(where(R"({"type":"command","id":"","epoch":1,"seq":1,)" + good + R"(,"ttl_ms":1,"name":"a","params":{}})") ==
        "/id");
  CHECK(where(R"({"type":"command","id":"c","epoch":1,"seq":1,)" + good + R"(,"ttl_ms":1,"name":"a","params":[]})") ==
        "/params");
  CHECK(where(R"({"type":"command","id":"c","epoch":1,"seq":1,)" + good + R"(,"ttl_ms":0,"name":"a","params":{}})") ==
        "/ttl_ms");
  CHECK(where(R"({"type":"stop","id":7})") == "/id");
}

TEST_CASE("what a lenient reader would let pass is refused") {
  for (const char* text :
       {R"({"type":"end","epoch":1,"epoch":2})", R"({"type":"end","epoch":1} x)", R"([{"type":"end","epoch":1}])", "",
        R"({"type":"end","epoch":18446744073709551616})", R"({"type":"end","epoch":1,"x":{"a":1,"a":2}})",
        R"({"type":"end","epoch":1,"x":1e999})", "{\"type\":\"end\",\"epoch\":1,\"x\":\"\xff\"}", R"("end")", "nul"}) {
    INFO(text);
    CHECK_FALSE(parseFromHub(text));
  }
  std::string deep = R"({"type":"end","epoch":1,"x":)";
  for (int i = 0; i < 40; ++i) deep += '[';
  CHECK_FALSE(parseFromHub(deep + std::string(40, ']') + "}"));
  const auto big = parseFromHub(R"({"type":"end","epoch":1,"x":")" + std::string(70'000, 'a') + "\"}");
  REQUIRE_FALSE(big);
  CHECK(big.error().code == ErrorCode::too_large);
}

TEST_CASE("a hello with absurdly many members in it is refused") {
  std::string many = "{\"id\":\"s-1\"";
  for (int i = 0; i < 100; ++i) many += ",\"m" + std::to_string(i) + "\":1";
  Hello hello;
  hello.device = *DeviceId::parse("d");
  hello.nonce = *Nonce::parse(kNonce);
  std::string text = encode(hello);
  const std::string none = "\"stopped\":null";
  text.replace(text.find(none), none.size(), "\"stopped\":" + many + "}");
  const auto read = parseFromAgent(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().where == "/stopped");
}

TEST_CASE("nested values keep their meaning on their way through") {
  const auto text = [](const char* params) {
    return R"({"type":"command","id":"c","epoch":1,"seq":1,"stamp":")" + stamp().text() +
           R"(","ttl_ms":1,"name":"a","params":)" + params + "}";
  };
  CHECK(fromHub<Command>(text(R"({ "a" : [ ] , "b" : { } })")).params_json == R"({"a":[],"b":{}})");
  CHECK(fromHub<Command>(text(R"({"q\"":"\u00e4\n","n":-3,"f":[true,false,null,[1]]})")).params_json ==
        "{\"q\\\"\":\"\xc3\xa4\\n\",\"n\":-3,\"f\":[true,false,null,[1]]}");
  // A number that was no integer stays none; one that was stays one.
  CHECK(fromHub<Command>(text(R"({"a":3.0,"b":3,"c":1e300})")).params_json == R"({"a":3.0,"b":3,"c":1e+300})");
}

TEST_CASE("stops are ordered by their numbers") {
  CHECK(stopNumber("s-7") == 7);
  CHECK(stopNumber(stopId(12345)) == 12345);
  for (const char* text : {"", "s-", "s-x", "s-7 ", "7", "c-7", "s--7", "s-99999999999999999999"})
    CHECK(stopNumber(text) == 0);
}

TEST_CASE("a command is written and read in a few microseconds") {
  const Command command{"c-12", 18, 8, stamp(), 2000, "aim", "{\"x_px\":320,\"y_px\":240}", false};
  constexpr int kRounds = 20'000;
  std::size_t bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = encode(command);
    bytes += std::get<Command>(*parseFromHub(text)).params_json.size();
  }
  const double us =
      std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / kRounds;
  CHECK(bytes == kRounds * command.params_json.size());
  CAPTURE(us);
  CHECK(us < 100 * test::kSlowness);  // far above what it takes, for machines under load
}

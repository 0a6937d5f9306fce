// A plugin's translator as the hub runs it: through the C tables, made by the skin and by somebody careless.
#include "plugin/translator_link.hpp"

#include <catch2/catch.hpp>

#include "rh/plugin.hpp"

using namespace robohub;
using plugin::TranslatorLink;

namespace {

class Lamp final : public rh::Device {
 public:
  explicit Lamp(rh::Context) {}
  void on(bool) {}
  void ask() {}
  void halt() noexcept override {}
  static rh::Type<Lamp> type();
};

class OldLamp final : public rh::Translator {
 public:
  explicit OldLamp(rh::Context context)
      : context_(std::move(context)), topic_(context_.config<std::string>("topic", "lamp")) {
    if (topic_.empty()) throw rh::invalid("/topic must not be empty.");
  }
  bool encode(const rh::LinkCommand& command, const rh::Outbox& out) override {
    if (command.name == "ask") {
      out.send(topic_, "?" + std::to_string(command.request));
      return true;
    }
    out.send(topic_, command.params.get<bool>("on") ? "1" : "0");
    if (command.params.has("throw")) throw 7;
    return false;
  }
  void decode(const std::string& topic, std::string_view payload) override {
    if (payload == "bad") throw rh::invalid("No such answer.");
    if (payload.starts_with("!")) context_.complete(std::stoull(std::string(payload.substr(1))), RH_OK, R"({"v":1})");
    context_.publish("state", rh::Json{{"topic", topic}});
  }
  void halt(const std::string& reason, const rh::Outbox& out) override { out.send(topic_, "halt " + reason); }

 private:
  const rh::Context context_;
  const std::string topic_;
};

rh::Type<Lamp> Lamp::type() {
  return rh::Type<Lamp>("old_lamp", "1.0.0")
      .command<&Lamp::on>("on", "Switch", {rh::boolean("on")})
      .command<&Lamp::ask>("ask", "Ask")
      .channel("state", {rh::text("topic", 64)})
      .translator<OldLamp>({"on", "ask"}, {"state"}, true);
}

using Entry = rh::detail::Entry<Lamp>;
constexpr rh_plugin kPlugin{sizeof(rh_plugin), RH_ABI_VERSION, Entry::describe,
                            Entry::start,      Entry::stop,    Entry::interface};

TranslatorLink::Command command(std::string_view name, std::string_view params, std::uint64_t request = 7) {
  return {request, 1, MonoTime(std::chrono::hours(1)), name, params};
}

// One that keeps no promise.
const rh_plugin& careless() {
  static const rh_translator table{
      sizeof(rh_translator),
      0,
      [](const rh_open*, rh_link** link, const rh_sink*) -> rh_status {
        *link = reinterpret_cast<rh_link*>(1);
        return RH_OK;
      },
      [](rh_link*, const rh_request* request, const rh_message_sink* out, const rh_sink* message) -> rh_status {
        const std::string_view name(request->command.data, request->command.size);
        if (name == "flood")
          for (int i = 0; i < 10'000; ++i) out->write(out->context, {"t", 1}, {nullptr, 0});
        if (name == "throw") throw 7;
        if (name == "odd") return 4711;
        for (int i = 0; name == "talk" && i < 10'000; ++i) message->write(message->context, {"blah blah blah", 14});
        return name == "talk" ? RH_CONFLICT : RH_OK;
      },
      [](rh_link*, rh_text, rh_bytes, const rh_sink*) -> rh_status { throw 8; },
      [](rh_link*, rh_text reason, const rh_message_sink* out, const rh_sink*) -> rh_status {
        if (std::string_view(reason.data, reason.size) == "silence") return RH_OK;
        if (std::string_view(reason.data, reason.size) != "flood") return RH_UNAVAILABLE;
        for (int i = 0; i < 10'000; ++i) out->write(out->context, {"t", 1}, {nullptr, 0});
        return RH_OK;
      },
      [](rh_link*) { throw 9; }};
  static const rh_plugin plugin{sizeof(rh_plugin),
                                RH_ABI_VERSION,
                                nullptr,
                                [](const rh_host*, const rh_sink*) -> rh_status { return RH_OK; },
                                [] {},
                                [](rh_text) -> const void* { return &table; }};
  return plugin;
}

}  // namespace

TEST_CASE("a translator makes messages of commands, and values and answers of messages") {
  std::vector<std::string> said;
  TranslatorLink::Events events;
  events.publish = [&](const std::string& channel, const std::string& json) { said.push_back(channel + json); };
  events.complete = [&](std::uint64_t request, const Result<std::string>& result) {
    said.push_back(std::to_string(request) + *result);
  };
  auto link = TranslatorLink::open(kPlugin, "old_lamp", "d1", R"({"topic":"attic"})", events);
  REQUIRE(link);
  const auto on = (*link)->encode(command("on", R"({"on":true})"));
  REQUIRE(on);
  REQUIRE(on->messages.size() == 1);
  CHECK(on->messages[0].topic == "attic");
  CHECK(on->messages[0].payload == "1");
  CHECK_FALSE(on->pending);
  CHECK((*link)->encode(command("ask", "{}", 42))->pending);
  CHECK((*link)->decode("attic/state", "!42"));
  CHECK(said == std::vector<std::string>{R"(42{"v":1})", R"(state{"topic":"attic/state"})"});
  CHECK((*link)->halt("deadman")->at(0).payload == "halt deadman");
  CHECK((*link)->decode("x", "bad").error().message == "No such answer.");
  // What was put out before a failure is not given.
  CHECK_FALSE((*link)->encode(command("on", R"({"on":true,"throw":1})")));
  CHECK_FALSE((*link)->encode(command("on", "{")));
}

TEST_CASE("a type says what its translator can do, and a plugin without one has no table") {
  const rh::Json manifest = [] {
    std::string text;
    const rh_sink sink = rh::sinkTo(text);
    REQUIRE(Entry::describe(&sink) == RH_OK);
    return rh::Json::parse(text);
  }();
  const rh::Json& translator = *manifest.find("device_types")->items()[0].find("translator");
  CHECK(translator.dump() == R"({"channels":["state"],"commands":["on","ask"],"halt":true})");
  CHECK(TranslatorLink::open(kPlugin, "old_lamp", "d1", R"({"topic":""})", {}).error().message ==
        "/topic must not be empty.");
  CHECK(TranslatorLink::open(kPlugin, "other", "d1", "{}", {}).error().code == ErrorCode::not_found);
  static const rh_plugin none{sizeof(rh_plugin), RH_ABI_VERSION, nullptr,
                              nullptr,           nullptr,        [](rh_text) -> const void* { return nullptr; }};
  CHECK(TranslatorLink::open(none, "old_lamp", "d1", "{}", {}).error().code == ErrorCode::unsupported);
}

TEST_CASE("a careless translator costs an error and nothing more") {
  auto link = TranslatorLink::open(careless(), "any", "d1", "{}", {});
  REQUIRE(link);
  CHECK((*link)->encode(command("fine", "{}"))->messages.empty());
  CHECK((*link)->encode(command("flood", "{}")).error().code == ErrorCode::too_large);
  CHECK((*link)->encode(command("throw", "{}")).error().code == ErrorCode::internal);
  CHECK((*link)->encode(command("odd", "{}")).error().code == ErrorCode::internal);
  const auto talk = (*link)->encode(command("talk", "{}"));
  CHECK(talk.error().code == ErrorCode::conflict);
  CHECK(talk.error().message.size() <= 64 * 1024);
  CHECK_FALSE((*link)->decode("t", "x"));
  CHECK((*link)->halt("stop").error().code == ErrorCode::unavailable);
  CHECK((*link)->halt("flood").error().code == ErrorCode::too_large);
  CHECK((*link)->halt("silence").error().code == ErrorCode::internal);
}

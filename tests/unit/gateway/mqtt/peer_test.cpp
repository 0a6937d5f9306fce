// A device behind the broker on a real loop, with a broker that the test plays.
#include <catch2/catch.hpp>
#include <thread>

#include "gateway/mqtt/configured.hpp"
#include "gateway/mqtt/native.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace std::chrono_literals;

namespace {

MqttDevice settings(bool translator = false) {
  MqttDevice device;
  device.id = "d1";
  device.type = "test_good";
  device.translator = translator;
  return device;
}

// What it hears and what becomes of it, in order.
class TestPeer final : public MqttPeer {
 public:
  using MqttPeer::MqttPeer;
  std::vector<std::string> filters() const override { return {}; }
  bool counts(const std::string& topic) const override { return topic == "stopped"; }
  std::optional<link::Outcome> run(const link::RunCommand&) override { return std::nullopt; }
  Status halt(link::HaltReason) override { return {}; }

  live::test::Record<std::string> happened;
  std::chrono::milliseconds reads_for{0};  // so long it takes to read a message

 private:
  void message(const MqttIncoming& message) override {
    const auto until = std::chrono::steady_clock::now() + reads_for;
    while (std::chrono::steady_clock::now() < until) continue;
    happened.add(message.topic + " " + message.payload);
  }
  void begun() override { happened.add("begun"); }
  void gone() override { happened.add("gone"); }
};

// The rest of the gateway. The test's thread is the client's loop.
template <class Peer>
struct PeerBench {
  explicit PeerBench(std::shared_ptr<Peer> made) : peer(std::move(made)) {}
  void begin() {
    peer->use([this](std::string_view topic, std::string_view payload) -> Status {
      sent.add(std::string(topic) + " " + std::string(payload));
      return {};
    });
    peer->attach(bench.device());
    peer->brokerUp();
    settle();
  }
  // What a device says is taken in by turns.
  void settle() {
    for (int turn = 0; turn < 100; ++turn) bench.settle();
  }
  ~PeerBench() {
    std::promise<void> done;
    peer->end([&] { done.set_value(); });
    done.get_future().wait();
  }
  // Nothing happens on the device's loop meanwhile.
  void whileItIsBusy(const std::function<void()>& work) {
    std::promise<void> busy, enough;
    bench.device()->loop().post([&] {
      busy.set_value();
      enough.get_future().wait();
    });
    busy.get_future().wait();
    work();
    enough.set_value();
    settle();
  }
  control::CommandRecord command(const std::string& name, const std::string& params) {
    auto call = live::test::LiveBench::call(name, params);
    call.from_program = true;
    std::promise<control::CommandRecord> done;
    bench.on([&](live::LiveDevice& device) {
      device.command(live::test::person("ada"), call, 10s,
                     [&](const control::CommandRecord& record) { done.set_value(record); });
    });
    return done.get_future().get();
  }

  live::test::LiveBench bench;
  live::test::Record<std::string> sent;
  std::shared_ptr<Peer> peer;
};

void nothing(link::EventLevel, const std::string&) {}

MqttType typeOf(live::LiveDevice& device) {
  MqttType type;
  type.type = type.installed = device.services().catalogue.newest("test_good");
  return type;
}

// A translator that answers from a thread of its own, from within what it is asked, or when it hears something.
struct Threaded {
  const rh_host* host = nullptr;
  rh_host_device* device = nullptr;
  std::vector<std::thread> threads;

  void value(int n) const {
    const std::string text = "{\"on\":true,\"n\":" + std::to_string(n) + "}";
    host->publish(host, device, {"output", 6}, {text.data(), text.size()});
  }
  void answer(std::uint64_t request) const { host->complete(host, device, request, RH_OK, {R"({"sum":5})", 9}); }
};

const rh_plugin& threaded() {
  static const rh_translator table{
      sizeof(rh_translator),
      0,
      [](const rh_open* args, rh_link** link, const rh_sink*) -> rh_status {
        auto* made = new Threaded{args->host, args->device, {}};
        *link = reinterpret_cast<rh_link*>(made);
        return RH_OK;
      },
      [](rh_link* link, const rh_request* request, const rh_message_sink* out, const rh_sink*) -> rh_status {
        auto* self = reinterpret_cast<Threaded*>(link);
        if (std::string_view(request->command.data, request->command.size) == "add") {
          self->threads.emplace_back([self, id = request->id] {
            for (int n = 0; n < 50; ++n) self->value(n);
            self->answer(id);
          });
        } else {
          self->value(51);
          self->answer(request->id);
        }
        out->write(out->context, {"t", 1}, {nullptr, 0});
        return RH_PENDING;
      },
      [](rh_link*, rh_text, rh_bytes, const rh_sink*) -> rh_status { return RH_OK; },
      [](rh_link* link, rh_text, const rh_message_sink*, const rh_sink*) -> rh_status {
        reinterpret_cast<Threaded*>(link)->value(52);
        return RH_OK;
      },
      [](rh_link* link) {
        auto* self = reinterpret_cast<Threaded*>(link);
        for (std::thread& each : self->threads) each.join();
        delete self;
      }};
  static const rh_plugin plugin{sizeof(rh_plugin),
                                RH_ABI_VERSION,
                                nullptr,
                                [](const rh_host*, const rh_sink*) -> rh_status { return RH_OK; },
                                [] {},
                                [](rh_text) -> const void* { return &table; }};
  return plugin;
}

}  // namespace

TEST_CASE("a flood of values costs a device neither its answer to a stop nor its newest values") {
  live::test::LiveBench types;
  PeerBench<TestPeer> bench(std::make_shared<TestPeer>(settings(), typeOf(*types.device()), nothing));
  bench.begin();
  std::size_t dropped = 0;
  bench.whileItIsBusy([&] {
    std::vector<MqttIncoming> many;
    for (int i = 0; i < 4000; ++i) many.push_back({i % 2 ? "odd" : "even", std::to_string(i)});
    many.insert(many.begin() + 3000, MqttIncoming{"stopped", "1"});
    dropped += bench.peer->take(many);
    dropped += bench.peer->take({{"odd", "4001"}, {"stopped", "2"}, {"new", "1"}});
  });
  const auto all = bench.peer->happened.all();
  CHECK(dropped == 4001 - 1024 + 1);
  CHECK(all.size() == 1 + 1024 + 2);
  for (const char* kept : {"stopped 1", "stopped 2", "odd 4001", "even 3998"}) {
    INFO(kept);
    CHECK(std::count(all.begin(), all.end(), kept) == 1);
  }
}

TEST_CASE("what a device floods is taken in by turns, and others of its loop wait for none of it") {
  live::test::LiveBench types;
  PeerBench<TestPeer> bench(std::make_shared<TestPeer>(settings(), typeOf(*types.device()), nothing));
  bench.peer->reads_for = 5ms;
  bench.begin();
  std::size_t read_before = 0;
  std::promise<void> done;
  bench.whileItIsBusy([&] {
    std::vector<MqttIncoming> many;
    for (int i = 0; i < 64; ++i) many.push_back({"a", std::to_string(i)});
    bench.peer->take(std::move(many));
    bench.peer->brokerDown("it went away", true);
    bench.peer->take({{"a", "64"}});
    bench.bench.device()->loop().post([&] {
      read_before = bench.peer->happened.all().size();
      done.set_value();
    });
  });
  done.get_future().wait();
  CHECK(read_before < 10);
  // All of it in its order all the same.
  REQUIRE(bench.peer->happened.wait([](const std::string& each) { return each == "a 64"; }));
  const auto all = bench.peer->happened.all();
  REQUIRE(all.size() == 1 + 64 + 1 + 1);
  for (std::size_t i = 0; i < 64; ++i) CHECK(all[1 + i] == "a " + std::to_string(i));
  CHECK(all[65] == "gone");
}

TEST_CASE("the end of the hub waits for nothing that a device has said") {
  live::test::LiveBench types;
  PeerBench<TestPeer> bench(std::make_shared<TestPeer>(settings(), typeOf(*types.device()), nothing));
  bench.peer->reads_for = 5ms;
  bench.begin();
  std::vector<MqttIncoming> many;
  for (int i = 0; i < 1000; ++i) many.push_back({"a", std::to_string(i)});
  bench.peer->take(std::move(many));
  std::promise<void> done;
  bench.peer->end([&] { done.set_value(); });
  done.get_future().wait();
  const auto all = bench.peer->happened.all();
  CHECK(all.size() < 1000);
  CHECK(all.back() == "gone");
}

TEST_CASE("what is said behind a loss of the broker is heard behind it") {
  live::test::LiveBench types;
  PeerBench<TestPeer> bench(std::make_shared<TestPeer>(settings(), typeOf(*types.device()), nothing));
  bench.begin();
  bench.whileItIsBusy([&] {
    bench.peer->take({{"a", "1"}});
    bench.peer->brokerDown("it went away", true);
    bench.peer->take({{"a", "2"}});
    bench.peer->brokerUp();
    bench.peer->take({{"a", "3"}});
  });
  CHECK(bench.peer->happened.all() == std::vector<std::string>{"begun", "a 1", "gone", "a 2", "begun", "a 3"});
}

TEST_CASE("a translator answers from whatever thread it likes, and at once") {
  live::test::LiveBench types;
  MqttType type = typeOf(*types.device());
  auto installed = std::make_shared<live::InstalledType>(*type.installed);
  installed->entry = &threaded();
  type.installed = std::move(installed);
  type.halt = live::HaltKind::sent;
  auto made = MqttConfigured::make(settings(true), type, nothing);
  REQUIRE(made);
  PeerBench<MqttPeer> bench(std::move(*made));
  bench.begin();
  const auto page = bench.bench.watch(live::test::person("bob"));
  const auto added = bench.command("add", R"({"a":2,"b":3})");
  CHECK(added.state == control::CommandState::succeeded);
  CHECK(added.value_json == R"({"sum":5})");
  CHECK(bench.command("forget", "{}").state == control::CommandState::succeeded);
  const auto said = [](int n) {
    return [n](const json::Object& each) {
      const auto value = json::getObject(each, "value").value_or(nullptr);
      return value && json::getInt(*value, "n").value_or(-1) == n;
    };
  };
  CHECK(page->get("telemetry", said(51)));
}

TEST_CASE("what only a translator hears, and whether the device is there, gives way to no value") {
  live::test::LiveBench types;
  MqttType type = typeOf(*types.device());
  auto installed = std::make_shared<live::InstalledType>(*type.installed);
  installed->entry = &threaded();
  type.installed = std::move(installed);
  type.halt = live::HaltKind::sent;
  MqttDevice device = settings(true);
  device.listen = {"answers/#"};
  device.online = MqttMessage{"tele/online", "yes"};
  MqttChannel warmth;
  warmth.name = "warmth";
  warmth.topic = "answers/warmth";
  warmth.pointer = "/t";
  device.telemetry = {warmth};
  const auto made = MqttConfigured::make(device, type, nothing);
  REQUIRE(made);
  CHECK((*made)->counts("answers/1"));
  CHECK((*made)->counts("tele/online"));
  CHECK_FALSE((*made)->counts("answers/warmth"));
  CHECK_FALSE((*made)->counts("else"));
  std::promise<void> done;
  (*made)->end([&] { done.set_value(); });
  done.get_future().wait();
}

TEST_CASE("a device whose broker is away is shown with what it can do when it comes") {
  live::test::LiveBench types;
  MqttType type = typeOf(*types.device());
  type.halt = live::HaltKind::sent;
  PeerBench<TestPeer> bench(std::make_shared<TestPeer>(settings(), type, nothing));
  bench.peer->attach(bench.bench.device());
  bench.bench.settle();
  const auto view = bench.bench.device()->view();
  CHECK(view->presence == live::Presence::never);
  CHECK(view->link == device::Link::mqtt);
  CHECK(view->halt == live::HaltKind::sent);
  CHECK_FALSE(view->fenced);
  CHECK(view->plugin_installed);
}

TEST_CASE("a device that says by turns that it is there and away comes once a second, and goes at once") {
  live::test::LiveBench types;
  MqttDevice device = settings();
  device.native = true;
  PeerBench<MqttNative> bench(std::make_shared<MqttNative>(device, typeOf(*types.device()), nothing));
  bench.begin();
  const auto page = bench.bench.watch(live::test::person("bob"));
  bench.bench.log.clear();
  const auto says = [&](const char* online) {
    std::vector<MqttIncoming> messages;
    messages.push_back({"robohub/v1/d1/online", online});
    bench.peer->take(std::move(messages));
  };
  const auto presence = [&] { return bench.bench.device()->view()->presence; };
  says("true");
  bench.settle();
  CHECK(presence() == live::Presence::online);
  for (int i = 0; i < 1000; ++i) {
    says("false");
    says("true");
  }
  says("false");
  bench.settle();
  CHECK(presence() == live::Presence::offline);
  CHECK(page->count("event") < 20);
  CHECK(page->count("device") < 20);
  CHECK(bench.bench.log.all().size() < 20);
  // What it says last counts, a second after it came.
  says("true");
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (presence() != live::Presence::online && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(5ms);
  CHECK(presence() == live::Presence::online);
}

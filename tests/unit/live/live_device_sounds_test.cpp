// The sound of a device: asked for while somebody listens, checked when it comes.
#include <catch2/catch.hpp>

#include "link/sound.hpp"
#include "live/live_device.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;

namespace {

// Takes what is sent to a listener.
class Ear final : public net::HttpStream {
 public:
  bool send(std::span<const SharedBytes> parts, net::SendClass send_class) override {
    if (!open()) return false;
    for (const auto& part : parts) heard.add({send_class, std::string(*part)});
    return true;
  }
  void onClosed(std::function<void()>) override {}
  void onDrained(std::function<void()>) override {}
  void close() override { open_ = false; }
  bool open() const override { return open_; }
  std::size_t queuedBytes() const override { return 0; }
  net::OutputCounts counts() const override { return {}; }

  Record<std::pair<net::SendClass, std::string>> heard;

 private:
  std::atomic<bool> open_{true};
};

// A listener of the device's sound, on a loop that is not the device's.
std::shared_ptr<Ear> listen(LiveBench& bench) {
  auto ear = std::make_shared<Ear>();
  net::Loop& loop = bench.loops->at(2);
  std::promise<void> there;
  loop.post([&] {
    bench.device()->sound("sound")->addListener(ear, loop);
    there.set_value();
  });
  there.get_future().wait();
  return ear;
}

std::string message(const std::string& pcm, const char* stream = "sound") {
  return link::encodeSoundHead(stream, 5).value() + pcm;
}

}  // namespace

TEST_CASE("Sound is asked for while somebody listens and reaches who does") {
  LiveBench bench;
  const auto control = bench.ready();
  const auto bulk = std::make_shared<ScriptedPort>();
  REQUIRE(bench.on([&](LiveDevice& live) { return live.bulkOnline(bulk, control->get<link::Welcome>()->link); }));
  const auto view = bench.device()->view();
  REQUIRE(view->streams.size() == 2);
  CHECK(view->streams[1].kind == "sound");
  CHECK(deviceJson(*view, {}).find(R"("name":"sound","kind":"sound","rate_hz":16000,"live":false)") !=
        std::string::npos);
  CHECK(bench.device()->stream("sound") == nullptr);
  CHECK(bench.device()->sound("main") == nullptr);
  const auto push = [&](const AgentPort* port, const std::string& bytes) {
    bench.on([&](LiveDevice& live) { live.sound(port, bytes); });
  };

  const std::string pcm(1280, 'x');
  push(bulk.get(), message(pcm));  // nobody listens: nothing happens
  CHECK_FALSE(bench.device()->view()->streams[1].live);
  const auto ear = listen(bench);
  const auto watch = bulk->get<link::Watch>();
  REQUIRE(watch);
  CHECK(watch->stream == "sound");
  CHECK(watch->on);

  push(control.get(), message(std::string(1280, 'c')));
  push(bulk.get(), message(std::string(1280, 'n'), "nothing"));
  push(bulk.get(), message(pcm));
  const auto chunk = ear->heard.wait([](const auto& each) { return each.first == net::SendClass::sound; });
  REQUIRE(chunk);
  CHECK(chunk->second == pcm);
  CHECK(ear->heard.all().size() == 2);  // the opening, and the one good chunk
  CHECK(bench.device()->view()->streams[1].live);

  bench.on([&](LiveDevice& live) { live.bulkLost(bulk.get()); });
  CHECK_FALSE(bench.device()->view()->streams[1].live);
  const auto again = std::make_shared<ScriptedPort>();
  REQUIRE(bench.on([&](LiveDevice& live) { return live.bulkOnline(again, control->get<link::Welcome>()->link); }));
  CHECK(again->get<link::Watch>()->stream == "sound");
  bench.device()->sound("sound")->end();
  CHECK(again->messages.wait([](const link::HubMessage& each) {
    const auto* last = std::get_if<link::Watch>(&each);
    return last != nullptr && !last->on;
  }));
}

TEST_CASE("Sound that is no good is told once a minute, however much comes") {
  LiveBench bench;
  const auto control = bench.ready();
  const auto page = bench.watch(person("ada"));
  const auto bulk = std::make_shared<ScriptedPort>();
  REQUIRE(bench.on([&](LiveDevice& live) { return live.bulkOnline(bulk, control->get<link::Welcome>()->link); }));
  const auto ear = listen(bench);
  REQUIRE(bulk->get<link::Watch>());
  const auto push = [&](const std::string& bytes) {
    bench.on([&](LiveDevice& live) { live.sound(bulk.get(), bytes); });
  };
  push("\x03garbage");
  CHECK(page->get("event", [](const json::Object& each) {
    return each.getValue<std::string>("text").rfind("A chunk of sound was no good: ", 0) == 0;
  }));
  push(message(std::string(1281, 'x')));
  for (int i = 0; i < 200; ++i) push(message(std::string(1280, 'x')));
  bench.clock.leap(61s);
  push(message(std::string(100'000, 'x')));
  CHECK(page->get("event", [](const json::Object& each) {
    const auto text = each.getValue<std::string>("text");
    return text.find(" chunks of sound were no good: A chunk of sound is longer than 100 ms.") != std::string::npos &&
           std::stoi(text) > 100;
  }));
}

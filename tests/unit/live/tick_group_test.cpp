#include "live/tick_group.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "live/audience.hpp"
#include "net/loop.hpp"

using namespace robohub;
using namespace robohub::live;

namespace {

// Keeps what it is given, as it is.
class Pile final : public Viewer {
 public:
  const PersonId& person() const override { return person_; }
  bool sees(const identity::Place&) const override { return true; }
  std::string can(const identity::Place&) const override { return "{}"; }
  void placeChanged(const DeviceId&, const identity::Place&, const identity::Place&) override {}
  void deliver(const SharedBytes& frame, net::SendClass send_class) override {
    frames.push_back(*frame);
    classes.push_back(send_class);
  }
  void tell(const SharedBytes& frame) override { deliver(frame, net::SendClass::control); }
  std::vector<std::string> frames;
  std::vector<net::SendClass> classes;

 private:
  PersonId person_ = *PersonId::parse("g-1");
};

const DeviceId kDevice = *DeviceId::parse("d1");

SharedBytes bytes(const std::string& text) {
  return shareBytes(std::string(text));
}

}  // namespace

TEST_CASE("With a tick the newest value of each channel comes in one write, without one each at once") {
  net::Loop loop;
  Audience audience(&loop);
  Pile slow, other, direct;
  audience.watch(kDevice, &slow, std::chrono::milliseconds(20));
  audience.watch(kDevice, &other, std::chrono::milliseconds(20));
  audience.watch(kDevice, &direct);
  std::size_t before_tick = 99, direct_before_tick = 0;
  loop.post([&] {
    for (int i = 0; i < 5; ++i) {
      audience.telemetry(kDevice, "b", bytes("b" + std::to_string(i)));
      audience.telemetry(kDevice, "a", bytes("a" + std::to_string(i)));
    }
    before_tick = slow.frames.size();
    direct_before_tick = direct.frames.size();
    // What is no value does not wait.
    audience.toWatchers(kDevice, bytes("!"), net::SendClass::control);
    loop.after(std::chrono::milliseconds(60), [&] {
      audience.telemetry(kDevice, "a", bytes("a9"));
      loop.after(std::chrono::milliseconds(60), [&] { loop.stop(); });
    });
  });
  loop.run();
  CHECK(before_tick == 0);
  CHECK(direct_before_tick == 10);
  CHECK(slow.frames == std::vector<std::string>{"!", "a4b4", "a9"});
  CHECK(other.frames == slow.frames);
  CHECK(slow.classes[1] == net::SendClass::data);
  CHECK(direct.frames.size() == 12);
}

TEST_CASE("A tick can be changed and given up, and who has gone is told nothing more") {
  net::Loop loop;
  Audience audience(&loop);
  Pile page, gone;
  loop.post([&] {
    audience.watch(kDevice, &page, std::chrono::milliseconds(10));
    audience.watch(kDevice, &gone, std::chrono::milliseconds(10));
    audience.telemetry(kDevice, "a", bytes("a0"));
    audience.watch(kDevice, &page);  // at once from now on; what waited goes with the old tick
    audience.unwatch(kDevice, &gone);
    audience.telemetry(kDevice, "a", bytes("a1"));
    loop.after(std::chrono::milliseconds(40), [&] { loop.stop(); });
  });
  loop.run();
  CHECK(page.frames == std::vector<std::string>{"a1"});
  CHECK(gone.frames.empty());
  audience.unwatch(kDevice, &page);
  audience.telemetry(kDevice, "a", bytes("a2"));
  CHECK(page.frames.size() == 1);
}

TEST_CASE("Values of a device of another loop wait for the tick there, which is told once of them") {
  net::Loop loop;
  Audience audience(&loop);
  Pile page;
  const auto waiting = std::make_shared<WaitingValues>();
  std::vector<WaitingValues::Put> puts;
  const auto put = [&](const char* channel, const char* text) {
    puts.push_back(waiting->put(channel, bytes(text)));
    if (puts.back() == WaitingValues::Put::each) audience.telemetry(kDevice, channel, bytes(text), waiting);
    if (puts.back() == WaitingValues::Put::first) audience.collect(kDevice, waiting);
  };
  audience.watch(kDevice, &page, std::chrono::milliseconds(20));
  loop.post([&] {
    put("a", "a0");
    put("b", "b0");
    put("a", "a1");
    loop.after(std::chrono::milliseconds(60), [&] {
      put("a", "a2");
      put("a", "a3");
      loop.after(std::chrono::milliseconds(60), [&] { loop.stop(); });
    });
  });
  loop.run();
  using Put = WaitingValues::Put;
  CHECK(puts == std::vector<Put>{Put::each, Put::waits, Put::waits, Put::first, Put::waits});
  CHECK(page.frames == std::vector<std::string>{"a1b0", "a3"});
}

TEST_CASE("Values stop waiting for a tick when somebody wants each at once, and when the last page has gone") {
  net::Loop loop;
  Audience audience(&loop);
  Pile slow, direct;
  const auto waiting = std::make_shared<WaitingValues>();
  using Put = WaitingValues::Put;
  audience.watch(kDevice, &slow, std::chrono::milliseconds(20));
  loop.post([&] {
    audience.telemetry(kDevice, "a", bytes("a0"), waiting);
    CHECK(waiting->put("a", bytes("a1")) == Put::waits);
    audience.watch(kDevice, &direct);  // what waits is no longer left waiting
    CHECK(direct.frames == std::vector<std::string>{"a1"});
    CHECK(waiting->put("a", bytes("a2")) == Put::each);
    audience.unwatch(kDevice, &direct);
    audience.telemetry(kDevice, "a", bytes("a3"), waiting);
    CHECK(waiting->put("a", bytes("a4")) == Put::waits);
    audience.unwatch(kDevice, &slow);
    // Whoever comes next is told again, whatever was armed for those before.
    CHECK(waiting->put("a", bytes("a5")) == Put::each);
    audience.watch(kDevice, &slow, std::chrono::milliseconds(30));
    audience.telemetry(kDevice, "a", bytes("a6"), waiting);
    CHECK(waiting->put("a", bytes("a7")) == Put::waits);
    loop.after(std::chrono::milliseconds(90), [&] { loop.stop(); });
  });
  loop.run();
  CHECK(slow.frames.back() == "a7");
  CHECK(waiting->put("a", bytes("a8")) == Put::first);
}

TEST_CASE("A shorter tick brings what waits to a longer one as well, and its end leaves nothing behind") {
  net::Loop loop;
  Audience audience(&loop);
  Pile quick, slow;
  const auto waiting = std::make_shared<WaitingValues>();
  audience.watch(kDevice, &quick, std::chrono::milliseconds(10));
  audience.watch(kDevice, &slow, std::chrono::milliseconds(40));
  loop.post([&] {
    audience.telemetry(kDevice, "a", bytes("a0"), waiting);
    (void)waiting->put("a", bytes("a1"));
    audience.unwatch(kDevice, &quick);  // its tick is armed
    loop.after(std::chrono::milliseconds(120), [&] { loop.stop(); });
  });
  loop.run();
  CHECK(quick.frames.empty());
  CHECK(slow.frames == std::vector<std::string>{"a1"});
}

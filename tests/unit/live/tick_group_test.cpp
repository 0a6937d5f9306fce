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

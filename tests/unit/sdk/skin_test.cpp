// The skin's promises, through the C tables that a host sees.
#include <catch2/catch.hpp>

#include "unit/sdk/lamp.hpp"

using namespace lamp;

TEST_CASE("arguments arrive typed and in order, checked against what was declared") {
  Host host;
  REQUIRE(host.status == RH_OK);
  CHECK(host.said == std::vector<std::string>{"publish lamp", "  {\"on\":false}"});
  auto answer = host.handle("echo", R"({"b":true,"i":-5,"speed_mm_s":10,"t":"abc","points":[{"x_px":1,"y_px":2}]})");
  CHECK(answer.status == RH_OK);
  CHECK(answer.text == R"({"b":true,"d":10,"i":-5,"n":1,"o":null,"t":"abc"})");
  CHECK(host.handle("echo", R"({"b":true,"i":5.0,"speed_mm_s":0,"t":"","o":9,"points":[]})").status == RH_OK);
  for (const char* wrong :
       {R"({"b":1,"i":0,"speed_mm_s":0,"t":"","points":[]})", R"({"b":true,"i":6,"speed_mm_s":0,"t":"","points":[]})",
        R"({"b":true,"i":0.5,"speed_mm_s":0,"t":"","points":[]})",
        R"({"b":true,"i":0,"speed_mm_s":10.1,"t":"","points":[]})",
        R"({"b":true,"i":0,"speed_mm_s":0,"t":"abcd","points":[]})",
        R"({"b":true,"i":0,"speed_mm_s":0,"t":"","points":[{}]})",
        R"({"b":true,"i":0,"speed_mm_s":0,"t":"","points":[{"x_px":640,"y_px":0}]})",
        R"({"b":true,"i":0,"speed_mm_s":0,"t":""})", R"({"b":true,"i":0,"speed_mm_s":0,"t":"","points":[],"z":1})",
        "[]", "{"}) {
    CAPTURE(wrong);
    answer = host.handle("echo", wrong);
    CHECK(answer.status == RH_INVALID_ARGUMENT);
    CHECK_FALSE(answer.text.empty());
  }
  CHECK(host.handle("echo", R"({"b":true,"i":6,"speed_mm_s":0,"t":"","points":[]})").text ==
        "\"i\" must be at most 5.");
  CHECK(host.handle("absent").status == RH_NOT_FOUND);
}

TEST_CASE("outputs need a valid permit, and a halt or its end takes it away") {
  Host host;
  CHECK(host.handle("on").status == RH_NOT_PERMITTED);
  host.epoch = 4;
  host.driver->permit(host.device, 4, rh::monotonicNs() - 1);
  CHECK(host.handle("on").status == RH_NOT_PERMITTED);
  host.permit(4);
  CHECK(host.handle("on").status == RH_OK);
  CHECK(host.the_world.output);
  CHECK(host.halt().status == RH_OK);
  CHECK_FALSE(host.the_world.output);
  CHECK(host.handle("on").status == RH_NOT_PERMITTED);
  host.permit(4);
  CHECK(host.handle("on").status == RH_OK);
  host.driver->permit(host.device, 4, 0);
  CHECK(host.handle("on").status == RH_NOT_PERMITTED);
}

TEST_CASE("a command that hung before its write cannot energise behind a halt, even in the next turn") {
  Host host;
  host.permit(4);
  Host::Answer answer{RH_OK, ""};
  std::thread serial([&] { answer = host.handle("late_on"); });
  host.the_world.before_write.waitForArrival();
  CHECK(host.halt().status == RH_OK);
  host.permit(5);
  host.the_world.before_write.release();
  serial.join();
  CHECK(answer.status == RH_NOT_PERMITTED);
  CHECK(host.the_world.writes == 0);         // not even for a moment
  CHECK(host.handle("on").status == RH_OK);  // the new turn's own commands work
}

TEST_CASE("a command energises only under its own turn's permit, also where no halt came between") {
  Host host;
  host.permit(4);
  SECTION("not one that hung into the next turn") {
    Host::Answer answer{RH_OK, ""};
    std::thread serial([&] { answer = host.handle("late_on"); });
    host.the_world.before_write.waitForArrival();
    host.permit(5);
    host.the_world.before_write.release();
    serial.join();
    CHECK(answer.status == RH_NOT_PERMITTED);
  }
  SECTION("not one that begins in the next turn") {
    host.permit(5);
    host.epoch = 4;
    CHECK(host.handle("on").status == RH_NOT_PERMITTED);
    CHECK(host.handle("soft_on").status == RH_NOT_PERMITTED);
  }
  SECTION("not one that needs no turn") {
    host.epoch = 0;
    CHECK(host.handle("soft_on").status == RH_NOT_PERMITTED);
    REQUIRE(host.handle("begin", "{}", 21).status == RH_PENDING);
    CHECK_THROWS_AS(host.the_world.kept->whilePermitted([&] { host.the_world.energise(); }), rh::Fault);
    host.the_world.kept.reset();
  }
  CHECK(host.the_world.writes == 0);
}

TEST_CASE("a halt beside a write that hangs is not confirmed, and the write is undone when it ends") {
  Host host;
  host.permit(4);
  Host::Answer answer{RH_OK, ""};
  std::thread serial([&] { answer = host.handle("slow_write"); });
  host.the_world.in_write.waitForArrival();
  const auto before = rh::monotonicNs();
  const auto halted = host.halt();
  CHECK(rh::monotonicNs() - before < 40'000'000);
  CHECK(halted.status == RH_TIMEOUT);
  CHECK(halted.text == "An output was still being written.");
  host.the_world.in_write.release();
  serial.join();
  CHECK(answer.status == RH_NOT_PERMITTED);
  CHECK_FALSE(host.the_world.output);
}

TEST_CASE("a halt that the hardware did not take is not confirmed, and such a device does not open") {
  Host host;
  host.the_world.halt_fails = true;
  const auto halted = host.halt();
  CHECK(halted.status == RH_UNAVAILABLE);
  CHECK(halted.text == "The relay sticks.");
  host.the_world.halt_fails = false;
  CHECK(host.halt().status == RH_OK);
}

TEST_CASE("open halts the device, and says why it fails") {
  Host host;
  CHECK(host.the_world.halts == 1);
  Host broken(R"({"broken":true})");
  CHECK(broken.status == RH_INTERNAL);
  CHECK(broken.device == nullptr);
  CHECK(broken.open_message == "No lamp.");
  Host wrong(R"({"broken":1})");
  CHECK(wrong.status == RH_INVALID_ARGUMENT);
  CHECK(wrong.open_message == "Configuration \"broken\": This must be true or false.");
  Host malformed("{");
  CHECK(malformed.status == RH_INVALID_ARGUMENT);
}

TEST_CASE("a device whose first halt fails is not opened, says why, and has joined its threads") {
  Host host(R"({"sticks":true,"thread":true})");
  CHECK(host.status == RH_UNAVAILABLE);
  CHECK(host.device == nullptr);
  CHECK(host.open_message == "The relay sticks.");
}

TEST_CASE("a turn's beginning and end are told, and one that is over before it was told is not") {
  Host host;
  host.permit(4);
  host.driver->turn(host.device, 4);
  host.driver->turn(host.device, 4);
  host.halt();
  host.driver->turn(host.device, 0);
  host.permit(4);
  host.driver->turn(host.device, 4);
  host.permit(5);
  host.driver->turn(host.device, 5);
  host.driver->turn(host.device, 4);  // stale
  host.halt();
  host.driver->turn(host.device, 6);  // never permitted
  CHECK(host.the_world.calls == std::vector<std::string>{"begin 4", "end", "begin 4", "end", "begin 5", "end"});
  host.permit(99);
  host.driver->turn(host.device, 99);
  CHECK(host.the_world.output);
}

TEST_CASE("a command that answers later answers once, and at the latest when the device is closed") {
  Host host;
  CHECK(host.handle("begin", "{}", 11).status == RH_PENDING);
  CHECK_FALSE(host.the_world.kept->cancelled());
  host.driver->cancel(host.device, 11);
  CHECK(host.the_world.kept->cancelled());
  host.said.clear();
  host.the_world.kept->fail(RH_CANCELLED, "Cancelled.");
  host.the_world.kept->succeed();
  CHECK(host.said == std::vector<std::string>{"complete 11 9 Cancelled."});

  const auto now = host.handle("at_once", "{}", 12);
  CHECK(now.status == RH_OK);
  CHECK(now.text == R"({"x":1})");

  CHECK(host.handle("begin", "{}", 13).status == RH_PENDING);
  host.said.clear();
  host.the_world.kept.reset();
  CHECK(host.said == std::vector<std::string>{"complete 13 13 The driver gave no answer."});

  CHECK(host.handle("begin", "{}", 14).status == RH_PENDING);
  host.said.clear();
  host.driver->quiesce(host.device);
  CHECK(host.said == std::vector<std::string>{"complete 14 7 The device was closed."});
  host.the_world.kept.reset();
  host.driver->close(host.device);
  host.device = nullptr;
  CHECK(host.said.size() == 1);
}

TEST_CASE("commands that were answered later are forgotten, though none was ever answered at once") {
  Host host;
  for (std::uint64_t id = 1; id <= 1000; ++id) {
    REQUIRE(host.handle("begin", "{}", id).status == RH_PENDING);
    host.the_world.kept->succeed();
    host.the_world.kept.reset();
  }
  rh::detail::Seat& seat = rh::detail::seat(host.device);
  const rh::Lock lock(seat.mutex);
  CHECK(seat.pending.size() <= 1);
}

TEST_CASE("a completion that was cancelled energises nothing any more") {
  Host host;
  host.permit(4);
  REQUIRE(host.handle("begin", "{}", 21).status == RH_PENDING);
  host.the_world.kept->whilePermitted([&] { host.the_world.output = true; });
  host.driver->cancel(host.device, 21);
  CHECK_THROWS_AS(host.the_world.kept->whilePermitted([&] { ++host.the_world.writes; }), rh::Fault);
  CHECK(host.the_world.writes == 0);
  host.the_world.kept->fail(RH_CANCELLED, "Cancelled.");
  host.the_world.kept.reset();
  CHECK(host.handle("on").status == RH_OK);
}

TEST_CASE("a completion carries the permit of its command") {
  Host host;
  host.permit(4);
  REQUIRE(host.handle("begin", "{}", 21).status == RH_PENDING);
  host.the_world.kept->whilePermitted([&] { host.the_world.output = true; });
  CHECK(host.the_world.output);
  host.halt();
  host.permit(5);
  CHECK_THROWS_AS(host.the_world.kept->whilePermitted([&] { host.the_world.output = true; }), rh::Fault);
  CHECK_FALSE(host.the_world.output);
  host.the_world.kept->succeed();
  host.the_world.kept.reset();
}

// What must hold while orders, halts and reversals come at the same time. The edges file tells what the pins really
// did.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "hw/model/edges.hpp"
#include "support/slowness.hpp"
#include "unit/motor_robot/robot_on_bench.hpp"

using namespace motor_robot;
using namespace motor_robot::test;
using rh::hw::model::EdgeRecord;

namespace {

// The name of a file that is not there yet, and removed at the end.
class EdgesFile {
 public:
  EdgesFile() : name_((std::filesystem::temp_directory_path() / "rh-rover-XXXXXX").string()) {
    const int fd = ::mkstemp(name_.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    std::filesystem::remove(name_);
  }
  ~EdgesFile() { std::filesystem::remove(name_); }
  const std::string& name() const { return name_; }
  std::string config(int dead_time_us) const {
    return rh::Json{
        {"hardware", "model"}, {"dead_time_us", dead_time_us}, {"model", rh::Json{{"edges", rh::Json(name_)}}}}
        .dump();
  }

 private:
  std::string name_;
};

// Goes through what the pins did, and holds it against the rules.
struct Pins {
  bool in1[2] = {false, false}, in2[2] = {false, false};
  std::uint32_t duty[2] = {0, 0};
  int last_direction[2] = {0, 0};  // of the last current: 1 CW, -1 CCW
  std::int64_t off_since_ns[2] = {0, 0};
  std::int64_t shortest_ns = INT64_MAX;  // between currents of opposite direction
  bool both_high = false;
  bool changed_under_pulses = false;

  void take(const EdgeRecord& edge) {
    if (edge.output > kMotor2Enable) return;
    const std::size_t m = edge.output >= kMotor2In1 ? 1 : 0;
    const bool before = current(m);
    if (edge.output == kMotor1In1 || edge.output == kMotor2In1) in1[m] = edge.value != 0;
    if (edge.output == kMotor1In2 || edge.output == kMotor2In2) in2[m] = edge.value != 0;
    if (edge.output == kMotor1Enable || edge.output == kMotor2Enable)
      duty[m] = edge.value;
    else if (duty[m] != 0)
      changed_under_pulses = true;
    both_high = both_high || (in1[m] && in2[m]);
    if (before && !current(m)) off_since_ns[m] = edge.t_ns;
    if (current(m)) {
      const int direction = in1[m] ? 1 : -1;
      if (last_direction[m] == -direction) shortest_ns = std::min(shortest_ns, edge.t_ns - off_since_ns[m]);
      last_direction[m] = direction;
    }
  }
  bool current(std::size_t m) const { return duty[m] != 0 && in1[m] != in2[m]; }
};

}  // namespace

TEST_CASE("a motor that reverses is without current for the dead time, and its lines never change under pulses") {
  const EdgesFile file;
  Robot robot(file.config(3000));
  robot.permit(1);
  for (const auto& [left, right] : {std::pair(80, 80), {-80, 80}, {-80, -80}, {100, 100}, {50, -50}, {0, 50}, {-20, 0}})
    REQUIRE(robot.drive(left, right).status == RH_OK);
  Pins pins;
  rh::hw::model::EdgeReader reader(file.name());
  for (const EdgeRecord& edge : reader.next()) pins.take(edge);
  CHECK_FALSE(pins.both_high);
  CHECK_FALSE(pins.changed_under_pulses);
  CHECK(pins.shortest_ns >= 3'000'000);
  CHECK(pins.shortest_ns < INT64_MAX);
}

TEST_CASE("a halt in the dead time makes the order void, even in a turn that has begun since") {
  Robot robot(R"({"hardware":"model","dead_time_us":50000})");
  robot.permit(1);
  REQUIRE(robot.drive(80, 80).status == RH_OK);
  Outcome reversed;
  std::thread order([&] { reversed = robot.drive(-80, -80); });
  while (!robot.quiet()) std::this_thread::yield();  // the dead time has begun
  CHECK(robot.halt().status == RH_OK);
  robot.permit(2);
  order.join();
  CHECK(reversed.status == RH_NOT_PERMITTED);
  CHECK(robot.quiet());
  CHECK(robot.outputs().find("m1")->get<double>("speed") == 0);
}

TEST_CASE("whatever orders race with it, behind a halt everything is off and stays off, in bounded time") {
  Robot robot(R"({"hardware":"model","dead_time_us":0})");
  std::vector<std::int64_t> times_ns;
  for (int round = 0; round < 200; ++round) {
    robot.permit(static_cast<std::uint64_t>(round) + 1);
    std::atomic<bool> over{false};
    std::thread orders([&] {
      for (int i = 0; !over; ++i) {
        (void)robot.drive(i % 2 == 0 ? 70 : -70, 70);
        (void)robot.command("buzzer", R"({"on":true})");
      }
    });
    while (robot.quiet()) std::this_thread::yield();
    const std::int64_t begun_ns = rh::monotonicNs();
    const Outcome halted = robot.halt();
    times_ns.push_back(rh::monotonicNs() - begun_ns);
    // A writer whom the machine lets stand in the middle for 2 ms makes the halt say so, and ends what it wrote itself.
    const bool confirmed = halted.status == RH_OK;
    CHECK((confirmed || (halted.status == RH_TIMEOUT && times_ns.back() >= 2'000'000)));
    for (int i = 0; i < 50 && confirmed; ++i) REQUIRE(robot.quiet());
    over = true;
    orders.join();
    REQUIRE(robot.quiet());
    REQUIRE_FALSE(robot.lab().buzzer().level());
    REQUIRE(robot.outputs().find("m1")->get<double>("speed") == 0);
    REQUIRE_FALSE(robot.outputs().get<bool>("buzzer"));
  }
  // Its own work is some microseconds; a machine that runs other things too may make single ones slower.
  std::sort(times_ns.begin(), times_ns.end());
  CHECK(times_ns[times_ns.size() / 2] < 1'000'000 * robohub::test::kSlowness);
  CHECK(times_ns.back() < 50'000'000 * robohub::test::kSlowness);
}

TEST_CASE("halts of several threads at once are all confirmed") {
  Robot robot;
  robot.permit(1);
  REQUIRE(robot.drive(90, 90).status == RH_OK);
  std::vector<std::thread> threads;
  std::atomic<int> confirmed{0}, late{0};  // late: one whom the machine let stand for 2 ms says so
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        const std::int64_t begun_ns = rh::monotonicNs();
        const int status = robot.halt().status;
        confirmed += status == RH_OK;
        late += status == RH_TIMEOUT && rh::monotonicNs() - begun_ns >= 2'000'000;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(confirmed + late == 200);
  CHECK(confirmed > 0);
  CHECK(robot.quiet());
}

TEST_CASE("pulses that an earlier driver has left are ended although the rest of the hardware cannot be opened") {
  LabBench lab(Settings::fromJson(rh::Json::parse(R"({"hardware":"model"})")));
  struct Board final : Bench {
    explicit Board(LabBench& l) : lab(l) {}
    std::unique_ptr<rh::hw::PwmOutput> requestEnable(std::size_t i) override { return lab.requestEnable(i); }
    DirectionLines requestDirection(std::size_t i) override { return lab.requestDirection(i); }
    std::unique_ptr<rh::hw::GpioOutput> requestLed() override { return lab.requestLed(); }
    std::unique_ptr<rh::hw::GpioOutput> requestBuzzer() override { return lab.requestBuzzer(); }
    std::unique_ptr<rh::hw::I2cDevice> openAccelerometer() override { return lab.openAccelerometer(); }
    std::unique_ptr<rh::hw::I2cDevice> openBarometer() override { return lab.openBarometer(); }
    LabBench& lab;
  };
  lab.leavePulses(0, 500);
  lab.leavePulses(1, 700);
  std::unique_ptr<rh::hw::GpioOutput> taken;
  SECTION("the first motor's lines are somebody else's") {
    taken = lab.in1(0).requestOutput(false);
    Robot robot(R"({"hardware":"model"})", std::make_unique<Board>(lab));
    CHECK(robot.opened().status == RH_UNAVAILABLE);
    CHECK(lab.motor(0).off());
    CHECK(lab.motor(1).off());
  }
  SECTION("the first motor's enable pin cannot be had") {
    lab.refuseEnable(0, EBUSY);
    Robot robot(R"({"hardware":"model"})", std::make_unique<Board>(lab));
    CHECK(robot.opened().status == RH_UNAVAILABLE);
    CHECK(lab.motor(0).duty_per_mille == 500);
    CHECK(lab.motor(1).off());
  }
}

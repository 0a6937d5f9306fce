#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "hw/pca9685.hpp"
#include "support/edges.hpp"
#include "unit/laser_turret/turret_on_bench.hpp"

using namespace laser_turret;
using namespace laser_turret::test;

namespace {

const std::string kFollows = R"({"hardware":"model","laser_follows_turn":true})";

// A bus on which a transfer hangs until the test lets it go.
class HangingBench final : public Bench {
 public:
  class Bus final : public rh::hw::I2cDevice {
   public:
    Bus(std::unique_ptr<rh::hw::I2cDevice> real, HangingBench& bench) : real_(std::move(real)), bench_(bench) {}
    rh::hw::IoStatus write(const std::uint8_t* data, std::size_t size) override {
      bench_.pass();
      return real_->write(data, size);
    }
    rh::hw::IoStatus writeRead(const std::uint8_t* out, std::size_t out_size, std::uint8_t* in,
                               std::size_t in_size) override {
      return real_->writeRead(out, out_size, in, in_size);
    }
    const std::string& name() const override { return real_->name(); }

   private:
    std::unique_ptr<rh::hw::I2cDevice> real_;
    HangingBench& bench_;
  };

  explicit HangingBench(const std::string& config) : lab(Settings::fromJson(rh::Json::parse(config))) {}
  std::unique_ptr<rh::hw::GpioOutput> requestLaser() override { return lab.requestLaser(); }
  std::unique_ptr<rh::hw::I2cDevice> openServos() override { return std::make_unique<Bus>(lab.openServos(), *this); }
  std::optional<Pairs> measuredPairs() const override { return lab.measuredPairs(); }

  void hang(bool on) {
    const std::lock_guard lock(mutex_);
    hangs_ = on;
    changed_.notify_all();
  }
  void untilHanging() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return hanging_; });
  }

  LabBench lab;

 private:
  void pass() {
    std::unique_lock lock(mutex_);
    if (!hangs_) return;
    hanging_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hangs_; });
    hanging_ = false;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hangs_ = false;
  bool hanging_ = false;
};

}  // namespace

TEST_CASE("the laser follows the turn where it is told to, and only there") {
  Turret follows(kFollows);
  follows.permit(1);
  CHECK(follows.laser());
  CHECK(follows.pointing().get<bool>("laser"));
  CHECK(follows.pointing().get<bool>("energised"));
  follows.end();
  CHECK_FALSE(follows.laser());
  CHECK_FALSE(follows.pointing().get<bool>("energised"));

  Turret waits;
  waits.permit(1);
  CHECK_FALSE(waits.laser());
  CHECK(waits.command("laser", R"({"on":true})").status == RH_OK);
  CHECK(waits.laser());
  CHECK(waits.command("laser", R"({"on":false})").status == RH_OK);
  CHECK_FALSE(waits.laser());
}

TEST_CASE("a halt puts the laser out, leaves the servos, and may come again and again") {
  Turret turret(kFollows);
  turret.permit(1);
  REQUIRE(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_OK);
  const Counts aimed = turret.servos();
  for (int i = 0; i < 3; ++i) {
    CHECK(turret.halt().status == RH_OK);
    CHECK_FALSE(turret.laser());
    CHECK(turret.servos().x == aimed.x);
  }
  CHECK_FALSE(turret.pointing().get<bool>("laser"));
  CHECK(turret.command("aim", R"({"x_px":330,"y_px":300})").status == RH_NOT_PERMITTED);
  CHECK(turret.servos().x == aimed.x);
}

TEST_CASE("after a lapse within the turn the next aim brings the dot back, unless the holder had put it out") {
  Turret turret(kFollows);
  turret.permit(1);
  REQUIRE(turret.laser());
  turret.lapse(1);
  CHECK_FALSE(turret.laser());  // not by itself: somebody must want something
  CHECK(turret.pointing().get<bool>("energised"));
  REQUIRE(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_OK);
  CHECK(turret.laser());

  REQUIRE(turret.command("laser", R"({"on":false})").status == RH_OK);
  turret.lapse(1);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("aim", R"({"x_px":300,"y_px":300})").status == RH_OK);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  turret.lapse(1);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  CHECK(turret.laser());

  // What one holder switched off is no matter to the next one.
  REQUIRE(turret.command("laser", R"({"on":false})").status == RH_OK);
  turret.end();
  turret.permit(2);
  CHECK(turret.laser());
}

TEST_CASE("a driver that is opened within a turn lights nothing by itself in it, whatever its process knew before") {
  FakeHost host;
  host.begun_before = 65;
  Turret turret(kFollows, &host);
  turret.permit(65);
  CHECK_FALSE(turret.laser());
  CHECK(turret.pointing().get<bool>("energised"));
  // Nobody knows whether its holder had switched it off.
  REQUIRE(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_OK);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  CHECK(turret.laser());
  turret.lapse(65);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("aim", R"({"x_px":330,"y_px":300})").status == RH_OK);
  CHECK(turret.laser());

  turret.end();
  turret.permit(66);
  CHECK(turret.laser());
}

TEST_CASE("a laser that does not follow the turn stays off behind a lapse until it is switched on again") {
  Turret turret;
  turret.permit(1);
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  turret.lapse(1);
  REQUIRE(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_OK);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  CHECK(turret.laser());
}

TEST_CASE("a line that does not switch off makes the halt say so") {
  Turret turret(kFollows);
  turret.permit(1);
  turret.lab().laserLine().fail(EIO);
  const Outcome failed = turret.halt();
  CHECK(failed.status != RH_OK);
  CHECK(failed.text == "The laser's line did not take the order to switch off.");
  CHECK(turret.pointing().get<bool>("laser"));
  turret.lab().laserLine().fail(0);
  CHECK(turret.halt().status == RH_OK);
  CHECK_FALSE(turret.laser());
}

TEST_CASE("a halt beside an aim that hangs in the bus switches off at once, and nothing is lit when it goes on") {
  auto owned = std::make_unique<HangingBench>(kFollows);
  HangingBench& bench = *owned;
  Turret turret(kFollows, nullptr, std::move(owned));
  REQUIRE(turret.opened().status == RH_OK);
  turret.permit(1);
  REQUIRE(bench.lab.laserLine().level());
  bench.hang(true);
  Outcome aimed;
  std::thread handle([&] { aimed = turret.command("aim", R"({"x_px":320,"y_px":300})"); });
  bench.untilHanging();
  const auto before = std::chrono::steady_clock::now();
  turret.halt();
  const auto took = std::chrono::steady_clock::now() - before;
  CHECK_FALSE(bench.lab.laserLine().level());
  CHECK(took < std::chrono::milliseconds(50));
  turret.permit(2, 60, false);  // even the next turn does not let the old command go on
  bench.hang(false);
  handle.join();
  CHECK(aimed.status == RH_NOT_PERMITTED);
  CHECK_FALSE(bench.lab.laserLine().level());
}

TEST_CASE("halts, permits and commands at the same time never leave the laser lit behind the last halt") {
  Turret turret(kFollows);
  std::atomic<bool> ending{false};
  std::thread handle([&] {
    std::uint64_t epoch = 1;
    while (!ending) {
      turret.permit(++epoch, 60);
      turret.command("laser", R"({"on":true})");
      turret.command("aim", R"({"x_px":320,"y_px":300})");
    }
  });
  int put_out = 0;
  for (int i = 0; i < 300; ++i) {
    // Let it be lit first, so that there is something to put out, however long the other thread waits for a processor.
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    bool lit = false;
    while (!(lit = turret.laser()) && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    turret.halt();
    if (!lit) break;
    ++put_out;
  }
  ending = true;
  handle.join();
  CHECK(put_out == 300);
  turret.halt();
  CHECK_FALSE(turret.laser());
  CHECK_FALSE(turret.pointing().get<bool>("laser"));
}

TEST_CASE("an edges file lets another process judge when the laser went off") {
  std::string folder = (std::filesystem::temp_directory_path() / "rh-turret-edges-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/edges";
  const std::string config = R"({"hardware":"model","laser_follows_turn":true,"model":{"edges":")" + path + R"("}})";
  {
    Turret turret(config);
    REQUIRE(turret.opened().status == RH_OK);
    robohub::test::LaserWatch watch(path);
    CHECK_FALSE(watch.on());
    turret.permit(1);
    CHECK(watch.on());
    const auto before = rh::monotonicNs();
    turret.halt();
    const auto off = watch.waitFor(false, std::chrono::milliseconds(100));
    REQUIRE(off);
    CHECK(*off >= before);
    CHECK(*off <= rh::monotonicNs());
    CHECK(watch.timesOn() == 1);
  }
  robohub::test::LaserWatch after(path);
  CHECK_FALSE(after.on());
  std::filesystem::remove_all(folder);
}

TEST_CASE("a thousand turrets are opened and closed without leaving anything lit") {
  for (int i = 0; i < 1000; ++i) {
    Turret turret(kFollows);
    REQUIRE(turret.opened().status == RH_OK);
    if (i % 10 == 0) turret.permit(1);
  }
}

TEST_CASE("servos whose chip was reset put the laser out with the next move, and run again with the one behind it") {
  Turret turret;
  turret.permit(1);
  REQUIRE(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_OK);
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  REQUIRE(turret.laser());
  turret.lab().chip().brownOut();
  const Outcome lost = turret.command("aim", R"({"x_px":330,"y_px":300})");
  CHECK(lost.status == RH_UNAVAILABLE);
  CHECK_THAT(lost.text, Catch::Contains("the chip was reset") && Catch::EndsWith(". The laser is off."));
  CHECK_FALSE(turret.laser());
  CHECK_FALSE(turret.pointing().get<bool>("laser"));

  // Nobody knows where the limp servos point, so nothing is lit there.
  CHECK(turret.command("laser", R"({"on":true})").status == RH_UNAVAILABLE);
  CHECK_FALSE(turret.laser());

  REQUIRE(turret.command("aim", R"({"x_px":330,"y_px":300})").status == RH_OK);
  CHECK(turret.servos().x > 0);
  CHECK(turret.pointing().get<int>("x_counts") == turret.servos().x);
  CHECK(turret.lab().chip().frequencyHz() == Approx(50).epsilon(0.01));
  CHECK(turret.lab().chip().earlyWrites() == 0);
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  CHECK(turret.laser());
}

TEST_CASE("a laser that is lit while the servos' chip is reset goes out when it is asked for again") {
  Turret turret;
  turret.permit(1);
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  turret.lab().chip().brownOut();
  const Outcome refused = turret.command("laser", R"({"on":true})");
  CHECK(refused.status == RH_UNAVAILABLE);
  CHECK_THAT(refused.text,
             Catch::StartsWith("Nobody knows where the laser points: ") && Catch::EndsWith(" It is off."));
  CHECK_FALSE(turret.laser());
}

TEST_CASE("a turn that begins behind a reset of the servos' chip lights nothing before they stand somewhere again") {
  Turret turret(R"({"hardware":"model","laser_follows_turn":true})");
  turret.lab().chip().brownOut();
  turret.permit(1);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_OK);
  CHECK(turret.laser());
}

TEST_CASE("servos whose chip was started again, and which the bus kept their position from, let nothing be lit") {
  Turret turret;
  turret.permit(1);
  const std::string servo = R"({"x_counts":300,"y_counts":310})";
  turret.lab().chip().brownOut();
  REQUIRE(turret.command("servo", servo).status == RH_UNAVAILABLE);
  turret.lab().bus().fail(EREMOTEIO, 7);  // six transfers start it, the seventh sees that it runs
  REQUIRE(turret.command("servo", servo).status == RH_UNAVAILABLE);
  turret.lab().bus().fail(0);
  // It runs, and the servos are limp.
  REQUIRE((turret.lab().chip().reg(rh::hw::pca9685::kMode1) & rh::hw::pca9685::kMode1Sleep) == 0);
  REQUIRE(turret.servos().x == 0);
  CHECK(turret.command("laser", R"({"on":true})").status == RH_UNAVAILABLE);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("servo", servo).status == RH_OK);
  CHECK(turret.servos().x == 300);
  CHECK(turret.command("laser", R"({"on":true})").status == RH_OK);
  CHECK(turret.laser());
}

TEST_CASE("servos whose chip is being started again when a halt comes let nothing be lit in any turn") {
  auto owned = std::make_unique<HangingBench>(kFollows);
  HangingBench& bench = *owned;
  Turret turret(kFollows, nullptr, std::move(owned));
  REQUIRE(turret.opened().status == RH_OK);
  turret.permit(1);
  bench.lab.chip().brownOut();
  REQUIRE(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_UNAVAILABLE);
  bench.hang(true);
  Outcome aimed;
  std::thread handle([&] { aimed = turret.command("aim", R"({"x_px":320,"y_px":300})"); });
  bench.untilHanging();
  turret.halt();
  bench.hang(false);
  handle.join();
  CHECK(aimed.status == RH_NOT_PERMITTED);
  REQUIRE(bench.lab.chip().counts(0) == 0);
  turret.permit(2);
  CHECK_FALSE(bench.lab.laserLine().level());
  CHECK(turret.command("laser", R"({"on":true})").status == RH_UNAVAILABLE);
  CHECK_FALSE(bench.lab.laserLine().level());
  REQUIRE(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_OK);
  CHECK(bench.lab.laserLine().level());
}

TEST_CASE("servos that were taken over from a killed driver, and whose chip is reset then, get their frequency again") {
  LabBench lab{Settings::fromJson(rh::Json::parse(R"({"hardware":"model"})"))};
  struct Board final : Bench {
    explicit Board(LabBench& l) : lab(l) {}
    std::unique_ptr<rh::hw::GpioOutput> requestLaser() override { return lab.requestLaser(); }
    std::unique_ptr<rh::hw::I2cDevice> openServos() override { return lab.openServos(); }
    LabBench& lab;
  };
  rh::hw::Pca9685 left(lab.openServos());
  REQUIRE(left.start(50).ok());
  REQUIRE(left.setCounts(0, 410, 1, 333).ok());
  Turret turret(R"({"hardware":"model"})", nullptr, std::make_unique<Board>(lab));
  turret.permit(1);
  lab.chip().brownOut();
  const std::string servo = R"({"x_counts":300,"y_counts":310})";
  CHECK(turret.command("servo", servo).status == RH_UNAVAILABLE);
  REQUIRE(turret.command("servo", servo).status == RH_OK);
  CHECK(lab.chip().counts(0) == 300);
  CHECK(lab.chip().frequencyHz() == Approx(50).epsilon(0.01));
}

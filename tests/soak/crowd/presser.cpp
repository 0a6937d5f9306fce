#include "soak/crowd/presser.hpp"

#include <stdexcept>

namespace soak {

using namespace std::chrono_literals;

Presser::Presser(Stage& stage, std::chrono::milliseconds every, std::uint64_t seed)
    : stage_(stage), every_(every), random_(seed) {
  (void)stage_.hub().administrator();  // made before there are threads
  thread_ = std::thread([this] { run(); });
}

Presser::~Presser() {
  ending_ = true;
  thread_.join();
}

std::string Presser::lastFault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void Presser::run() {
  for (std::size_t i = 0; !ending_; ++i) {
    const auto began = std::chrono::steady_clock::now();
    try {
      trial(i % stage_.turrets().size(), i / stage_.turrets().size() % 2 == 1);
    } catch (const std::exception& error) {
      ++failed_;
      const std::lock_guard lock(mutex_);
      fault_ = error.what();
    }
    while (!ending_ && std::chrono::steady_clock::now() < began + every_) std::this_thread::sleep_for(10ms);
  }
}

void Presser::trial(std::size_t number, bool by_post) {
  const std::string& turret = stage_.turrets()[number];
  test::Laser& laser = stage_.laser(number);
  if (!watcher_ || watcher_->closed()) watcher_ = std::make_unique<test::Page>(stage_.hub(), "Watcher");
  if (driver_cookie_.empty()) driver_cookie_ = stage_.hub().guest("Driver");
  test::Page driver(stage_.hub(), "", driver_cookie_);
  if (!driver.drive(turret, 20s)) throw std::runtime_error(turret + ": no turn within 20 s");
  // Right after a turn begins there is no permit yet.
  const auto light = [&] { return driver.command(turret, "laser", R"({"on":true})") == "succeeded"; };
  if (!test::eventually(light, 20s) || !laser.becomes(true))
    throw std::runtime_error(turret + ": the laser does not light: " + driver.lastError());
  const auto lit = test::monotonicNs();
  std::this_thread::sleep_for(std::chrono::microseconds(random_() % 400'000));
  if (!laser.on()) {
    const auto ms = [](std::int64_t ns) { return std::to_string(ns / 1'000'000) + " ms"; };
    throw std::runtime_error(turret + ": the light went out before anybody pressed, " + ms(laser.offNs() - lit) +
                             " after it was lit and " + ms(laser.offNs() - driver.lastBeatNs()) +
                             " after the page's last beat; turn " + driver.turnState(turret) + ", epoch " +
                             std::to_string(driver.epoch(turret)) +
                             "; its beats, ms before (made/answered): " + driver.beatsBefore(laser.offNs()));
  }

  const auto pressed = test::monotonicNs();
  if (by_post)
    stage_.hub().request("POST", "/api/v1/devices/" + turret + "/stop", "{}", watcher_->cookie());
  else
    watcher_->send("{\"type\":\"stop\",\"device\":\"" + turret + "\"}");
  if (laser.becomes(false, 5s))
    timings_.add(std::max<std::int64_t>(laser.offNs() - pressed, 0));
  else
    ++stayed_on_;
  reset(turret);
}

void Presser::reset(const std::string& turret) {
  // A reset needs the device's own confirmation first.
  const bool ended = test::eventually(
      [&] {
        stage_.hub().request("POST", "/api/v1/devices/" + turret + "/stop/reset", "{}", stage_.hub().administrator());
        if (stage_.hub().stopState(turret) == "none") return true;
        std::this_thread::sleep_for(20ms);
        return false;
      },
      20s);
  if (!ended) throw std::runtime_error(turret + ": the stop does not end");
}

}  // namespace soak

#include "soak/safety/rig.hpp"

#include <signal.h>

#include <exception>
#include <stdexcept>
#include <thread>

namespace soak {

using namespace std::chrono_literals;

Rig::Rig(int turrets, std::uint64_t seed) : hub_(folder_.path(), "turns:\n  length: 1h\n  grace: 2s\n") {
  hub_.start();
  for (int i = 0; i < turrets; ++i) {
    auto turret = std::make_unique<Turret>();
    turret->id = "t" + std::to_string(i);
    const auto edges = (folder_.path() / (turret->id + ".edges")).string();
    test::AgentSetup setup;
    setup.device = turret->id;
    setup.driver = "{hardware: model, model: {fps: 10, seed: 1, edges: \"" + edges + "\"}}";
    turret->agent = std::make_unique<test::AgentProcess>(folder_.path(), setup);
    turret->agent_wire = std::make_unique<ChaosProxy>(hub_.port(), seed + static_cast<std::uint64_t>(2 * i));
    turret->page_wire = std::make_unique<ChaosProxy>(hub_.port(), seed + static_cast<std::uint64_t>(2 * i + 1));
    turret->agent->configure("http://127.0.0.1:" + std::to_string(turret->agent_wire->port()),
                             hub_.enrol(turret->id, "laser_turret"));
    turret->agent->start();
    if (!turret->agent->online()) throw std::runtime_error("no agent:\n" + turret->agent->process().output());
    turret->laser = std::make_unique<test::Laser>(edges);
    turret->cookie = hub_.guest("Guest " + std::to_string(i));
    turrets_.push_back(std::move(turret));
  }
}

void Rig::light(Turret& turret) {
  turret.page.reset();
  turret.page = std::make_unique<test::Page>(hub_, "", turret.cookie, turret.page_wire->port());
  if (!turret.page->drive(turret.id, 20s)) throw std::runtime_error(turret.id + ": no turn in time");
  // Right after a turn begins there is no permit yet.
  const bool lit =
      test::eventually([&] { return turret.page->command(turret.id, "laser", R"({"on":true})") == "succeeded"; }, 20s);
  if (!lit || !turret.laser->becomes(true)) {
    throw std::runtime_error(turret.id + ": the laser does not light: " + turret.page->lastError() + "\n" +
                             turret.agent->process().output());
  }
  turret.times_on = turret.laser->timesOn();
}

void Rig::lightAll() {
  atOnce(turrets_, [this](Turret& turret) { light(turret); });
}

void Rig::recover(Turret& turret) {
  turret.agent_wire->hold(false);
  turret.page_wire->hold(false);
  auto& process = turret.agent->process();
  process.signal(SIGCONT);
  if (!test::eventually([&] { return hub_.presence(turret.id) == "online"; }, 30s))
    throw std::runtime_error(turret.id + " does not come back:\n" + process.output());
}

void Rig::recoverAll() {
  if (!hub_.process().running()) {
    hub_.start();
  } else {
    hub_.process().signal(SIGCONT);
  }
  // By this thread: a program that is under test ends with the thread that has started it.
  for (auto& turret : turrets_)
    if (!turret->agent->process().running()) turret->agent->start();
  atOnce(turrets_, [this](Turret& turret) { recover(turret); });
}

void atOnce(std::vector<std::unique_ptr<Turret>>& turrets, const std::function<void(Turret&)>& work) {
  std::vector<std::exception_ptr> faults(turrets.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < turrets.size(); ++i)
    threads.emplace_back([&, i] {
      try {
        work(*turrets[i]);
      } catch (...) {
        faults[i] = std::current_exception();
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& fault : faults)
    if (fault) std::rethrow_exception(fault);
}

}  // namespace soak

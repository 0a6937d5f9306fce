#include "soak/safety/rig.hpp"

#include <signal.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/short_turns.hpp"

namespace soak {

using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 30s;

// The one child of the agent: its driver's process.
pid_t driverOf(test::AgentProcess& agent) {
  const std::string tasks = "/proc/" + std::to_string(agent.process().pid()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream children(task.path() / "children");
    if (pid_t pid = 0; children >> pid) return pid;
  }
  return 0;
}

// What switches the lamp on.
void switchOn(Device& device, bool hanging) {
  const auto lit = [&] {
    return hanging ? device.page->command(device.id, "before", "{}")
                   : device.page->command(device.id, "laser", R"({"on":true})");
  };
  // Right after a turn begins there is no permit yet.
  if (!test::eventually([&] { return lit() == "succeeded"; }, kPatience))
    throw std::runtime_error(device.id + ": the lamp does not light: " + device.page->lastError() + "\n" +
                             device.agent->process().output());
}

}  // namespace

Rig::Rig(const RigSetup& setup) : hub_(folder_.path(), "turns:\n  length: 1h\n  grace: 2s\n"), stage_(setup.stage) {
  hub_.start();
  for (int i = 0; i < setup.devices; ++i) add(i, setup);
  for (auto& device : devices_)
    if (!device->agent->online(kPatience)) throw std::runtime_error("no agent:\n" + device->agent->process().output());
  for (auto& device : devices_) {
    if (device->outputs)
      device->lamp = makeTestLamp(*device->outputs);
    else
      device->lamp = makeLaser((test::benchIn(folder_.path()) / (device->id + ".edges")).string());
  }
}

void Rig::add(int number, const RigSetup& setup) {
  auto device = std::make_unique<Device>();
  device->id = "d" + std::to_string(number);
  device->number = number;
  test::AgentSetup agent;
  agent.device = device->id;
  agent.log = "debug";
  if (stage_ == Stage::hanging) {
    const auto file = (folder_.path() / (device->id + ".out")).string();
    agent.type = "test_hanging";
    agent.plugins = TEST_PLUGINS;
    agent.driver = "{outputs: \"" + file + "\"}";
    device->outputs = TestOutputs::map(file);
    if (!device->outputs) throw std::runtime_error("no file for the outputs of a driver");
  } else {
    const auto edges = (test::benchIn(folder_.path()) / (device->id + ".edges")).string();
    agent.driver = "{hardware: model, model: {fps: 10, seed: 1, edges: \"" + edges + "\"}}";
  }
  device->agent = std::make_unique<test::AgentProcess>(folder_.path(), agent);
  std::string url = hub_.url();
  if (stage_ == Stage::cables) {
    device->agent_cable = std::make_unique<Cable>(2 * number);
    device->page_cable = std::make_unique<Cable>(2 * number + 1);
  } else {
    const auto seed = setup.seed + 2 * static_cast<std::uint64_t>(number);
    device->agent_wire = std::make_unique<ChaosProxy>(hub_.port(), seed);
    device->page_wire = std::make_unique<ChaosProxy>(hub_.port(), seed + 1);
    device->agent_wire->shape(setup.uplink);
    url = "http://127.0.0.1:" + std::to_string(device->agent_wire->port());
  }
  device->agent->configure(url, hub_.enrol(device->id, agent.type));
  device->cookie = hub_.guest("Guest " + std::to_string(number));
  start(*device);
  devices_.push_back(std::move(device));
}

void Rig::start(Device& device) {
  if (device.agent_cable)
    device.agent_cable->enter([&] { device.agent->start(); });
  else
    device.agent->start();
}

void Rig::light(Device& device) {
  device.page.reset();
  const std::uint16_t port = device.page_wire ? device.page_wire->port() : hub_.port();
  const auto open = [&] { device.page = std::make_unique<test::Page>(hub_, "", device.cookie, port); };
  if (device.page_cable)
    device.page_cable->enter(open);
  else
    open();
  if (!device.page->drive(device.id, kPatience)) throw std::runtime_error(device.id + ": no turn in time");
  // Whatever has been on since the last trial meant it was on by itself.
  device.lit_alone += device.lamp->timesOn() - device.times_on;
  switchOn(device, stage_ == Stage::hanging);
  device.lit_ns = test::monotonicNs();
  device.driver = device.lamp->watchOwner();
  if (device.outputs) device.driver = driverOf(*device.agent);
  device.times_on = device.lamp->timesOn();
  if (device.outputs) device.opens = device.outputs->opens;
}

void Rig::lightAll() {
  atOnce([this](Device& device) { light(device); });
}

bool Rig::ready() {
  const auto answer = hub_.request("GET", "/api/v1/devices", "", hub_.administrator());
  const auto all = answer.json ? answer.json->getArray("devices") : nullptr;
  if (!all || all->size() < devices_.size()) return false;
  bool good = true;
  for (unsigned i = 0; i < all->size(); ++i) {
    const auto one = all->getObject(i);
    const auto id = robohub::json::getString(*one, "id").value_or("");
    if (id.empty() || id[0] != 'd') continue;  // what makes the flood
    if (robohub::json::getString(*one, "presence").value_or("") != "online") good = false;
    const auto stop = robohub::json::getObject(*one, "stop").value_or(nullptr);
    if (!stop || robohub::json::getString(*stop, "state").value_or("") == "none") continue;
    good = false;
    // A reset needs the device's own confirmation of the stop first.
    hub_.request("POST", "/api/v1/devices/" + id + "/stop/reset", "{}", hub_.administrator());
  }
  return good;
}

void Rig::recoverAll(bool anew) {
  for (auto& device : devices_) {
    // What was still on its way when the driver died may reach the next one, which its live turn lights: that is meant.
    if (const std::string key = std::exchange(device->posted, {}); !key.empty())
      if (device->page->ended(key) == "succeeded" && device->lamp->timesOn() == device->times_on + 1)
        ++device->times_on;
    device->page.reset();
    // A write that hangs in the hardware may be let go only when its process is gone: until then it could still happen.
    if (device->outputs && anew && !test::eventually([&] { return device->outputs->opens > device->opens; }, kPatience))
      throw std::runtime_error(device->id + " is not opened anew");
    if (device->outputs) device->outputs->hold = 0;
    if (device->agent_wire) device->agent_wire->hold(false);
    if (device->page_wire) device->page_wire->hold(false);
    for (auto* cable : {device->agent_cable.get(), device->page_cable.get()})
      if (cable) {
        cable->plugged(true);
        cable->open(Cable::Open::both);
      }
  }
  if (!hub_.process().running()) {
    hub_.start();
  } else {
    hub_.process().signal(SIGCONT);
  }
  // By this thread: a program that is under test ends with the thread that has started it.
  for (auto& device : devices_) {
    auto& process = device->agent->process();
    process.signal(SIGCONT);
    if (anew) process.kill();
    if (!process.running()) start(*device);
  }
  const auto end = std::chrono::steady_clock::now() + 2 * kPatience;
  while (!ready()) {
    if (std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(20ms);
      continue;
    }
    for (auto& device : devices_)
      if (hub_.presence(device->id) != "online")
        throw std::runtime_error(device->id + " does not come back:\n" + device->agent->process().output());
    throw std::runtime_error("a stop does not end");
  }
}

void Rig::atOnce(const std::function<void(Device&)>& work) {
  std::vector<std::exception_ptr> faults(devices_.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < devices_.size(); ++i)
    threads.emplace_back([&, i] {
      robohub::askForShortTurns();  // a death is stamped when it is seen
      try {
        work(*devices_[i]);
      } catch (...) {
        faults[i] = std::current_exception();
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& fault : faults)
    if (fault) std::rethrow_exception(fault);
}

}  // namespace soak

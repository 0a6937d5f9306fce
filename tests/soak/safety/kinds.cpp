#include "soak/safety/kinds.hpp"

#include <signal.h>

#include <stdexcept>

namespace soak {
namespace {

using namespace std::chrono_literals;
using test::monotonicNs;

// A killed one is waited for, so that nobody takes it for a living one afterwards.
std::int64_t signalTo(test::Process& process, int number) {
  const auto now = monotonicNs();
  if (number == SIGKILL)
    process.kill();
  else
    process.signal(number);
  return now;
}

std::int64_t signalDriver(Device& device, int number) {
  // kill() takes 0 and less for groups of processes, this program's own among them.
  if (device.driver <= 0) throw std::runtime_error(device.id + ": its driver's process is not known");
  const auto now = monotonicNs();
  ::kill(device.driver, number);
  return now;
}

// What counts is the last beat that left the page.
std::int64_t freezePage(Device& device) {
  device.page->beating(false);
  return device.page->lastBeatNs();
}

std::int64_t press(Device& device, const std::string& message) {
  const auto now = monotonicNs();
  device.page->send(message);
  return now;
}

std::int64_t pressStop(Device& device) {
  return press(device, "{\"type\":\"stop\",\"device\":\"" + device.id + "\"}");
}

// A command that will not return by itself.
void hang(Device& device, const char* command) {
  device.outputs->waiting = 0;  // may be left over from a driver that was killed while it hung
  device.outputs->hold = 1;
  device.page->post(device.page->epoch(device.id), device.id, command, "{}");
  if (!test::eventually([&] { return device.outputs->waiting == 1; }))
    throw std::runtime_error(device.id + ": the command does not begin");
}

void hangBefore(Device& device) {
  hang(device, "before");
}

void hangInside(Device& device) {
  hang(device, "inside");
}

std::int64_t pull(Cable& cable) {
  const auto now = monotonicNs();
  cable.plugged(false);
  return now;
}

template <Cable::Open Ways>
std::int64_t openAgentCable(Rig&, Device& device) {
  const auto now = monotonicNs();
  device.agent_cable->open(Ways);
  return now;
}

std::vector<Kind> makeKinds() {
  constexpr auto T = Stage::turrets, H = Stage::hanging, C = Stage::cables;
  return {
      {"page closed", T, false, false, false, nullptr,
       [](Rig&, Device& device) {
         const auto now = monotonicNs();
         device.page->close();
         return now;
       }},
      {"page frozen", T, false, false, false, nullptr, [](Rig&, Device& device) { return freezePage(device); }},
      {"page's network gone", T, false, false, false, nullptr,
       [](Rig&, Device& device) {
         const auto now = monotonicNs();
         device.page_wire->hold(true);
         return now;
       }},
      {"page's connection reset", T, false, false, false, nullptr,
       [](Rig&, Device& device) {
         const auto now = monotonicNs();
         device.page_wire->cut();
         return now;
       }},
      {"device's network gone", T, false, false, false, nullptr,
       [](Rig&, Device& device) {
         const auto now = monotonicNs();
         device.agent_wire->hold(true);
         return now;
       }},
      {"device not heard", T, false, false, false, nullptr,
       [](Rig&, Device& device) {
         const auto now = monotonicNs();
         device.agent_wire->hold(true, false);
         return now;
       }},
      {"device hears nothing", T, false, false, false, nullptr,
       [](Rig&, Device& device) {
         const auto now = monotonicNs();
         device.agent_wire->hold(false, true);
         return now;
       }},
      {"device's connection reset", T, false, false, false, nullptr,
       [](Rig&, Device& device) {
         const auto now = monotonicNs();
         device.agent_wire->cut();
         return now;
       }},
      {"agent killed", T, false, false, false, nullptr,
       [](Rig&, Device& device) { return signalTo(device.agent->process(), SIGKILL); }},
      {"agent frozen", T, false, false, false, nullptr,
       [](Rig&, Device& device) { return signalTo(device.agent->process(), SIGSTOP); }},
      {"driver killed", T, false, false, true, nullptr,
       [](Rig&, Device& device) { return signalDriver(device, SIGKILL); }},
      // Its command may be on its way to it, in it, or done.
      {"driver crashes in a command", T, false, false, true, nullptr,
       [](Rig&, Device& device) {
         device.posted = device.page->post(device.page->epoch(device.id), device.id, "laser", R"({"on":true})");
         std::this_thread::sleep_for(std::chrono::microseconds(monotonicNs() / 1000 % 3000));
         return signalDriver(device, SIGABRT);
       }},
      {"driver frozen, page frozen", T, false, false, true, nullptr,
       [](Rig&, Device& device) {
         signalDriver(device, SIGSTOP);
         return freezePage(device);
       }},
      {"hub killed", T, true, false, false, nullptr,
       [](Rig& rig, Device&) { return signalTo(rig.hub().process(), SIGKILL); }},
      {"hub frozen", T, true, false, false, nullptr,
       [](Rig& rig, Device&) { return signalTo(rig.hub().process(), SIGSTOP); }},
      {"stop", T, false, true, false, nullptr, [](Rig&, Device& device) { return pressStop(device); }},
      {"stop for all", T, true, true, false, nullptr,
       [](Rig&, Device& device) { return press(device, R"({"type":"stop_all"})"); }},
      {"driver hangs, page frozen", H, false, false, false, hangBefore,
       [](Rig&, Device& device) { return freezePage(device); }},
      {"driver hangs in a write, page frozen", H, false, false, true, hangInside,
       [](Rig&, Device& device) { return freezePage(device); }},
      {"driver hangs, stop", H, false, true, false, hangBefore, [](Rig&, Device& device) { return pressStop(device); }},
      // The output goes on without its process, as PWM of a chip does: only opening the device anew switches it off.
      {"driver killed, its output stays on", H, false, false, true, nullptr,
       [](Rig&, Device& device) { return signalDriver(device, SIGKILL); }, 100ms},
      {"driver frozen, its output stays on", H, false, false, true, nullptr,
       [](Rig&, Device& device) {
         signalDriver(device, SIGSTOP);
         return freezePage(device);
       },
       100ms},
      {"device's cable pulled", C, false, false, false, nullptr,
       [](Rig&, Device& device) { return pull(*device.agent_cable); }},
      {"page's cable pulled", C, false, false, false, nullptr,
       [](Rig&, Device& device) { return pull(*device.page_cable); }},
      {"device's packets lost", C, false, false, false, nullptr, openAgentCable<Cable::Open::only_from_hub>},
      {"hub's packets lost", C, false, false, false, nullptr, openAgentCable<Cable::Open::only_to_hub>},
      {"stop over a cable", C, false, true, false, nullptr, [](Rig&, Device& device) { return pressStop(device); }},
  };
}

}  // namespace

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = makeKinds();
  return all;
}

}  // namespace soak

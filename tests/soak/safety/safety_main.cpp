// Lights lasers and lets one thing fail, again and again, at random moments: the register models' own record of edges,
// read by this program, says when each light went out, whatever became of hub, agent and driver.
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <random>

#include "soak/safety/load.hpp"
#include "soak/safety/rig.hpp"

namespace {

using namespace soak;
using namespace std::chrono_literals;

constexpr std::int64_t kDeadmanNs = 500'000'000;  // of the turret
constexpr std::int64_t kMarginNs = 50'000'000;
constexpr std::int64_t kStopNs = 50'000'000;  // 99 of 100 explicit stops

struct Kind {
  const char* name;
  bool of_all;   // the fault is the hub's: it hits all turrets at the same moment
  bool is_stop;  // somebody presses it: measured against kStopNs
  // Lets it happen to this turret (the first of all where it is the hub's) and returns when it did (CLOCK_MONOTONIC).
  std::int64_t (*fail)(Rig&, Turret&);
};

// A killed one is waited for, so that nobody takes it for a living one afterwards.
std::int64_t signalTo(test::Process& process, int number) {
  const auto now = test::monotonicNs();
  if (number == SIGKILL)
    process.kill();
  else
    process.signal(number);
  return now;
}
std::int64_t signalDriver(Turret& turret, int number) {
  const auto now = test::monotonicNs();
  ::kill(static_cast<pid_t>(turret.laser->ownerPid()), number);
  return now;
}
const std::array kKinds = {
    Kind{"page closed", false, false,
         [](Rig&, Turret& turret) {
           const auto now = test::monotonicNs();
           turret.page->close();
           return now;
         }},
    Kind{"page frozen", false, false,
         [](Rig&, Turret& turret) {
           turret.page->beating(false);
           return turret.page->lastBeatNs();
         }},
    Kind{"page's network gone", false, false,
         [](Rig&, Turret& turret) {
           turret.page_wire->hold(true);
           return test::monotonicNs();
         }},
    Kind{"device's network gone", false, false,
         [](Rig&, Turret& turret) {
           turret.agent_wire->hold(true);
           return test::monotonicNs();
         }},
    Kind{"device's connection reset", false, false,
         [](Rig&, Turret& turret) {
           turret.agent_wire->cut();
           return test::monotonicNs();
         }},
    Kind{"agent killed", false, false, [](Rig&, Turret& turret) { return signalTo(turret.agent->process(), SIGKILL); }},
    Kind{"agent frozen", false, false, [](Rig&, Turret& turret) { return signalTo(turret.agent->process(), SIGSTOP); }},
    Kind{"driver killed", false, false, [](Rig&, Turret& turret) { return signalDriver(turret, SIGKILL); }},
    Kind{"driver frozen, page frozen", false, false,
         [](Rig&, Turret& turret) {
           signalDriver(turret, SIGSTOP);
           turret.page->beating(false);
           return turret.page->lastBeatNs();
         }},
    Kind{"hub killed", true, false, [](Rig& rig, Turret&) { return signalTo(rig.hub().process(), SIGKILL); }},
    Kind{"hub frozen", true, false, [](Rig& rig, Turret&) { return signalTo(rig.hub().process(), SIGSTOP); }},
    Kind{"stop", false, true,
         [](Rig&, Turret& turret) {
           const auto now = test::monotonicNs();
           turret.page->send("{\"type\":\"stop\",\"device\":\"" + turret.id + "\"}");
           return now;
         }},
    Kind{"stop for all", true, true,
         [](Rig&, Turret& turret) {
           const auto now = test::monotonicNs();
           turret.page->send(R"({"type":"stop_all"})");
           return now;
         }},
};

struct Figures {
  std::vector<std::int64_t> off_ns;
  int late = 0, lit_again = 0;
};

// How long the laser was still on; whether it was lit again by itself.
void judge(Turret& turret, std::int64_t fault_ns, const Kind& kind, Figures& figures) {
  if (!turret.laser->becomes(false, 5s)) {
    std::printf("%s: %s is STILL ON after 5 s\n", kind.name, turret.id.c_str());
    ++figures.late;
    return;
  }
  const std::int64_t took = std::max<std::int64_t>(turret.laser->offNs() - fault_ns, 0);
  figures.off_ns.push_back(took);
  const std::int64_t most = kDeadmanNs + kMarginNs;
  if (took > most) {
    ++figures.late;
    std::printf("%s: %s went off after %.1f ms\n", kind.name, turret.id.c_str(), static_cast<double>(took) / 1e6);
  }
}

// After it has recovered, and before anybody lights it again.
void stayedOff(Turret& turret, const Kind& kind, Figures& figures) {
  if (turret.laser->timesOn() == turret.times_on && !turret.laser->on()) return;
  ++figures.lit_again;
  std::printf("%s: %s was lit again without a turn\n", kind.name, turret.id.c_str());
}

void resetStops(Rig& rig) {
  for (auto& turret : rig.turrets()) {
    if (rig.hub().stopState(turret->id) == "none") continue;
    // A reset needs the device's own confirmation of the stop first.
    const bool ended = test::eventually(
        [&] {
          rig.hub().request("POST", "/api/v1/devices/" + turret->id + "/stop/reset", "{}", rig.hub().administrator());
          return rig.hub().stopState(turret->id) == "none";
        },
        20s);
    if (!ended) throw std::runtime_error(turret->id + ": the stop does not end");
  }
}

Figures run(Rig& rig, const Kind& kind, int trials, std::mt19937_64& random) {
  Figures figures;
  std::mutex mutex;  // guards figures
  const int turrets = static_cast<int>(rig.turrets().size());
  for (int done = 0; done < trials; done += turrets) {
    rig.lightAll();
    const auto phase = [&] {
      return std::chrono::microseconds(std::uniform_int_distribution<int>(0, 400'000)(random));
    };
    if (kind.of_all) {
      std::this_thread::sleep_for(phase());
      const auto fault = kind.fail(rig, *rig.turrets().front());
      atOnce(rig.turrets(), [&](Turret& turret) {
        Figures one;
        judge(turret, fault, kind, one);
        const std::lock_guard lock(mutex);
        figures.late += one.late;
        figures.off_ns.insert(figures.off_ns.end(), one.off_ns.begin(), one.off_ns.end());
      });
    } else {
      std::vector<std::chrono::microseconds> phases;
      for (int i = 0; i < turrets; ++i) phases.push_back(phase());
      atOnce(rig.turrets(), [&](Turret& turret) {
        std::this_thread::sleep_for(phases[std::strtoul(turret.id.c_str() + 1, nullptr, 10)]);
        Figures one;
        judge(turret, kind.fail(rig, turret), kind, one);
        const std::lock_guard lock(mutex);
        figures.late += one.late;
        figures.off_ns.insert(figures.off_ns.end(), one.off_ns.begin(), one.off_ns.end());
      });
    }
    for (auto& turret : rig.turrets()) turret->page.reset();
    rig.recoverAll();
    resetStops(rig);
    for (auto& turret : rig.turrets()) stayedOff(*turret, kind, figures);
  }
  return figures;
}

double ms(std::vector<std::int64_t>& values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
  return static_cast<double>(values[at]) / 1e6;
}

// Prints a line; false when a promise was broken.
bool tell(const Kind& kind, Figures& figures) {
  bool good = figures.late == 0 && figures.lit_again == 0 && !figures.off_ns.empty();
  const double p99 = ms(figures.off_ns, 0.99);
  if (kind.is_stop && p99 * 1e6 > static_cast<double>(kStopNs)) good = false;
  std::printf("%-28s %5zu trials: off after p50 %.1f, p99 %.1f, at most %.1f ms%s\n", kind.name, figures.off_ns.size(),
              ms(figures.off_ns, 0.5), p99, ms(figures.off_ns, 1), good ? "" : "  NOT GOOD");
  std::fflush(stdout);
  return good;
}

[[noreturn]] void usage() {
  std::fprintf(
      stderr,
      "soak_safety [--trials N] [--devices N] [--kind NAME]... [--load] [--slow] [--seed N]\n"
      "  --load: beside a flood of telemetry, pictures and commands; --slow: over 1 Mbit/s with 20 ms each way\n");
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  int trials = 100, devices = 10;
  bool load = false, slow = false;
  std::uint64_t seed = std::random_device{}();
  std::vector<std::string> kinds;
  for (int i = 1; i < argc; ++i) {
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : (usage(), 0ULL); };
    if (!std::strcmp(argv[i], "--trials"))
      trials = static_cast<int>(number());
    else if (!std::strcmp(argv[i], "--devices"))
      devices = static_cast<int>(number());
    else if (!std::strcmp(argv[i], "--seed"))
      seed = number();
    else if (!std::strcmp(argv[i], "--kind") && i + 1 < argc)
      kinds.emplace_back(argv[++i]);
    else if (!std::strcmp(argv[i], "--load"))
      load = true;
    else if (!std::strcmp(argv[i], "--slow"))
      slow = true;
    else
      usage();
  }
  if (trials < 1 || devices < 1 || devices > 100) usage();
  std::printf("seed %llu (--seed)\n", static_cast<unsigned long long>(seed));
  ::signal(SIGPIPE, SIG_IGN);
  try {
    std::mt19937_64 random(seed);
    Rig rig(devices, seed);
    if (slow)
      for (auto& turret : rig.turrets()) turret->agent_wire->shape({20ms, 5ms, 1'000'000 / 8});
    std::unique_ptr<Load> flood;
    if (load) flood = std::make_unique<Load>(rig);
    bool good = true;
    for (const Kind& kind : kKinds) {
      if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), kind.name) == kinds.end()) continue;
      auto figures = run(rig, kind, trials, random);
      good = tell(kind, figures) && good;
    }
    if (flood) std::printf("beside it: %s\n", flood->end().c_str());
    std::printf(good ? "every light went out in time\n" : "a light did NOT go out in time, or was lit by itself\n");
    return good ? 0 : 1;
  } catch (const std::exception& fault) {
    std::printf("the trials could not be made: %s\n", fault.what());
    return 3;
  }
}

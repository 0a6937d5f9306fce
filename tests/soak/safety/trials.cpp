#include "soak/safety/trials.hpp"

#include <algorithm>
#include <cstdio>

namespace soak {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMarginNs = 50'000'000;
constexpr std::int64_t kStopNs = 50'000'000;  // 99 of 100 explicit stops
constexpr auto kLongestPhase = 400ms;

enum class Verdict { good, late, repeat };

struct Trial {
  Verdict verdict = Verdict::good;
  std::int64_t off_ns = 0;
};

double inMs(std::int64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

// Why it may have gone out before anything failed: the page's beats before, and what the agent said.
void tellEarly(Device& device, const Kind& kind, const Canary& canary) {
  const std::int64_t at_ns = device.lamp->offNs();
  std::string said = device.agent->process().output();
  said = said.substr(said.size() - std::min<std::size_t>(said.size(), 700));
  std::printf(
      "%s: %s went out by itself %.1f ms after it was lit; beats, ms before (made/answered): "
      "%s; the machine paused for %.1f ms in the second before; its agent: ...%s\n",
      kind.name, device.id.c_str(), inMs(at_ns - device.lit_ns), device.page->beatsBefore(at_ns).c_str(),
      inMs(canary.longestNs(at_ns - 1'000'000'000, at_ns)), said.c_str());
}

Trial judge(Device& device, std::int64_t fault_ns, const Kind& kind, const Canary& canary) {
  if (!device.lamp->goesOff(5s)) {
    std::printf("%s: %s is STILL ON after 5 s\n", kind.name, device.id.c_str());
    return {Verdict::late, 5'000'000'000};
  }
  const std::int64_t off_ns = device.lamp->offNs() - fault_ns;
  // A renewal of the permit came late, say: this says nothing of the fault. (A beat's fault is before it is noticed.)
  if (off_ns < 0) {
    tellEarly(device, kind, canary);
    return {Verdict::repeat, 0};
  }
  const std::int64_t deadman_ns = std::chrono::nanoseconds(device.lamp->deadman()).count();
  const std::int64_t limit_ns = deadman_ns + kMarginNs;
  // A pause that was over before the permit's end has made nobody late.
  const std::int64_t due_ns = kind.is_stop ? fault_ns : fault_ns + deadman_ns;
  const std::int64_t pause_ns = canary.longestNs(due_ns, device.lamp->offNs());
  const bool late = off_ns > limit_ns;
  if (late)
    std::printf("%s: %s went off after %.1f ms; the machine paused for %.1f ms behind what was due\n", kind.name,
                device.id.c_str(), inMs(off_ns), inMs(pause_ns));
  if (late) return {pause_ns >= off_ns - limit_ns ? Verdict::repeat : Verdict::late, off_ns};
  if (kind.is_stop && off_ns > kStopNs && pause_ns >= off_ns - kStopNs) return {Verdict::repeat, off_ns};
  return {Verdict::good, off_ns};
}

double quantile(std::vector<std::int64_t>& values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return inMs(values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))]);
}

// One fault for each device, and what came of it.
std::vector<Trial> round(Rig& rig, const Kind& kind, std::mt19937_64& random, const Canary& canary) {
  auto& devices = rig.devices();
  std::vector<Trial> trials(devices.size());
  std::vector<std::chrono::microseconds> phases(devices.size());
  const std::chrono::microseconds longest =
      std::max<std::chrono::milliseconds>(kLongestPhase, kind.apart * static_cast<int>(devices.size()));
  for (auto& phase : phases)
    phase = std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(0, longest.count())(random));
  rig.lightAll();
  if (kind.prepare) rig.atOnce(kind.prepare);
  std::int64_t fault_ns = 0;
  if (kind.of_all) {
    std::this_thread::sleep_for(phases.front());
    fault_ns = kind.fail(rig, *devices.front());
  }
  rig.atOnce([&](Device& device) {
    const auto i = static_cast<std::size_t>(device.number);
    if (!kind.of_all) std::this_thread::sleep_for(phases[i]);
    trials[i] = judge(device, kind.of_all ? fault_ns : kind.fail(rig, device), kind, canary);
  });
  rig.recoverAll(kind.ends_driver);
  return trials;
}

}  // namespace

Figures runTrials(Rig& rig, const Kind& kind, int trials, std::mt19937_64& random, const Canary& canary) {
  Figures figures;
  const auto begin = std::chrono::steady_clock::now();
  // A machine that pauses all the time can say nothing, which is no success either.
  const int most_repeated = trials / 2 + 5;
  while (static_cast<int>(figures.off_ns.size()) < trials) {
    for (const Trial& trial : round(rig, kind, random, canary)) {
      const bool repeat = trial.verdict == Verdict::repeat && figures.repeated < most_repeated;
      if (repeat) {
        ++figures.repeated;
        continue;
      }
      if (trial.verdict != Verdict::good) ++figures.late;
      figures.off_ns.push_back(trial.off_ns);
    }
    for (auto& device : rig.devices()) {
      // Every edge since its page had switched it on, also short ones and those of the recovery.
      const int alone = device->lit_alone + device->lamp->timesOn() - device->times_on;
      if (alone == 0 && !device->lamp->on() && device->lamp->missed() == 0) continue;
      std::printf("%s: %s was lit %d times by itself%s\n", kind.name, device->id.c_str(), alone,
                  device->lamp->on() ? " and is still on" : "");
      figures.lit_alone += std::max(alone, 1);
      device->times_on = device->lamp->timesOn();
      device->lit_alone = 0;
    }
  }
  figures.took_s = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin).count();
  return figures;
}

bool tell(const Kind& kind, Figures& figures) {
  const double p99 = quantile(figures.off_ns, 0.99);
  const bool good =
      figures.late == 0 && figures.lit_alone == 0 && !figures.off_ns.empty() && (!kind.is_stop || p99 <= inMs(kStopNs));
  std::printf(
      "%-36s %5zu trials: off after p50 %5.1f, p99 %5.1f, at most %5.1f ms; %d late, %d lit alone, %d repeated; %lld "
      "s%s\n",
      kind.name, figures.off_ns.size(), quantile(figures.off_ns, 0.5), p99, quantile(figures.off_ns, 1), figures.late,
      figures.lit_alone, figures.repeated, static_cast<long long>(figures.took_s), good ? "" : "  NOT GOOD");
  std::fflush(stdout);
  return good;
}

}  // namespace soak

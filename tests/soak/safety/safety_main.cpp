// Lights lamps and lets one thing fail, again and again, at random moments: the drivers' hardware models keep a record
// of edges that this program reads, which says when each light went out, whatever became of hub, agent and driver.
//
// A light is late beyond dead-man + 50 ms, and of explicit stops one of 100 may take longer than 50 ms. The time counts
// from the fault (of a page: from its last beat) to the edge, and nothing is subtracted from it. Where the machine
// itself stood still meanwhile (canary.hpp) for at least as long as the light was late, the trial is repeated, at most
// every second one. A lamp that goes on without a command of a turn that is on is never excused, however short it was.
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <random>

#include "soak/safety/load.hpp"
#include "soak/safety/trials.hpp"

namespace {

using namespace soak;
using namespace std::chrono_literals;

constexpr int kMostCabled = 25;

struct Wishes {
  int trials = 100, devices = 10;
  bool load = false, slow = false, late_again = false;
  std::uint64_t seed = std::random_device{}();
  std::vector<std::string> kinds;  // empty: all
};

[[noreturn]] void usage() {
  std::fprintf(
      stderr,
      "soak_safety [--trials N] [--devices N] [--kind NAME]... [--load] [--slow] [--late-again] [--seed N]\n"
      "  --trials N   of each kind at least (100); all devices have theirs at once\n"
      "  --devices N  so many, 1 to 100 (10)\n"
      "  --load       beside a flood of values, pictures and commands\n"
      "  --slow       agents reach the hub over 1 Mbit/s with 20 to 25 ms each way; without the trials with "
      "cables, which\n"
      "               are not the ones that can be made slow\n"
      "  --late-again a kind with a late light is tried once more, and what could not be made too: for a machine "
      "with others\n"
      "               on it; a light that went on by itself is never forgiven\n");
  for (const auto& kind : kinds()) std::fprintf(stderr, "  --kind \"%s\"\n", kind.name);
  std::exit(2);
}

Wishes read(int argc, char** argv) {
  Wishes wishes;
  for (int i = 1; i < argc; ++i) {
    const auto is = [&](const char* name) { return !std::strcmp(argv[i], name); };
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : (usage(), 0ULL); };
    if (is("--trials"))
      wishes.trials = static_cast<int>(number());
    else if (is("--devices"))
      wishes.devices = static_cast<int>(number());
    else if (is("--seed"))
      wishes.seed = number();
    else if (is("--kind") && i + 1 < argc)
      wishes.kinds.emplace_back(argv[++i]);
    else if (is("--load"))
      wishes.load = true;
    else if (is("--slow"))
      wishes.slow = true;
    else if (is("--late-again"))
      wishes.late_again = true;
    else
      usage();
  }
  if (wishes.trials < 1 || wishes.devices < 1 || wishes.devices > 100) usage();
  for (const auto& name : wishes.kinds)
    if (std::none_of(kinds().begin(), kinds().end(), [&](const Kind& kind) { return kind.name == name; })) usage();
  return wishes;
}

std::vector<const Kind*> wanted(const Wishes& wishes, Stage stage) {
  std::vector<const Kind*> found;
  for (const Kind& kind : kinds())
    if (kind.stage == stage &&
        (wishes.kinds.empty() || std::count(wishes.kinds.begin(), wishes.kinds.end(), kind.name)))
      found.push_back(&kind);
  return found;
}

// script/test looks for this line: the output of a test that passed is hidden else.
void tellSecondTry(const std::string& what) {
  std::printf("needed a second try: %s\n", what.c_str());
}

void run(const Wishes& wishes, Stage stage, std::mt19937_64& random, const Canary& canary, bool& good) {
  const auto todo = wanted(wishes, stage);
  if (todo.empty()) return;
  RigSetup setup;
  setup.stage = stage;
  setup.devices = stage == Stage::cables ? std::min(wishes.devices, kMostCabled) : wishes.devices;
  setup.seed = wishes.seed;
  if (wishes.slow) setup.uplink = {20ms, 5ms, 1'000'000 / 8};
  Rig rig(setup);
  std::optional<Load> flood;
  if (wishes.load) flood.emplace(rig);
  for (const Kind* kind : todo) {
    auto figures = runTrials(rig, *kind, wishes.trials, random, canary);
    bool kept = tell(*kind, figures);
    if (!kept && wishes.late_again && figures.lit_alone == 0) {
      std::printf("  once more, since none went on by itself:\n");
      tellSecondTry(std::string("soak_safety, ") + kind->name);
      figures = runTrials(rig, *kind, wishes.trials, random, canary);
      kept = tell(*kind, figures);
    }
    good = kept && good;
  }
  if (flood) std::printf("beside it: %s\n", flood->end().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const Wishes wishes = read(argc, argv);
  std::printf("seed %llu (--seed), %d devices\n", static_cast<unsigned long long>(wishes.seed), wishes.devices);
  std::fflush(stdout);
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<Stage> stages{Stage::turrets, Stage::hanging};
  if (!wanted(wishes, Stage::cables).empty()) {
    if (wishes.slow)
      std::printf("left out: the trials with cables between machines; --slow makes only the emulated line slow\n");
    else if (const auto why = enterOwnNetwork())
      std::printf("left out: the trials with cables between machines; %s\n", why->c_str());
    else
      stages.push_back(Stage::cables);
  }
  try {
    std::mt19937_64 random(wishes.seed);
    const Canary canary;
    bool good = true;
    for (const Stage stage : stages) {
      try {
        run(wishes, stage, random, canary, good);
      } catch (const std::exception& fault) {
        if (!wishes.late_again) throw;
        std::printf("once more, since the trials could not be made: %s\n", fault.what());
        tellSecondTry("soak_safety, whose trials could not be made at first");
        run(wishes, stage, random, canary, good);
      }
    }
    std::printf("the machine paused for at most %.1f ms\n", static_cast<double>(canary.longestNs()) / 1e6);
    std::printf(good ? "every light went out in time, and none went on by itself\n"
                     : "a light did NOT go out in time, or went on by itself\n");
    return good ? 0 : 1;
  } catch (const std::exception& fault) {
    std::printf("the trials could not be made: %s\n", fault.what());
    return 3;
  }
}

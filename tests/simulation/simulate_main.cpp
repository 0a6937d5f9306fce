// simulate: histories of hub, link, agent, driver and people from seeds, by the hundred thousand.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "history.hpp"

namespace {

using simulation::Defect;

constexpr const char* kHelp = R"(simulate: run the rules of hub and agent together through histories made from seeds.

  simulate [--seed S] [--histories N]   N histories from seed S on (default: 1, 1000)
  simulate --seeds FROM..TO             the histories of these seeds, both included
  simulate --seed S --trace             one history, told event by event
  simulate --prove [--histories N]      plant each known defect and show that it is found within N histories
  simulate --defect NAME ...            plant one defect (with any of the above)
  --jobs J                              threads (default: one for each core)
  --progress S                          says every S seconds how far it is

Every history has 2 to 4 people (one moderates), one device, and faults: links break (with late bytes), hub and agent crash and freeze,
the driver hangs, crashes or cannot halt, people reload, fall silent, repeat and replay; the hub's disk is full, slow, fails, loses
with the power what was not synced, ends its hub between a write and its answer, and older backups are put back.
After every event: never two holders; epochs only rise and are on disk before their turn begins; no output without a live permit, turn and page; a command executes
once, in its own live turn, for its own person; states are told honestly; a stop reaches a reachable device in time and is
never shown confirmed while an output is on; and once everything heals, nobody who waits starves.
Exit status: 0 nothing found, 1 a violation (its seed is printed), 2 wrong use.
)";

struct Options {
  std::uint64_t from = 1;
  std::uint64_t count = 1000;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  std::uint64_t progress_s = 0;  // 0: silent
  bool trace = false;
  bool prove = false;
  Defect defect = Defect::none;
};

std::optional<std::uint64_t> number(const std::string& text) {
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

std::optional<Defect> defectNamed(const std::string& text) {
  for (int i = 0; i < simulation::kDefects; ++i)
    if (text == simulation::name(static_cast<Defect>(i))) return static_cast<Defect>(i);
  return std::nullopt;
}

bool readRange(const std::string& text, Options& options) {
  const auto dots = text.find("..");
  if (dots == std::string::npos) return false;
  const auto from = number(text.substr(0, dots)), to = number(text.substr(dots + 2));
  if (!from || !to || *to < *from) return false;
  options.from = *from;
  options.count = *to - *from + 1;
  return true;
}

std::optional<Options> readOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--trace") {
      options.trace = true;
      continue;
    }
    if (option == "--prove") {
      options.prove = true;
      continue;
    }
    const std::string value = i + 1 < argc ? argv[++i] : "";
    const auto n = number(value);
    const auto defect = defectNamed(value);
    if (option == "--seed" && n)
      options.from = *n;
    else if (option == "--histories" && n && *n > 0)
      options.count = *n;
    else if (option == "--jobs" && n && *n > 0 && *n <= 256)
      options.jobs = static_cast<unsigned>(*n);
    else if (option == "--progress" && n)
      options.progress_s = *n;
    else if (option == "--defect" && defect)
      options.defect = *defect;
    else if (option == "--seeds" && readRange(value, options))
      continue;
    else
      return std::nullopt;
  }
  return options;
}

struct Found {
  std::uint64_t seed;
  simulation::Outcome outcome;
};

struct Totals {
  std::uint64_t histories = 0, turns = 0, executed = 0, events = 0;
};

void tellProgress(const Options& options, const std::atomic<std::uint64_t>& done,
                  const std::atomic<unsigned>& working) {
  const auto start = std::chrono::steady_clock::now();
  auto next = start + std::chrono::seconds(options.progress_s);
  while (working > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto now = std::chrono::steady_clock::now();
    if (now < next) continue;
    next += std::chrono::seconds(options.progress_s);
    const auto count = done.load();
    const double rate = static_cast<double>(count) / std::chrono::duration<double>(now - start).count();
    std::printf("simulate: %llu of %llu, %.0f a second\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(options.count), rate);
    std::fflush(stdout);
  }
}

// The violation of the lowest seed, or nothing. Stops early once one is found.
std::optional<Found> search(const Options& options, Totals& totals) {
  std::atomic<std::uint64_t> next{options.from}, done{0};
  std::atomic<unsigned> working{options.jobs};
  std::mutex mutex;
  std::optional<Found> found;
  auto work = [&] {
    Totals mine;
    for (;;) {
      const std::uint64_t seed = next.fetch_add(1);
      if (seed - options.from >= options.count) break;
      auto outcome = simulation::runHistory(seed, options.defect, false);
      ++mine.histories;
      done.fetch_add(1, std::memory_order_relaxed);
      mine.turns += outcome.turns;
      mine.executed += outcome.executed;
      mine.events += outcome.events;
      if (outcome.violation.empty()) continue;
      const std::lock_guard lock(mutex);
      if (!found || seed < found->seed) found = Found{seed, std::move(outcome)};
      next = options.from + options.count;
    }
    const std::lock_guard lock(mutex);
    totals.histories += mine.histories;
    totals.turns += mine.turns;
    totals.executed += mine.executed;
    totals.events += mine.events;
    --working;
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.jobs; ++i) threads.emplace_back(work);
  if (options.progress_s > 0) tellProgress(options, done, working);
  for (auto& thread : threads) thread.join();
  return found;
}

int prove(Options options) {
  int missed = 0;
  for (int i = 1; i < simulation::kDefects; ++i) {
    options.defect = static_cast<Defect>(i);
    Totals totals;
    const auto found = search(options, totals);
    if (found) {
      std::printf("%-22s found at seed %llu: %s\n", simulation::name(options.defect),
                  static_cast<unsigned long long>(found->seed), found->outcome.violation.c_str());
    } else {
      ++missed;
      std::printf("%-22s NOT FOUND in %llu histories\n", simulation::name(options.defect),
                  static_cast<unsigned long long>(options.count));
    }
  }
  return missed == 0 ? 0 : 1;
}

int traceOne(const Options& options) {
  const auto outcome = simulation::runHistory(options.from, options.defect, true);
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(options.from),
              outcome.violation.empty() ? "no violation" : outcome.violation.c_str());
  return outcome.violation.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0)) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  const auto options = readOptions(argc, argv);
  if (!options) {
    std::fputs(kHelp, stderr);
    return 2;
  }
  if (options->trace) return traceOne(*options);
  if (options->prove) return prove(*options);

  std::printf("simulate: %llu histories from seed %llu on, %u at once\n",
              static_cast<unsigned long long>(options->count), static_cast<unsigned long long>(options->from),
              options->jobs);
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  Totals totals;
  const auto found = search(*options, totals);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (found) {
    std::printf("VIOLATION at seed %llu, %.3f ms: %s\n  replay: simulate --seed %llu --trace%s%s\n",
                static_cast<unsigned long long>(found->seed), static_cast<double>(found->outcome.at) / 1e6,
                found->outcome.violation.c_str(), static_cast<unsigned long long>(found->seed),
                options->defect == Defect::none ? "" : " --defect ",
                options->defect == Defect::none ? "" : simulation::name(options->defect));
    return 1;
  }
  std::printf(
      "simulate: nothing found in %llu histories (%llu turns, %llu commands executed, %llu events) in %.1f s, %.0f a "
      "second\n",
      static_cast<unsigned long long>(totals.histories), static_cast<unsigned long long>(totals.turns),
      static_cast<unsigned long long>(totals.executed), static_cast<unsigned long long>(totals.events), seconds,
      static_cast<double>(totals.histories) / seconds);
  return 0;
}

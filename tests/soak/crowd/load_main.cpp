// A hub with thousands of people, and with those who mean it no good: what each costs, how long the others wait,
// whether a stop still stops, and whether anything grows or stays behind. Usage: script/soak load.
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>

#include "soak/crowd/asker.hpp"
#include "soak/crowd/crowd.hpp"
#include "soak/crowd/presser.hpp"
#include "soak/crowd/report.hpp"
#include "soak/crowd/stage.hpp"

namespace {

using namespace soak;
using namespace std::chrono_literals;

constexpr int kOwnFiles = 300;     // of the hub and of this program, beside the crowd's sockets
constexpr int kPresserFiles = 10;  // connections of a Presser

struct Choice {
  CrowdSize size{10'000, 40, 1'000, 1'000, 200, true};
  double minutes = 60, every_s = 10, rate = 2, churn_per_s = 20;
  bool small = false;  // counts are judged, times are not
  bool one_device = false;
  std::string json_file;
  std::uint64_t seed = std::random_device{}();
};

std::atomic<bool> interrupted{false};

[[noreturn]] void usage() {
  std::fprintf(
      stderr,
      "soak_load [--sockets N] [--bad N] [--minutes X] [--every SECONDS] [--rate HZ] [--churn PER_S] [--seed N]\n"
      "          [--json FILE] [--small] [--one-device]\n"
      "  --bad: so many who say nothing, and as many who stop inside their request's head (1,000)\n"
      "  --one-device: nobody watches the devices that measure, everybody the one whose stop is pressed\n"
      "  --small: for tests on any machine: what must not be lost or left is judged, times are not\n");
  std::exit(2);
}

Choice choose(int argc, char** argv) {
  Choice choice;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--small") {
      choice.small = true;
      continue;
    }
    if (name == "--one-device") {
      choice.one_device = true;
      continue;
    }
    if (i + 1 == argc) usage();
    const char* value = argv[++i];
    if (name == "--json") {
      choice.json_file = value;
      continue;
    }
    char* end = nullptr;
    const double number = std::strtod(value, &end);
    if (end == value || *end != 0 || number < 0) usage();
    if (name == "--sockets")
      choice.size.people = static_cast<int>(number);
    else if (name == "--bad")
      choice.size.silent = choice.size.half = static_cast<int>(number);
    else if (name == "--minutes")
      choice.minutes = number;
    else if (name == "--every")
      choice.every_s = std::max(number, 0.5);
    else if (name == "--rate")
      choice.rate = number;
    else if (name == "--churn")
      choice.churn_per_s = number;
    else if (name == "--seed")
      choice.seed = std::strtoull(value, nullptr, 10);
    else
      usage();
  }
  choice.size.stalled = std::max(choice.size.people / 50, 1);
  choice.size.pictures = std::max(choice.size.people / 250, 2);
  return choice;
}

// As many people as descriptors allow; the others are the same share of them as wanted.
void fitToLimit(CrowdSize& size) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const int all = size.people + size.pictures + size.silent + size.half + size.stalled;
  const double room = static_cast<double>(files.rlim_cur) - kOwnFiles;
  if (all <= room) return;
  const double share = std::max(room, 0.0) / all;
  for (int* each : {&size.people, &size.pictures, &size.silent, &size.half, &size.stalled})
    *each = static_cast<int>(*each * share);
  std::printf("ulimit -n is %llu: %d people instead, and as many fewer of the others\n",
              static_cast<unsigned long long>(files.rlim_cur), size.people);
}

bool waitFor(const std::function<bool()>& holds, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (interrupted || std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

void rest(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!interrupted && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(20ms);
}

class Run {
 public:
  explicit Run(const Choice& choice)
      : choice_(choice),
        stage_({2, choice.small ? 2 : 6, choice.rate, 2 * total(choice.size) + 1000, choice.small}),
        crowd_(crowdSettings()) {
    report_.seed = choice.seed;
    report_.people = choice.size.people;
    report_.measured = !choice.one_device;
  }

  Report whole() {
    comeAndGoOnce();
    report_.idle = hub();
    fill();
    load();
    empty();
    const auto& counts = crowd_.counts();
    report_.lost = counts.lost;
    report_.refused = counts.refused;
    report_.delay = crowd_.delays().whole();
    report_.arrival = crowd_.arrivals().whole();
    if (const auto fault = crowd_.lastFault(); !fault.empty()) report_.faults += "  sent away: " + fault + "\n";
    return report_;
  }

 private:
  static int total(const CrowdSize& size) {
    return size.people + size.pictures + size.silent + size.half + size.stalled;
  }
  CrowdSettings crowdSettings() {
    CrowdSettings settings;
    settings.port = stage_.hub().port();
    if (!choice_.one_device) settings.devices = stage_.meters();
    settings.devices.push_back(stage_.turrets().front());
    settings.cameras = stage_.turrets();
    settings.churn_per_s = choice_.churn_per_s;
    settings.seed = choice_.seed;
    return settings;
  }
  ProcessFigures hub() { return figuresOf(stage_.hub().process().pid()); }

  // What is made once, at the first visit of each kind, is no part of what a person costs.
  void comeAndGoOnce() {
    rest(1);
    const int before = hub().descriptors;
    {
      crowd_.become({.people = 20, .pictures = 2});
      Asker asker({stage_.hub().port(), stage_.meters().front(), 50, false, "127.0.0.40"});
      Presser presser(stage_, 100ms, choice_.seed);
      const auto seen = [&] {
        return crowd_.counts().people == 20 && crowd_.counts().pictures == 2 && asker.timings().whole().count() > 24 &&
               presser.timings().whole().count() > 2;
      };
      if (!waitFor(seen, 60s))
        throw std::runtime_error("the first visit fails: " + std::to_string(crowd_.counts().people) + " people, " +
                                 std::to_string(asker.timings().whole().count()) + " answers, " +
                                 std::to_string(presser.timings().whole().count()) + " stops. " + crowd_.lastFault() +
                                 " " + asker.lastFault() + " " + presser.lastFault());
    }
    crowd_.become({});
    waitFor([&] { return hub().descriptors <= before; }, 10s);
    rest(1);
  }

  void fill() {
    const auto began = std::chrono::steady_clock::now();
    crowd_.become({.people = choice_.size.people});
    report_.all_came = waitFor([&] { return crowd_.counts().people == choice_.size.people; }, 180s);
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf("%d of %d people came in %.1f s\n", crowd_.counts().people.load(), choice_.size.people, took);
    std::fflush(stdout);
    rest(choice_.small ? 1 : 5);
    report_.full = hub();
  }

  void load() {
    crowd_.become(choice_.size);
    Asker kept({stage_.hub().port(), stage_.meters().front(), choice_.small ? 20.0 : 30.0, false, "127.0.0.40"});
    Asker fresh({stage_.hub().port(), stage_.meters().back(), 10, true, "127.0.0.41"});
    Presser presser(stage_, choice_.small ? 100ms : 1500ms, choice_.seed);
    rest(std::min(10.0, choice_.minutes * 6));
    const auto began = std::chrono::steady_clock::now();
    (void)kept.timings().takeWindow(), (void)fresh.timings().takeWindow();
    (void)presser.timings().takeWindow(), (void)crowd_.delays().takeWindow();
    std::uint64_t messages = crowd_.counts().messages;
    double before_s = 0, told_s = 0;
    const auto seconds = [&] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    while (!interrupted && seconds() < choice_.minutes * 60) {
      rest(std::min(choice_.every_s, choice_.minutes * 60 - seconds() + 0.01));
      Sample sample;
      sample.at_s = seconds();
      sample.hub = hub();
      sample.kernel_tcp_kb = kernelTcpKb();
      sample.people = crowd_.counts().people;
      sample.others = crowd_.counts().others + crowd_.counts().pictures;
      const std::uint64_t now = crowd_.counts().messages;
      sample.messages_per_s = static_cast<double>(now - messages) / std::max(0.1, sample.at_s - before_s);
      messages = now;
      before_s = sample.at_s;
      sample.api = kept.timings().takeWindow();
      sample.stop = presser.timings().takeWindow();
      sample.delay = crowd_.delays().takeWindow();
      if (report_.samples.empty() || sample.at_s >= told_s + 59) {
        std::printf("%s\n", line(sample).c_str());
        std::fflush(stdout);
        told_s = sample.at_s;
      }
      report_.samples.push_back(std::move(sample));
      if (!stage_.hub().process().running())
        throw std::runtime_error("the hub has ended:\n" + stage_.hub().process().output());
    }
    // A test on a slow machine goes on until it has seen all that it looks at.
    if (choice_.small)
      waitFor([&] { return presser.timings().whole().count() >= 3 && fresh.timings().whole().count() >= 24; }, 60s);
    report_.api = kept.timings().whole();
    report_.api.add(fresh.timings().whole());
    report_.stop = presser.timings().whole();
    report_.asked = kept.asked() + fresh.asked();
    report_.api_failed = kept.failed() + fresh.failed();
    report_.stop_failed = presser.failed();
    report_.stayed_on = presser.stayedOn();
    for (const auto& fault : {kept.lastFault(), fresh.lastFault(), presser.lastFault()})
      if (!fault.empty()) report_.faults += "  last fault: " + fault + "\n";
    std::printf("over one connection:\n%sover a new one each:\n%s", kept.byRequest().c_str(),
                fresh.byRequest().c_str());
    std::printf("the crowd's thread needed %.0f %% of a processor\n",
                100 * crowd_.cpuSeconds() / std::max(1.0, seconds() + 20));
  }

  void empty() {
    const int before = report_.idle.descriptors + kOwnDescriptors;
    std::chrono::steady_clock::time_point gone;
    {
      // Their memory is given back within some seconds; whoever presses stop meanwhile must not wait for that.
      Presser presser(stage_, 100ms, choice_.seed + 1);
      crowd_.become({});
      report_.all_gone = waitFor([&] { return hub().descriptors <= before + kPresserFiles; }, 90s);
      gone = std::chrono::steady_clock::now();
      rest(choice_.small ? 0 : 12);
      report_.leaving_stop = presser.timings().whole();
      report_.stayed_on += presser.stayedOn();
      if (const auto fault = presser.lastFault(); !fault.empty())
        report_.faults += "  last fault while all left: " + fault + "\n";
    }
    report_.all_gone = report_.all_gone && waitFor([&] { return hub().descriptors <= before; }, 90s);
    const auto since = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - gone).count(); };
    const Limits limits;
    do {
      report_.after = hub();
      report_.given_back_s = since();
      if (choice_.small || report_.gaveBack(limits)) return;
      rest(0.5);
    } while (!interrupted && since() < limits.left_after_s);
  }

  const Choice choice_;
  Stage stage_;
  Crowd crowd_;
  Report report_;
};

}  // namespace

int main(int argc, char** argv) {
  Choice choice = choose(argc, argv);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, [](int) { interrupted = true; });
  ::signal(SIGTERM, [](int) { interrupted = true; });
  fitToLimit(choice.size);
  std::printf("seed %llu: %d people, %d viewers of pictures, %d silent, %d half heads, %d who read no more\n",
              static_cast<unsigned long long>(choice.seed), choice.size.people, choice.size.pictures,
              choice.size.silent, choice.size.half, choice.size.stalled);
  std::fflush(stdout);
  try {
    Run run(choice);
    const Report report = run.whole();
    const auto faults = broken(report, Limits{}, !choice.small);
    std::printf("%s%s", table(report).c_str(), report.faults.c_str());
    for (const auto& fault : faults) std::printf("NOT GOOD: %s\n", fault.c_str());
    if (!choice.json_file.empty()) std::ofstream(choice.json_file) << json(report, faults);
    if (interrupted) std::puts("interrupted");
    std::puts(faults.empty() ? "nobody was lost, nothing was left" : "a promise was broken");
    return faults.empty() && !interrupted ? 0 : 1;
  } catch (const std::exception& fault) {
    std::printf("the load could not be made: %s\n", fault.what());
    return 3;
  }
}

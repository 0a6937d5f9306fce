// What was measured now and then, and what it says: whether the hub kept its promises, in a table and as JSON.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "soak/crowd/process_figures.hpp"
#include "soak/crowd/timings.hpp"

namespace soak {

struct Sample {
  double at_s = 0;  // since the load was whole
  ProcessFigures hub;
  double kernel_tcp_kb = 0;
  int people = 0, others = 0;
  double messages_per_s = 0;
  Histogram api, stop, delay;  // since the sample before
};

// That the hub may have opened for itself meanwhile: a new file of its history, say. Tens of thousands come and go.
inline constexpr int kOwnDescriptors = 4;

struct Limits {
  double kb_a_socket = 2;
  double api_p99_ms = 100, stop_p99_ms = 50;
  // Of the hub's memory, in all the time that is judged: less than what the smallest piece of memory (32 bytes) lost by
  // each of those who come within an hour would be.
  double growth_percent = 1, growth_kb = 1024;
  double left_percent = 25;  // of what the crowd needed, that may be left when it has gone ...
  double left_kb = 1024;     // ... beside what the hub fills for itself meanwhile: its databases' caches, commands
  double left_after_s = 20;  // ... for so long
};

struct Report {
  std::uint64_t seed = 0;
  int people = 0;
  ProcessFigures idle, full, after;  // before anybody came; with all people and nothing else; when all have gone
  double given_back_s = 0;           // how long after they went that was
  std::vector<Sample> samples;
  Histogram api, stop, delay, arrival;
  Histogram leaving_stop;  // while all leave at once and their memory is given back
  std::uint64_t asked = 0, refused = 0, lost = 0, api_failed = 0, stop_failed = 0, stayed_on = 0;
  bool all_came = false, all_gone = false;
  bool measured = true;  // somebody watches a device that measures
  std::string faults;  // the last of each kind, in words

  double kbASocket() const;
  // What the whole crowd took at most: people, and those who meant no good.
  double neededKb() const;
  double leftPercent() const;  // of it
  bool gaveBack(const Limits& limits) const;
  // Kilobytes a second by which the hub's memory grew, by what is typical of each twelfth of the time that is judged
  // (Theil and Sen's slope), so that neither a peak nor a single step makes a trend.
  double growthKbPerS() const;
};

// What does not hold, a sentence each. Times are judged only when `times`.
std::vector<std::string> broken(const Report& report, const Limits& limits, bool times);
std::string table(const Report& report);
std::string json(const Report& report, const std::vector<std::string>& faults);
std::string line(const Sample& sample);

}  // namespace soak

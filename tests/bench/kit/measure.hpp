// What the load generators and yardsticks share for measuring: options, the clock, percentiles, a process's use of the
// machine, and one line of JSON as a result. Every time is CLOCK_MONOTONIC, so all programs of a run share one machine.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

std::int64_t nowNs();

// Prints the sentence and ends the program with status 2: a run that cannot measure must not print a result.
[[noreturn]] void giveUp(const std::string& sentence);

// --name=value, or --name for "1". Unknown names end the program.
class Options {
 public:
  Options(int argc, char** argv, std::map<std::string, std::string> defaults);
  const std::string& text(const std::string& name) const;
  double number(const std::string& name) const;
  int count(const std::string& name) const;
  std::int64_t ns(const std::string& name) const;  // of an option in seconds

 private:
  std::map<std::string, std::string> values_;
};

// Every sample is kept, so percentiles are exact.
class Samples {
 public:
  void add(std::int64_t ns) { values_.push_back(ns); }
  std::size_t size() const { return values_.size(); }
  double percentileMs(double percent);

 private:
  std::vector<std::int64_t> values_;
};

// A process's user and system time so far, and its resident memory. Zeros when there is no such process.
struct Use {
  double cpu_s = 0;
  double rss_mb = 0;
};
Use useOf(int pid);

class Result {
 public:
  Result& add(const std::string& name, double value);
  Result& add(const std::string& name, Samples& samples);  // NAME_p50_ms and NAME_p99_ms
  void print() const;                                      // one line, flushed

 private:
  std::string members_;
};

// Lets a program hold thousands of sockets, and a lost peer be an error rather than a signal.
void prepareProcess();

}  // namespace bench

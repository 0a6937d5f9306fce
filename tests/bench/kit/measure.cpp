#include "kit/measure.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace bench {

std::int64_t nowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void giveUp(const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::exit(2);
}

Options::Options(int argc, char** argv, std::map<std::string, std::string> defaults) : values_(std::move(defaults)) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto equals = argument.find('=');
    const auto name = argument.substr(0, equals);
    const auto known = name.starts_with("--") ? values_.find(std::string(name.substr(2))) : values_.end();
    if (known == values_.end()) {
      std::string all;
      for (const auto& [key, value] : values_) all += " --" + key + "=" + value;
      giveUp("unknown option " + std::string(argument) + "; there are:" + all);
    }
    known->second = equals == std::string_view::npos ? "1" : std::string(argument.substr(equals + 1));
  }
}

const std::string& Options::text(const std::string& name) const {
  return values_.at(name);
}
double Options::number(const std::string& name) const {
  return std::strtod(text(name).c_str(), nullptr);
}
int Options::count(const std::string& name) const {
  return static_cast<int>(number(name));
}
std::int64_t Options::ns(const std::string& name) const {
  return static_cast<std::int64_t>(number(name) * 1e9);
}

double Samples::percentileMs(double percent) {
  if (values_.empty()) return 0;
  const auto rank = static_cast<std::size_t>(percent / 100 * static_cast<double>(values_.size() - 1) + 0.5);
  std::nth_element(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(rank), values_.end());
  return static_cast<double>(values_[rank]) / 1e6;
}

Use useOf(int pid) {
  Use use;
  clockid_t clock{};
  timespec spent{};
  if (pid > 0 && ::clock_getcpuclockid(pid, &clock) == 0 && ::clock_gettime(clock, &spent) == 0)
    use.cpu_s = static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
  std::ifstream memory("/proc/" + std::to_string(pid) + "/statm");
  double pages = 0, resident = 0;
  if (memory >> pages >> resident) use.rss_mb = resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
  return use;
}

Result& Result::add(const std::string& name, double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.7g", value);
  members_ += (members_.empty() ? "\"" : ",\"") + name + "\":" + text;
  return *this;
}

Result& Result::add(const std::string& name, Samples& samples) {
  return add(name + "_p50_ms", samples.percentileMs(50)).add(name + "_p99_ms", samples.percentileMs(99));
}

void Result::print() const {
  std::printf("{%s}\n", members_.c_str());
  std::fflush(stdout);
}

void prepareProcess() {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace bench

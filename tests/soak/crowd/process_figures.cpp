#include "soak/crowd/process_figures.hpp"

#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace soak {
namespace {

std::string of(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

}  // namespace

ProcessFigures figuresOf(pid_t pid) {
  ProcessFigures figures;
  std::ifstream memory(of(pid, "smaps_rollup"));
  for (std::string key; memory >> key;) {
    double kb = 0;
    if (key == "Rss:" && memory >> kb) figures.rss_kb = kb;
    if (key == "Private_Dirty:" && memory >> kb) figures.private_kb = kb;
  }
  std::ifstream status(of(pid, "status"));
  for (std::string key; status >> key;)
    if (key == "Threads:") status >> figures.threads;
  std::error_code none;
  for (std::filesystem::directory_iterator at(of(pid, "fd"), none), end; !none && at != end; at.increment(none))
    ++figures.descriptors;
  clockid_t clock{};
  timespec spent{};
  if (pid > 0 && ::clock_getcpuclockid(pid, &clock) == 0 && ::clock_gettime(clock, &spent) == 0)
    figures.cpu_s = static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
  return figures;
}

double kernelTcpKb() {
  std::ifstream file("/proc/net/sockstat");
  for (std::string word; file >> word;) {
    if (word != "TCP:") continue;
    while (file >> word)
      if (word == "mem") {
        double pages = 0;
        file >> pages;
        return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
      }
  }
  return 0;
}

}  // namespace soak

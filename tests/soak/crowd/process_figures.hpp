// What a process has of the machine, as the kernel says it; without the kernel's own memory for its sockets.
#pragma once
#include <sys/types.h>

namespace soak {

struct ProcessFigures {
  double rss_kb = 0;      // resident memory of the program
  double private_kb = 0;  // of it: what only this process has and has written
  int descriptors = 0, threads = 0;
  double cpu_s = 0;
};

// Zeros where there is no such process.
ProcessFigures figuresOf(pid_t pid);

// The machine's memory for TCP sockets, of all processes.
double kernelTcpKb();

}  // namespace soak

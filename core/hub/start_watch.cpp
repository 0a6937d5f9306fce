#include "hub/start_watch.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <cstdlib>

#include "hub/log.hpp"
#include "hub/notify.hpp"

namespace robohub::hub {

StartWatch::StartWatch() {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT}) sigaddset(&ending, signal);
  signals_.reset(::signalfd(-1, &ending, SFD_CLOEXEC));
  over_.reset(::eventfd(0, EFD_CLOEXEC));
  if (signals_ && over_) thread_ = std::thread([this] { watch(); });
}

StartWatch::~StartWatch() {
  if (!thread_.joinable()) return;
  ::eventfd_write(over_.get(), 1);  // to a counter that is 0, so it neither fails nor waits
  thread_.join();
}

void StartWatch::watch() const {
  pollfd watched[2] = {{over_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
  while (::poll(watched, 2, -1) < 0 && errno == EINTR) {
  }
  // What came in the same moment as the end of the start is for whoever serves: it is not read here.
  if (watched[0].revents != 0 || watched[1].revents == 0) return;
  notify::stopping();
  log(link::EventLevel::info, "told to end before it was ready");
  // Not exit(), whose destructors would take away what the other thread works with.
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace robohub::hub

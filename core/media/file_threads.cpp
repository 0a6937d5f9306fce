#include "media/file_threads.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <thread>

#include "base/mutex.hpp"

namespace robohub::media {

namespace {
constexpr int kNice = 5;
}

struct FileThreads::Line {
  Mutex mutex;
  Condition changed;
  std::deque<std::function<void()>> queue RH_GUARDED_BY(mutex);
  bool ending RH_GUARDED_BY(mutex) = false;
  std::thread thread;

  void main(const std::string& name) {
    pthread_setname_np(pthread_self(), name.c_str());
    // Loops, on which commands travel, come first. (On Linux the priority is the thread's own.)
    if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice) != 0) errno = 0;
    Lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this]() RH_REQUIRES(mutex) { return ending || !queue.empty(); });
      if (queue.empty()) return;
      auto work = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    }
  }
};

FileThreads::FileThreads(std::size_t count, std::string name, std::size_t longest_line) : longest_line_(longest_line) {
  // Signals belong to the main thread: the new ones inherit a full mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 0; i < count; ++i) {
    lines_.push_back(std::make_unique<Line>());
    Line& line = *lines_.back();
    line.thread = std::thread([&line, name] { line.main(name); });
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FileThreads::~FileThreads() {
  end();
}

bool FileThreads::run(std::int64_t number, std::function<void()> work) {
  Line& line = *lines_[static_cast<std::uint64_t>(number) % lines_.size()];
  Lock lock(line.mutex);
  if (line.ending || line.queue.size() >= longest_line_) return false;
  line.queue.push_back(std::move(work));
  line.changed.notify_one();
  return true;
}

void FileThreads::end() {
  for (const auto& line : lines_) {
    Lock lock(line->mutex);
    line->ending = true;
    line->changed.notify_all();
  }
  for (const auto& line : lines_)
    if (line->thread.joinable()) line->thread.join();
}

}  // namespace robohub::media

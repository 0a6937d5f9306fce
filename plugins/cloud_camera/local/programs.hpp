// The older agent's doors for programs beside it, as those programs know them: a stream socket (a Unix path or a TCP
// port) that takes glued JSON objects, and a list of names from a file, a pipe or standard input. One thread serves
// all.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cloud_camera/local/intake.hpp"
#include "cloud_camera/local/object_splitter.hpp"
#include "cloud_camera/settings.hpp"
#include "hw/descriptor.hpp"

namespace cloud_camera {

class LocalPrograms {
 public:
  static constexpr std::size_t kMaxPrograms = 16;

  // What a restart keeps: names that were read before do not count again.
  struct Before {
    bool armed = false;
    ListPlace names = {};
  };
  // `ways` are called on the thread. Throws rh::Fault (unavailable) when the socket or the list cannot be opened.
  LocalPrograms(const LocalSettings& settings, std::filesystem::path spool, LocalWays ways, Before before);
  ~LocalPrograms();  // as quiesce()
  LocalPrograms(const LocalPrograms&) = delete;
  LocalPrograms& operator=(const LocalPrograms&) = delete;

  // Names of the list count only while armed. [any-thread]
  void setArmed(bool armed) { armed_ = armed; }
  // Of the TCP socket; 0: none.
  std::uint16_t port() const { return port_; }
  // Ends what is under way and joins the thread.
  void quiesce();

 private:
  struct Program {
    rh::hw::Descriptor socket;
    ObjectSplitter splitter;
    std::unique_ptr<LocalIntake> intake;
  };
  void listen(const LocalAddress& address);
  void openNames(const ListPlace& before);
  std::int64_t checkOf(std::int64_t offset) const;
  void run();
  void accept();
  bool serve(Program& program);  // false: it has left, or speaks nonsense
  void readNames();
  void namesPause();
  void rewindNames();
  void takeNames(std::string_view bytes);
  void takeLine();
  void tellPlace() const;

  const LocalSettings settings_;
  const LocalWays ways_;
  const Spool spool_;
  std::string unlink_path_;  // of our Unix socket
  std::uint16_t port_ = 0;
  rh::hw::Descriptor listener_, wake_, names_;
  std::string line_;
  bool names_ended_ = false, names_follow_ = false, names_are_file_ = false;
  std::int64_t names_at_ = 0, line_at_ = 0;  // of a plain file: what is read next, and where its line begins
  std::chrono::steady_clock::time_point named_{};
  std::unique_ptr<LocalIntake> named_intake_;
  std::vector<std::unique_ptr<Program>> programs_;
  std::atomic<bool> armed_{false}, ending_{false};
  std::thread thread_;
};

}  // namespace cloud_camera

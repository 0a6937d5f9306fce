// The agent's side of a driver in a process of its own: one thread that starts, watches, kills and starts it again, so
// that neither a driver nor the agent's loop can keep the other from being dealt with.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "base/mutex.hpp"
#include "plugin/child_link.hpp"
#include "plugin/event_relay.hpp"
#include "plugin/frame_pipe.hpp"
#include "plugin/permit_watch.hpp"
#include "plugin/request_book.hpp"
#include "plugin/restart_policy.hpp"

namespace robohub::plugin {

class ChildHost final : public DriverHost {
 public:
  ChildHost(DriverSetup setup, DriverEvents& events, Post post);
  ~ChildHost() override;

  void open() override;
  void permit(Epoch epoch, std::int64_t until_ns) override;
  void turnGoesOn(Epoch epoch) override;
  void handle(const DriverRequest& request) override;
  void cancel(std::uint64_t request) override;
  void halt(std::uint64_t halt, const std::string& reason) override;
  void configure(const std::string& config) override;
  void watch(const std::string& stream, bool on) override;
  void capturesWaiting(std::uint32_t segments, std::uint64_t bytes) override;
  void close() override;

 private:
  enum class State { down, opening, open };
  struct Asked {
    MonoTime by;            // then it counts as not confirmed
    std::uint64_t nth = 0;  // of the halts that this life of the process was sent; 0: of none
    bool spared = false;    // has had a moment more, since the supervisor overslept
  };

  // [supervisor]: only on thread_.
  void run();
  void start();
  void waitForWork();
  void readCommands(int at_most);
  bool readHalts(int at_most);  // false: its end was closed
  void readFrames();
  void take(const Packet& packet);
  void takeSegment(const Packet& packet);
  // What the agent asked for is bounded by what it asked; a process that floods it with more than that is killed.
  void sendUnasked(EventRelay::Deliver deliver);
  void takeOpened();
  void tellOpened(std::uint64_t opening);
  void takeOpenFailed(const Packet& packet);
  void takeHalted(std::uint64_t halt, bool confirmed, const std::string& message);
  void takeOwnHalt(bool confirmed, const std::string& message);
  void checkTimes(MonoTime now);
  void checkHalts(MonoTime now, std::vector<std::uint64_t>& unconfirmed) RH_REQUIRES(mutex_);
  void mourn();
  // Kills what still runs, fails what is owed, plans the next start: at once where outputs may be on.
  void bury(const std::string& reason);
  // `promising`: unless it is, nothing is planned; but where outputs may be on, whatever opens the device is tried.
  void planStart(MonoTime now, bool promising = true);
  void leave();

  // [any-thread]
  void sendHalt(std::uint64_t halt, const std::string& reason, MonoTime now) RH_REQUIRES(mutex_);
  void expect(MonoTime at) RH_REQUIRES(mutex_);
  MonoTime nextTime() const RH_REQUIRES(mutex_);
  void wake();

  DriverSetup setup_;  // config: with mutex_ held
  EventRelay relay_;
  process::FileDescriptor wake_;

  Mutex mutex_;
  // Changed by the supervisor with mutex_ held; it reads them without, everybody else with it.
  std::optional<ChildLink> link_;
  MonoTime start_at_ = MonoTime::max();
  State state_ RH_GUARDED_BY(mutex_) = State::down;
  std::uint64_t opening_ RH_GUARDED_BY(mutex_) = 0;  // counts the openings
  // The opening that the agent knows of: permits and commands are for no other.
  std::uint64_t told_ RH_GUARDED_BY(mutex_) = 0;
  RequestBook requests_ RH_GUARDED_BY(mutex_);
  std::set<std::uint64_t> overdue_ RH_GUARDED_BY(mutex_);       // expired to the agent, still running in the driver
  std::map<std::uint64_t, Asked> halts_ RH_GUARDED_BY(mutex_);  // unanswered
  std::uint64_t halts_sent_ RH_GUARDED_BY(mutex_) = 0;          // in this life of the process
  PermitWatch permit_watch_ RH_GUARDED_BY(mutex_);
  Epoch last_turn_ RH_GUARDED_BY(mutex_) = 0;             // the newest that was permitted, over or not
  bool may_be_on_ RH_GUARDED_BY(mutex_) = false;          // permitted since its device was last said to be safe
  std::size_t tries_while_on_ RH_GUARDED_BY(mutex_) = 0;  // to open it, since it was last open
  // A device that was opened at once, to be safe, is not driven before its process's delay is over.
  MonoTime usable_at_ RH_GUARDED_BY(mutex_) = MonoTime::min();
  MonoTime tell_at_ RH_GUARDED_BY(mutex_) = MonoTime::max();
  MonoTime open_by_ RH_GUARDED_BY(mutex_) = MonoTime::max();
  MonoTime kill_at_ RH_GUARDED_BY(mutex_) = MonoTime::max();
  MonoTime waiting_until_ RH_GUARDED_BY(mutex_) = MonoTime::max();  // what the supervisor sleeps to
  std::string doom_ RH_GUARDED_BY(mutex_);                          // why the process must be killed now
  bool stopping_ RH_GUARDED_BY(mutex_) = false;

  RestartPolicy restarts_;  // [supervisor]
  FrameReader frames_;      // [supervisor]
  bool ended_ = false;      // [supervisor] the process has ended, whoever holds its sockets open
  bool first_ = true;       // [supervisor] no process was started yet
  std::thread thread_;
};

}  // namespace robohub::plugin

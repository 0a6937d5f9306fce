// What the hub does about itself: one thread beside the loops that reads settings again, looks at the hub's health
// every few seconds, and draws its figures. All of that may wait for the disk, so none of it is on a loop.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "api/upkeep.hpp"
#include "base/mutex.hpp"
#include "hub/clock_steps.hpp"
#include "hub/health.hpp"
#include "hub/hub.hpp"
#include "hub/reload.hpp"
#include "net/helper_thread.hpp"

namespace robohub::hub {

class HubUpkeep final : public api::Upkeep {
 public:
  // `parts` must outlive it.
  HubUpkeep(Hub::Parts& parts, ReadSettings running);
  ~HubUpkeep() override { end(); }

  // Looks at the hub every five seconds from now on. Before the loops start.
  void begin();
  // The hub takes no new work: not ready any more.
  void drain() { draining_ = true; }
  // Waits for what runs; afterwards everything is answered unavailable. Before the loops and the database end. Blocks.
  void end();

  void config(Text done) override;
  void checkConfig(std::string text, Text done) override;
  void reload(identity::Actor by, Text done) override;
  void health(Text done) override;
  bool alive() const override;
  bool ready() const override;
  bool metricsEnabled() const override;
  bool metricsToken(std::string_view bearer) const override;
  void metrics(Text done) override;
  bool roomForExtras() const override;

 private:
  // `work` on the thread, or unavailable at once.
  void run(std::function<std::string()> work, Text done);
  void lookLater();
  // Judges, and tells the log what is new and what is over.
  std::vector<Finding> look();
  // Memory, to the system, when most connections have gone. [the thread]
  void giveBack();
  Facts facts() const;
  std::string healthJson();
  std::string metricsNow();

  Hub::Parts& parts_;
  Reloader reloader_;
  const std::int64_t started_ms_;  // since 1970
  const MonoTime started_;
  ClockSteps clock_steps_;            // [the thread]
  Duration clock_step_{0};            // [the thread] as of the newest look
  std::vector<Finding> findings_;     // [the thread]
  std::size_t most_connections_ = 0;  // [the thread] since memory was given back
  int trims_due_ = 0;                 // [the thread]
  std::atomic<bool> draining_{false};
  Mutex mutex_;
  std::unique_ptr<net::HelperThread> thread_ RH_GUARDED_BY(mutex_) = std::make_unique<net::HelperThread>();
};

}  // namespace robohub::hub

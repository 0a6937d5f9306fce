// Keeps a live turn alive at the agent: grants a short lease and renews it, and passes on the beats of the page that
// drives, never one of its own. The lease that the agent counts always ends before the hub's turn does, because it
// counts from a stamp that the hub already had. Pure.
#pragma once
#include <optional>

#include "control/settings.hpp"
#include "link/messages.hpp"

namespace robohub::control {

class LeaseFeeder {
 public:
  LeaseFeeder(Duration max_lease, Duration deadman) : max_lease_(max_lease), deadman_(deadman) {}
  void configure(Duration deadman) { deadman_ = deadman; }

  // A control link is up (none of its stamps is known yet), or is lost.
  void linkUp(const link::Nonce& nonce);
  void linkDown();
  // A beat of the agent came in.
  void stamped(std::int64_t t_ns, MonoTime now);
  bool hasStamp() const { return newest_.has_value(); }
  link::Stamp newest() const { return {nonce_, newest_->t_ns}; }

  // A turn began (seq starts again) or ended.
  void begin(Epoch epoch);
  void end();
  // The grant or renewal to send now, if one is due. `ends_at`: the hub's end of the turn, if it has one.
  std::optional<link::Grant> grant(std::optional<MonoTime> ends_at);
  // A page's answer to a stamp: what to pass on, or nothing when it is stale, foreign or not newer than the last.
  std::optional<link::HubBeat> beat(Epoch epoch, const link::Stamp& stamp);
  // Sequence and stamp for a command. Needs hasStamp(). Epoch 0 counts by itself.
  std::uint64_t nextSeq(Epoch epoch) { return epoch == 0 ? ++free_seq_ : ++seq_; }

  // No lease given so far can be alive at the agent after this.
  MonoTime leasedUntil() const { return leased_until_; }

 private:
  struct Heard {
    std::int64_t t_ns;
    MonoTime at;
  };
  Duration max_lease_;
  Duration deadman_;
  link::Nonce nonce_;
  std::optional<Heard> newest_;
  Epoch epoch_ = 0;
  std::uint64_t seq_ = 0;
  std::uint64_t free_seq_ = 0;
  std::int64_t passed_t_ns_ = 0;  // newest stamp passed on in a beat of this turn and link
  bool granted_on_link_ = false;
  MonoTime lease_end_;     // of the newest grant
  MonoTime leased_until_;  // of any grant
};

}  // namespace robohub::control

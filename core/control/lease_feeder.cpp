#include "control/lease_feeder.hpp"

#include <algorithm>

namespace robohub::control {
namespace {

// The two clocks may differ in rate by some hundred millionths; over one lease that is less than this.
constexpr Duration kDrift = std::chrono::milliseconds(10);
constexpr int kRenewals = 5;  // of one lease, while the turn goes on

}  // namespace

void LeaseFeeder::linkUp(const link::Nonce& nonce) {
  linkDown();
  nonce_ = nonce;
}

void LeaseFeeder::linkDown() {
  nonce_ = link::Nonce();
  newest_.reset();
  granted_on_link_ = false;
  passed_t_ns_ = 0;
  free_seq_ = 0;
}

void LeaseFeeder::stamped(std::int64_t t_ns, MonoTime now) {
  if (!newest_ || t_ns > newest_->t_ns) newest_ = Heard{t_ns, now};
}

void LeaseFeeder::begin(Epoch epoch) {
  end();
  epoch_ = epoch;
  seq_ = 0;
  passed_t_ns_ = 0;
}

void LeaseFeeder::end() {
  epoch_ = 0;
  granted_on_link_ = false;
}

std::optional<link::Grant> LeaseFeeder::grant(std::optional<MonoTime> ends_at) {
  if (epoch_ == 0 || !newest_) return std::nullopt;
  // Counted from when the hub HAD the stamp; the agent counts from when it made it, which was before.
  MonoTime target = newest_->at + max_lease_;
  const bool last = ends_at && *ends_at - kDrift <= target;
  if (last) target = *ends_at - kDrift;
  const std::int64_t lease_ms = toMs(target - newest_->at);
  if (lease_ms <= 0) return std::nullopt;
  const Duration gain = target - lease_end_;
  if (granted_on_link_ && gain < (last ? Duration(std::chrono::milliseconds(1)) : max_lease_ / kRenewals))
    return std::nullopt;
  granted_on_link_ = true;
  lease_end_ = newest_->at + std::chrono::milliseconds(lease_ms);
  leased_until_ = std::max(leased_until_, lease_end_);
  return link::Grant{epoch_, lease_ms, newest()};
}

std::optional<link::HubBeat> LeaseFeeder::beat(Epoch epoch, const link::Stamp& stamp) {
  if (epoch == 0 || epoch != epoch_ || !granted_on_link_ || stamp.nonce != nonce_) return std::nullopt;
  if (stamp.t_ns > newest_->t_ns || Duration(newest_->t_ns - stamp.t_ns) >= deadman_) return std::nullopt;
  // Also what keeps a page from flooding the agent: one beat for each stamp that the agent made.
  if (stamp.t_ns <= passed_t_ns_) return std::nullopt;
  passed_t_ns_ = stamp.t_ns;
  return link::HubBeat{epoch, nextSeq(epoch), stamp};
}

}  // namespace robohub::control

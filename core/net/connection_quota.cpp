#include "net/connection_quota.hpp"

namespace robohub::net {

struct ConnectionQuota::Place {
  Place(std::shared_ptr<ConnectionQuota> quota_in, const PeerAddress::Key& key_in, bool by_address_in)
      : quota(std::move(quota_in)), key(key_in), by_address(by_address_in) {}
  ~Place() { quota->giveBack(by_address ? &key : nullptr); }
  const std::shared_ptr<ConnectionQuota> quota;
  const PeerAddress::Key key;
  const bool by_address;
};

void ConnectionQuota::setLimits(std::size_t max_total, std::size_t max_per_address) {
  Lock lock(mutex_);
  max_total_ = max_total;
  max_per_address_ = max_per_address;
}

std::shared_ptr<void> ConnectionQuota::take(const PeerAddress& peer, bool shared, Refused& refused) {
  // Counted even while there is no limit: one may be set while they are here.
  const bool by_address = !shared && !peer.isLocal();
  const auto key = peer.limitKey();
  {
    Lock lock(mutex_);
    // Who floods the hub from outside must not lock its administrator out.
    if (total_ >= max_total_ && !peer.isLocal()) {
      refused = Refused::total;
      return nullptr;
    }
    if (by_address) {
      auto& count = by_address_[key];
      if (max_per_address_ > 0 && count >= max_per_address_) {
        refused = Refused::address;
        return nullptr;
      }
      ++count;
    }
    ++total_;
  }
  refused = Refused::no;
  return std::make_shared<Place>(shared_from_this(), key, by_address);
}

std::size_t ConnectionQuota::taken() const {
  Lock lock(mutex_);
  return total_;
}

void ConnectionQuota::giveBack(const PeerAddress::Key* key) {
  Lock lock(mutex_);
  --total_;
  if (!key) return;
  const auto it = by_address_.find(*key);
  if (--it->second == 0) by_address_.erase(it);
}

}  // namespace robohub::net

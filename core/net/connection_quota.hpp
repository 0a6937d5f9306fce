// How many connections there may be, in all and from one address. [any-thread]; guarded by its mutex.
#pragma once
#include <map>
#include <memory>

#include "base/mutex.hpp"
#include "net/address.hpp"

namespace robohub::net {

class ConnectionQuota : public std::enable_shared_from_this<ConnectionQuota> {
 public:
  // max_per_address 0 = off. Unix sockets are counted but never refused.
  ConnectionQuota(std::size_t max_total, std::size_t max_per_address)
      : max_total_(max_total), max_per_address_(max_per_address) {}
  // For newcomers; who is there may stay.
  void setLimits(std::size_t max_total, std::size_t max_per_address);
  enum class Refused { no, total, address };
  // A place that is given back when the token dies; null when there is none. `shared`: many clients come from this
  // address (a proxy's), so it is not counted by it.
  std::shared_ptr<void> take(const PeerAddress& peer, bool shared, Refused& refused);
  std::size_t taken() const;

 private:
  struct Place;
  void giveBack(const PeerAddress::Key* key);

  mutable Mutex mutex_;
  std::size_t max_total_ RH_GUARDED_BY(mutex_), max_per_address_ RH_GUARDED_BY(mutex_);
  std::size_t total_ RH_GUARDED_BY(mutex_) = 0;
  std::map<PeerAddress::Key, std::size_t> by_address_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::net

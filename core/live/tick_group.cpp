#include "live/tick_group.hpp"

#include "live/audience.hpp"

namespace robohub::live {

void TickGroup::add(Viewer* viewer) {
  addOnce(viewers_, viewer);
}

void TickGroup::remove(Viewer* viewer) {
  removeOne(viewers_, viewer);
}

void TickGroup::put(const std::string& channel, const SharedBytes& frame) {
  newest_[channel] = frame;
  if (armed_) return;
  armed_ = true;
  loop_.after(tick_, [weak = weak_from_this(), collect = collect_] {
    collect();
    if (const auto alive = weak.lock()) alive->send();
  });
}

void TickGroup::send() {
  armed_ = false;
  std::size_t bytes = 0;
  for (const auto& [channel, frame] : newest_) bytes += frame->size();
  std::string joined;
  joined.reserve(bytes);
  for (const auto& [channel, frame] : newest_) joined += *frame;
  newest_.clear();
  const SharedBytes all = shareBytes(std::move(joined));
  for (Viewer* viewer : viewers_) viewer->deliver(all, net::SendClass::data);
}

}  // namespace robohub::live

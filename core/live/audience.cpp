#include "live/audience.hpp"

#include <algorithm>
#include <functional>

#include "net/websocket.hpp"

namespace robohub::live {

bool addOnce(std::vector<Viewer*>& viewers, Viewer* viewer) {
  const auto at = std::lower_bound(viewers.begin(), viewers.end(), viewer, std::less<>());
  if (at != viewers.end() && *at == viewer) return false;
  viewers.insert(at, viewer);
  return true;
}

void removeOne(std::vector<Viewer*>& viewers, Viewer* viewer) {
  const auto at = std::lower_bound(viewers.begin(), viewers.end(), viewer, std::less<>());
  if (at != viewers.end() && *at == viewer) viewers.erase(at);
}

void Audience::watch(const DeviceId& device, Viewer* viewer, Duration tick) {
  Watchers& watchers = watchers_[device];
  if (!addOnce(watchers.all, viewer)) unplace(watchers, viewer);
  if (!loop_ || tick == Duration::zero()) {
    addOnce(watchers.at_once, viewer);
    if (watchers.waiting) spread(watchers, watchers.waiting->end());
    return;
  }
  for (const auto& group : watchers.by_tick)
    if (group->tick() == tick) return group->add(viewer);
  watchers.by_tick.push_back(std::make_shared<TickGroup>(*loop_, tick, [this, device, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) tickOver(device);
  }));
  watchers.by_tick.back()->add(viewer);
}

void Audience::unplace(Watchers& watchers, Viewer* viewer) {
  removeOne(watchers.at_once, viewer);
  for (const auto& group : watchers.by_tick) group->remove(viewer);
  std::erase_if(watchers.by_tick, [](const auto& group) { return group->empty(); });
}

void Audience::unwatch(const DeviceId& device, Viewer* viewer) {
  const auto at = watchers_.find(device);
  if (at == watchers_.end()) return;
  removeOne(at->second.all, viewer);
  unplace(at->second, viewer);
  if (!at->second.all.empty()) return;
  if (at->second.waiting) (void)at->second.waiting->end();
  watchers_.erase(at);
}

void Audience::watchList(Viewer* viewer) {
  addOnce(list_, viewer);
  list_count_.store(list_.size(), std::memory_order_relaxed);
}

void Audience::unwatchList(Viewer* viewer) {
  removeOne(list_, viewer);
  list_count_.store(list_.size(), std::memory_order_relaxed);
}

void Audience::toWatchers(const DeviceId& device, const SharedBytes& frame, net::SendClass send_class) const {
  const auto at = watchers_.find(device);
  if (at == watchers_.end()) return;
  for (Viewer* viewer : at->second.all) viewer->deliver(frame, send_class);
}

void Audience::spread(const Watchers& watchers, const std::string& channel, const SharedBytes& frame) {
  for (Viewer* viewer : watchers.at_once) viewer->deliver(frame, net::SendClass::data);
  for (const auto& group : watchers.by_tick) group->put(channel, frame);
}

void Audience::spread(const Watchers& watchers, const WaitingValues::Values& values) {
  for (const auto& [channel, frame] : values) spread(watchers, channel, frame);
}

void Audience::telemetry(const DeviceId& device, const std::string& channel, const SharedBytes& frame,
                         const std::shared_ptr<WaitingValues>& waiting) {
  const auto at = watchers_.find(device);
  if (at == watchers_.end()) return;
  Watchers& watchers = at->second;
  spread(watchers, channel, frame);
  if (!waiting) return;
  if (watchers.waiting && watchers.waiting != waiting)
    (void)watchers.waiting->end();  // of one that was enrolled before
  watchers.waiting = waiting;
  if (watchers.all_tick()) waiting->begin();
}

void Audience::collect(const DeviceId& device, const std::shared_ptr<WaitingValues>& waiting) {
  const auto at = watchers_.find(device);
  if (at == watchers_.end() || at->second.waiting != waiting) {
    (void)waiting->end();
    return;
  }
  // All ticks are armed by it, and what comes now waits for the first of them.
  spread(at->second, at->second.all_tick() ? waiting->take(false) : waiting->end());
}

void Audience::tickOver(const DeviceId& device) {
  const auto at = watchers_.find(device);
  if (at != watchers_.end() && at->second.waiting) spread(at->second, at->second.waiting->take(true));
}

void Audience::toPerson(const DeviceId& device, const PersonId& person, const SharedBytes& frame,
                        net::SendClass send_class) const {
  const auto at = watchers_.find(device);
  if (at == watchers_.end()) return;
  for (Viewer* viewer : at->second.all)
    if (viewer->person() == person) viewer->deliver(frame, send_class);
}

void Audience::toPersonWithRights(const DeviceId& device, const PersonId& person, const std::string& text,
                                  const identity::Place& place) const {
  const auto at = watchers_.find(device);
  if (at == watchers_.end()) return;
  for (Viewer* viewer : at->second.all)
    if (viewer->person() == person)
      viewer->deliver(net::WebSocket::frameText(text + ",\"can\":" + viewer->can(place) + "}"),
                      net::SendClass::control);
}

void Audience::toList(const SharedBytes& frame, const identity::Place& place) const {
  for (Viewer* viewer : list_)
    if (viewer->sees(place)) viewer->deliver(frame, net::SendClass::control);
}

void Audience::placeChanged(const DeviceId& device, const identity::Place& before, const identity::Place& now) const {
  std::vector<Viewer*> told = list_;  // they may unwatch
  if (const auto at = watchers_.find(device); at != watchers_.end())
    for (Viewer* viewer : at->second.all) addOnce(told, viewer);
  for (Viewer* viewer : told) viewer->placeChanged(device, before, now);
}

Audiences::Audiences(net::LoopPool& loops) : loops_(loops) {
  for (std::size_t i = 0; i < loops.size(); ++i) audiences_.push_back(std::make_unique<Audience>(&loops.at(i)));
}

void Audiences::post(std::size_t loop_index, std::function<void(Audience&)> work) const {
  net::Loop& loop = loops_.at(loop_index);
  Audience& audience = *audiences_[loop_index];
  if (loop.inLoop())
    work(audience);
  else
    loop.post([&audience, work = std::move(work)] { work(audience); });
}

void Audiences::toLists(const SharedBytes& frame, std::shared_ptr<const identity::Place> place) const {
  for (std::size_t i = 0; i < audiences_.size(); ++i)
    if (audiences_[i]->listCount() > 0) post(i, [frame, place](Audience& audience) { audience.toList(frame, *place); });
}

}  // namespace robohub::live

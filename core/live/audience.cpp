#include "live/audience.hpp"

#include <algorithm>
#include <functional>

#include "net/websocket.hpp"

namespace robohub::live {

namespace {

template <class Entry>
bool addInOrder(std::vector<Entry>& entries, const Entry& entry) {
  const auto at = std::lower_bound(entries.begin(), entries.end(), entry, std::less<>());
  if (at != entries.end() && *at == entry) return false;
  entries.insert(at, entry);
  return true;
}

template <class Entry>
void removeFrom(std::vector<Entry>& entries, const Entry& entry) {
  const auto at = std::lower_bound(entries.begin(), entries.end(), entry, std::less<>());
  if (at != entries.end() && *at == entry) entries.erase(at);
}

std::size_t hashOf(const PersonId& person) {
  return std::hash<PersonId>()(person);
}

}  // namespace

bool addOnce(std::vector<Viewer*>& viewers, Viewer* viewer) {
  return addInOrder(viewers, viewer);
}

void removeOne(std::vector<Viewer*>& viewers, Viewer* viewer) {
  removeFrom(viewers, viewer);
}

void Audience::watch(const DeviceId& device, Viewer* viewer, Duration tick) {
  Watchers& watchers = watchers_[device];
  if (!addInOrder(watchers.all, {hashOf(viewer->person()), viewer})) unplace(watchers, viewer);
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
  removeFrom(at->second.all, {hashOf(viewer->person()), viewer});
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
  for (const Watcher& each : at->second.all) each.viewer->deliver(frame, send_class);
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

template <class Tell>
void Audience::eachPageOf(const DeviceId& device, const PersonId& person, Tell tell) const {
  const auto at = watchers_.find(device);
  if (at == watchers_.end()) return;
  const auto& all = at->second.all;
  const std::size_t wanted = hashOf(person);
  const auto first =
      std::partition_point(all.begin(), all.end(), [&](const Watcher& each) { return each.person < wanted; });
  for (auto each = first; each != all.end() && each->person == wanted; ++each)
    if (each->viewer->person() == person) tell(*each->viewer);
}

void Audience::toPerson(const DeviceId& device, const PersonId& person, const SharedBytes& frame) const {
  eachPageOf(device, person, [&](Viewer& page) { page.tell(frame); });
}

void Audience::toPersonWithRights(const DeviceId& device, const PersonId& person, const std::string& text,
                                  const identity::Place& place) const {
  eachPageOf(device, person,
             [&](Viewer& page) { page.tell(net::WebSocket::frameText(text + ",\"can\":" + page.can(place) + "}")); });
}

void Audience::toList(const SharedBytes& frame, const identity::Place& place) const {
  for (Viewer* viewer : list_)
    if (viewer->sees(place)) viewer->deliver(frame, net::SendClass::control);
}

void Audience::placeChanged(const DeviceId& device, const identity::Place& before, const identity::Place& now) const {
  std::vector<Viewer*> told = list_;  // they may unwatch
  if (const auto at = watchers_.find(device); at != watchers_.end())
    for (const Watcher& each : at->second.all) addOnce(told, each.viewer);
  for (Viewer* viewer : told) viewer->placeChanged(device, before, now);
}

Audiences::Audiences(net::LoopPool& loops) : loops_(loops) {
  for (std::size_t i = 0; i < loops.size(); ++i) audiences_.push_back(std::make_unique<Audience>(&loops.at(i)));
}

void Audiences::toLists(const SharedBytes& frame, std::shared_ptr<const identity::Place> place) const {
  for (std::size_t i = 0; i < audiences_.size(); ++i)
    if (audiences_[i]->listCount() > 0) post(i, [frame, place](Audience& audience) { audience.toList(frame, *place); });
}

}  // namespace robohub::live

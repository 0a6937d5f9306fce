#include "live/audience.hpp"

#include <algorithm>

#include "net/websocket.hpp"

namespace robohub::live {

namespace {
bool addOnce(std::vector<Viewer*>& viewers, Viewer* viewer) {
  if (std::find(viewers.begin(), viewers.end(), viewer) != viewers.end()) return false;
  viewers.push_back(viewer);
  return true;
}
void removeOne(std::vector<Viewer*>& viewers, Viewer* viewer) {
  const auto at = std::find(viewers.begin(), viewers.end(), viewer);
  if (at == viewers.end()) return;
  *at = viewers.back();
  viewers.pop_back();
}
}  // namespace

void Audience::watch(const DeviceId& device, Viewer* viewer, Duration tick) {
  Watchers& watchers = watchers_[device];
  if (!addOnce(watchers.all, viewer)) unplace(watchers, viewer);
  if (!loop_ || tick == Duration::zero()) {
    watchers.at_once.push_back(viewer);
    return;
  }
  for (const auto& group : watchers.by_tick)
    if (group->tick() == tick) return group->add(viewer);
  watchers.by_tick.push_back(std::make_shared<TickGroup>(*loop_, tick));
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
  if (at->second.all.empty()) watchers_.erase(at);
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

void Audience::telemetry(const DeviceId& device, const std::string& channel, const SharedBytes& frame) const {
  const auto at = watchers_.find(device);
  if (at == watchers_.end()) return;
  for (Viewer* viewer : at->second.at_once) viewer->deliver(frame, net::SendClass::data);
  for (const auto& group : at->second.by_tick) group->put(channel, frame);
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

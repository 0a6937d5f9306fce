#include "live/live_devices.hpp"

namespace robohub::live {

LiveDevices::LiveDevices(Services services) : services_(std::move(services)) {}

void LiveDevices::begin() {
  services_.registry.onChange([this](const device::Change& change) { follow(change); });
  const auto enrolled = services_.registry.snapshot();
  for (const auto& [id, device] : *enrolled) replace(id, std::make_shared<LiveDevice>(services_, device));
}

std::shared_ptr<const LiveDevices::Map> LiveDevices::all() const {
  Lock lock(mutex_);
  return map_;
}

std::shared_ptr<LiveDevice> LiveDevices::find(const DeviceId& id) const {
  const auto map = all();
  const auto at = map->find(id);
  return at == map->end() ? nullptr : at->second;
}

std::shared_ptr<LiveDevice> LiveDevices::find(std::string_view id) const {
  const auto parsed = DeviceId::parse(id);
  return parsed ? find(*parsed) : nullptr;
}

void LiveDevices::revoke(const PersonId& person) {
  for (const auto every = all(); const auto& [id, device] : *every)
    on(device, [person](LiveDevice& live) { live.revoke(person); });
}

// On the database's writer thread.
void LiveDevices::follow(const device::Change& change) {
  switch (change.kind) {
    case device::Change::Kind::enrolled:
      if (const auto device = services_.registry.find(change.id))
        replace(change.id, std::make_shared<LiveDevice>(services_, device));
      // A revocation is told by whoever revokes, so it may have come between.
      if (!services_.registry.find(change.id)) replace(change.id, nullptr);
      break;
    case device::Change::Kind::revoked:
      if (services_.registry.find(change.id) == nullptr) replace(change.id, nullptr);
      break;
    case device::Change::Kind::renamed:
      if (const auto device = services_.registry.find(change.id))
        if (const auto live = find(change.id))
          on(live, [name = device->name](LiveDevice& each) { each.renamed(name); });
      break;
    case device::Change::Kind::placed:
      if (const auto device = services_.registry.find(change.id))
        if (const auto live = find(change.id)) live->setPlace(device::placeOf(*device));
      break;
    case device::Change::Kind::claimed:
    case device::Change::Kind::seen: break;
  }
}

void LiveDevices::replace(const DeviceId& id, std::shared_ptr<LiveDevice> device) {
  std::shared_ptr<LiveDevice> former;
  {
    Lock lock(mutex_);
    auto map = std::make_shared<Map>(*map_);
    if (const auto at = map->find(id); at != map->end()) {
      former = at->second;
      map->erase(at);
    }
    if (device) map->emplace(id, device);
    map_ = std::move(map);
  }
  if (former) on(former, [](LiveDevice& live) { live.retire(); });
  if (device) device->loop().post([device] { device->begin(); });
}

}  // namespace robohub::live

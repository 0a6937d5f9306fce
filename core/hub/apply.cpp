// What of a running hub follows the settings, and what it says about itself.
#include <unistd.h>
#include <fstream>

#include "hub/parts.hpp"

namespace robohub::hub {

namespace {

std::int64_t sizeOf(const std::filesystem::path& file) {
  std::error_code none;
  const auto size = std::filesystem::file_size(file, none);
  return none ? 0 : static_cast<std::int64_t>(size);
}

std::int64_t residentBytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

void Hub::Parts::applyReload(const Settings& next) {
  std::atomic_store(&settings_now, std::make_shared<const Settings>(next));
  context->setPolicy(std::make_shared<const api::Policy>(api::Policy{next.origins}));
  server->configure(next.http);
  identity->configure(next.identity);
  registry->configure(next.enrolment);
  agents->ask(next.client_certificates);
  foreign->configure(next);
  reserve->configure(next.disk);
  backups->configure(next.backup);
  configureCaptures(next);
  if (history) history->configure(next.telemetry);
  // Turns that run keep what they were given; the rest counts at once.
  for (const auto all = devices->all(); const auto& [id, device] : *all)
    live::LiveDevices::on(device, [turns = next.turnsOf(id.str())](live::LiveDevice& live) { live.configure(turns); });
}

HubFigures Hub::Parts::figures() const {
  HubFigures now;
  for (const auto all = devices->all(); const auto& [id, device] : *all) {
    const live::DeviceViewPtr view = device->view();
    ++now.devices;
    now.devices_online += view->presence == live::Presence::online;
    now.devices_stopped += view->stop.state != control::StopState::none;
  }
  now.people = static_cast<std::int64_t>(tally.people());
  now.sockets = static_cast<std::int64_t>(tally.sockets());
  now.memory_bytes = residentBytes();
  now.disk_free_bytes = reserve->figures().free_bytes;
  now.database_bytes = sizeOf(folder->file("hub.db"));
  now.wal_bytes = sizeOf(folder->file("hub.db-wal"));
  return now;
}

}  // namespace robohub::hub

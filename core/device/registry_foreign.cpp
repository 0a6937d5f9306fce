// Devices without our agent: they are attached, not enrolled and claimed.
#include <algorithm>

#include "base/dotted_name.hpp"
#include "base/json.hpp"
#include "device/registry_parts.hpp"
#include "identity/names.hpp"

namespace robohub::device {

namespace {

bool isForeignId(const std::string& text) {
  return !text.empty() && text.size() <= 200 &&
         std::none_of(text.begin(), text.end(), [](unsigned char each) { return each < 0x20 || each == 0x7f; });
}

}  // namespace

void Registry::attach(const DeviceId& id, std::string type, std::string name, Link link, std::string foreign_id,
                      std::function<void(Result<DeviceId>)> done, identity::Actor actor, Revoked revoked) {
  if (id.empty()) return done(fail(ErrorCode::invalid_argument, "A device needs an id.", "/device"));
  if (link == Link::agent)
    return done(fail(ErrorCode::invalid_argument, "A device with our agent is enrolled, not attached.", "/link"));
  if (!isDottedName(type))
    return done(fail(ErrorCode::invalid_argument,
                     "A device type is 1 to 64 characters of a-z, 0-9, _, - and single dots.", "/type"));
  if (!isForeignId(foreign_id))
    return done(fail(ErrorCode::invalid_argument,
                     "What a device calls itself is 1 to 200 bytes of text without control characters.",
                     "/foreign_id"));
  auto clean = name.empty() ? Result<std::string>(id.str()) : identity::cleanName(name, 64, "A device's name", "/name");
  if (!clean) return done(fail(std::move(clean.error())));
  if (const auto present = find(id);
      present && present->link == link && present->foreign_id == foreign_id && present->type == type)
    return done(id);
  const WallTime now = parts_->clock.wall();
  parts_->change(
      id,
      [parts = parts_, actor = std::move(actor), id, type, name = *clean, now, link, foreign_id,
       revoked](store::Session& db) -> Status {
        if (revoked == Revoked::stays)
          if (auto free = checkNotRevoked(db, id, link, foreign_id); !free) return free;
        if (auto written = writeAttachment(db, id, type, name, now, link, foreign_id); !written) return written;
        return parts->note(db, actor, "device.attach", id,
                           "{\"type\":" + json::quote(type) + ",\"link\":\"" + toString(link) +
                               "\",\"foreign_id\":" + json::quote(foreign_id) + "}");
      },
      Change::Kind::enrolled,
      [id, done = std::move(done)](Status written) {
        if (!written) return done(fail(std::move(written.error())));
        done(id);
      });
}

std::shared_ptr<const Device> Registry::findForeign(Link link, std::string_view foreign_id) const {
  const auto state = parts_->current();
  for (const auto& [id, device] : state->devices)
    if (device->link == link && link != Link::agent && device->foreign_id == foreign_id) return device;
  return nullptr;
}

}  // namespace robohub::device

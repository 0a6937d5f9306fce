// Room for captures: what the quotas allow, and what the disk has. What is older gives way to what comes new.
#include <algorithm>

#include "media/captures_parts.hpp"

namespace robohub::media {

Status Captures::Parts::mayBegin(const DeviceId& device) {
  if (ended) return fail(ErrorCode::unavailable, "The hub is ending.");
  if (index.openOf(device) >= CaptureIndex::kMaxOpenOfDevice)
    return fail(ErrorCode::exhausted, "Too many captures of " + device.str() + " are open.");
  if (given.room && !given.room()) {
    giveWaySoon();
    return fail(ErrorCode::exhausted, kNearlyFull);
  }
  return {};
}

Status Captures::Parts::reserve(const DeviceId& device, std::int64_t bytes, std::size_t captures,
                                std::optional<CaptureId> spare) {
  std::vector<CapturePtr> victims;
  Status room = index.reserve(device, bytes, captures, victims, spare);
  dropForNewer(victims);
  if (!room) countRefusal();
  return room;
}

Status Captures::Parts::reserveStill(const DeviceId& device, std::int64_t bytes) {
  std::vector<CapturePtr> older;
  index.replaceStills(device, bytes, older);
  dropForNewer(older);
  return reserve(device, bytes);
}

Result<bool> Captures::Parts::roomOnDisk(std::int64_t bytes, std::optional<CaptureId> spare, std::int64_t for_joins) {
  const std::optional<DiskRoom> disk = given.disk ? given.disk() : std::nullopt;
  if (!disk) return true;
  const CaptureId joined = video_of;
  // What is there of the video that is being made has taken its room already.
  std::int64_t written = 0;
  if (joined != 0) written = files.size(joined, files.has(joined, kVideoPart) ? kVideoPart : kVideoFile);
  const std::int64_t for_videos =
      std::max({joined == 0 ? 0 : video_bytes - written, for_joins - written, std::int64_t{0}});
  const std::int64_t lacks = bytes + to_come + for_videos + disk->kept_bytes - disk->free_bytes;
  const std::int64_t needed = lacks - going;
  // As much again as is kept stays free of captures, so that they give way before all the rest must.
  constexpr std::int64_t kMostAhead = 256LL << 20;
  const std::int64_t wanted = needed + std::min(disk->kept_bytes, kMostAhead);
  if (wanted > 0) {
    std::vector<CapturePtr> victims;
    if (!index.giveWay(wanted, needed, victims, spare))
      return fail(ErrorCode::exhausted,
                  "There is no room on the disk of captures: " + std::to_string(disk->free_bytes >> 20) +
                      " MiB are free, " + std::to_string(disk->kept_bytes >> 20) +
                      " MiB of them are kept for stops and turns, " + std::to_string(((bytes + for_joins) >> 20) + 1) +
                      " MiB are needed, and no more may be deleted for it.");
    dropForNewer(victims);
  }
  return lacks <= 0;
}

Result<bool> Captures::Parts::roomToGrow(CaptureId id, std::int64_t more, std::int64_t size) {
  std::int64_t largest = index.largestToJoin();
  {
    Lock lock(mutex);
    for (const auto& [each, bytes] : recorded) largest = std::max(largest, bytes);
  }
  auto room = roomOnDisk(more, id, std::max(size, largest) + given.beside_video);
  // What could not be joined without this either must not hold up all others: once they are ready they may go for it.
  if (!room && largest > size && !roomOnDisk(0, id, largest + given.beside_video))
    room = roomOnDisk(more, id, size + given.beside_video);
  return room;
}

bool Captures::Parts::hasOwnDisk() const {
  const std::optional<DiskRoom> disk = given.disk ? given.disk() : std::nullopt;
  return disk && disk->kept_bytes == 0;
}

void Captures::Parts::giveWaySoon(std::optional<CaptureId> spare) {
  if (!given.disk || gives_way.exchange(true)) return;
  const bool queued = writers.run(0, [self = shared_from_this(), spare] {
    // Whatever comes of it: what was refused was told so, and comes again.
    (void)self->roomOnDisk(0, spare);
    self->gives_way = false;
  });
  if (!queued) gives_way = false;
}

void Captures::Parts::shrink() {
  std::vector<CapturePtr> victims;
  index.shrink(victims);
  dropForNewer(victims);
}

void Captures::Parts::dropForNewer(const std::vector<CapturePtr>& victims) {
  constexpr std::size_t kMostKnown = 4096;
  for (const CapturePtr& victim : victims) {
    {
      Lock lock(mutex);
      gave_way.insert(victim->id);
      if (gave_way.size() > kMostKnown) gave_way.erase(gave_way.begin());
    }
    say(false, "capture " + std::to_string(victim->id) + " of " + victim->device.str() + " makes room for newer ones");
    going += victim->bytes;
    drop(victim, {}, [self = shared_from_this(), bytes = victim->bytes](const Status&) { self->going -= bytes; });
  }
}

bool Captures::Parts::gaveWay(CaptureId id) {
  Lock lock(mutex);
  return gave_way.contains(id);
}

}  // namespace robohub::media

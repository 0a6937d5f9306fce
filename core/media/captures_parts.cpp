#include "media/captures_parts.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "media/capture_joiner.hpp"
#include "media/running_sha256.hpp"

namespace robohub::media {

std::string uniqueKey(const std::string& prefix) {
  unsigned char bytes[12];
  ::randombytes_buf(bytes, sizeof bytes);
  char hex[2 * sizeof bytes + 1];
  ::sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
  return prefix + "-" + hex;
}

Captures::Parts::Parts(CaptureParts of_hub, const CaptureSettings& settings)
    : given(std::move(of_hub)),
      index(settings),
      files(settings.folder),
      joiner(std::make_unique<CaptureJoiner>(*this)) {}

Captures::Parts::~Parts() = default;

bool Captures::Parts::clockIsSteady() {
  Lock lock(mutex);
  wall.look(given.clock);
  return wall.steady(given.clock.now());
}

bool Captures::Parts::isSent(CaptureId id, std::uint32_t number) {
  Lock lock(mutex);
  const auto at = uploads.find({id, number});
  return at != uploads.end() && !at->second.expired();
}

bool Captures::Parts::isRecorded(CaptureId id) {
  Lock lock(mutex);
  return recorded.contains(id);
}

void Captures::Parts::leaveUnfinished(const Capture& capture, std::uint32_t number, std::int64_t promised) {
  const auto leave = [self = shared_from_this(), id = capture.id, device = capture.device, number, promised] {
    self->unfinished.leave(id, number, device, promised);
  };
  // Not queued: the hub ends, or its disk is far behind, and whoever calls may be a loop that must not wait for that.
  // What is there counts again from the next start.
  if (!writers.run(capture.id, leave) && promised > 0) index.release(capture.device, promised);
}

void Captures::Parts::clearUnfinished(CaptureId id) {
  // Not queued: the hub ends, and the next start removes it.
  const bool queued = writers.run(id, [self = shared_from_this(), id] { self->unfinished.clear(id); });
  if (!queued) say(false, "what was not finished of capture " + std::to_string(id) + " stays until the next start");
}

void Captures::Parts::amend(CaptureId id, std::function<Status(store::Session&, Capture&)> how, Changed done,
                            bool is_news) {
  auto made = std::make_shared<Capture>();
  given.database.write(
      [id, how = std::move(how), made](store::Session& database) -> Status {
        auto before = readCapture(database, id);
        if (!before) return fail(std::move(before.error()));
        if (Status changes = how(database, *before); !changes) return changes;
        if (Status updated = updateCapture(database, *before); !updated) return updated;
        auto after = readCapture(database, id);  // with the gaps as they are now
        if (!after) return fail(std::move(after.error()));
        *made = std::move(*after);
        return {};
      },
      [self = shared_from_this(), id, made, is_news, done = std::move(done)](const Status& status) {
        if (!status) return done(fail(status.error()));
        const CapturePtr capture = self->index.change(
            id, [&](Capture& each) { each = *made; }, self->given.clock.now(), is_news);
        if (!capture) return done(fail(ErrorCode::not_found, "The capture was deleted."));
        self->publish(capture);
        done(capture);
      });
}

// The row first: a row without files would be offered to people.
void Captures::Parts::drop(const CapturePtr& capture, std::optional<identity::AuditEntry> entry, Captures::Done done) {
  given.database.write(
      [id = capture->id, entry = std::move(entry), &audit = given.audit](store::Session& database) -> Status {
        auto deleted = deleteCapture(database, id);
        if (!deleted) return fail(std::move(deleted.error()));
        return entry ? audit.append(database, *entry) : Status{};
      },
      [self = shared_from_this(), capture, done = std::move(done)](Status status) {
        if (!status) {
          self->index.put(*capture, self->given.clock.now());
          self->say(true, "capture " + std::to_string(capture->id) + " cannot be deleted: " + status.error().message);
          return done(std::move(status));
        }
        if (self->told_gone) self->told_gone(capture->device, capture->id);
        const bool queued = self->writers.run(capture->id, [self, capture, done] {
          if (!self->files.removeAll(capture->id))
            self->say(true, "files of capture " + std::to_string(capture->id) + " cannot be deleted");
          self->unfinished.clear(capture->id);
          done({});
        });
        if (!queued) done({});  // ending: the next start finds a folder without a row
      });
}

namespace {

// Names what never came of these numbers: so many of a capture at most, since what a device claims costs it nothing.
// The rest is a number in the words of the last. True: there are new names.
Result<bool> nameGaps(store::Session& database, CaptureId id, const SegmentRows& rows, std::uint32_t count) {
  constexpr std::uint32_t kMostNamed = 64;
  auto named = static_cast<std::uint32_t>(
      std::count_if(rows.begin(), rows.end(), [](const auto& each) { return each.second.segment.bytes == 0; }));
  std::optional<SegmentRow> last;
  std::uint32_t more = 0;
  for (std::uint32_t number = 0; number < count; ++number) {
    if (rows.contains(number)) continue;
    if (named == kMostNamed) {
      ++more;
      continue;
    }
    ++named;
    last = SegmentRow{{number, 0, SegmentState::refused, "It never came."}, std::string(64, '0'), ""};
    if (Status put = putSegment(database, id, *last); !put) return fail(std::move(put.error()));
  }
  if (last && more > 0) {
    last->segment.message = "It never came, and neither did " + std::to_string(more) + " after it.";
    if (Status put = putSegment(database, id, *last); !put) return fail(std::move(put.error()));
  }
  return last.has_value();
}

}  // namespace

void Captures::Parts::conclude(CaptureId id, std::optional<std::uint32_t> segments, bool by_itself,
                               Captures::Done done) {
  auto join = std::make_shared<bool>(false);
  const auto how = [id, segments, by_itself, join, now_ms = nowMs()](store::Session& database,
                                                                     Capture& capture) -> Status {
    if (capture.kind() == CaptureKind::still) {
      // The hub ended before it was written, or nothing could write it.
      if (capture.state == CaptureState::open) {
        capture.ended_ms = now_ms;
        capture.state = CaptureState::failed;
        capture.message = "The picture was not written.";
      }
      return {};
    }
    auto rows = readSegments(database, id);
    if (!rows) return fail(std::move(rows.error()));
    std::uint32_t count = segments.value_or(0);
    bool any = false;
    for (const auto& [number, row] : *rows) {
      any = any || !row.file.empty();
      if (row.segment.bytes > 0 && segments && number >= *segments)
        return fail(ErrorCode::invalid_argument,
                    "Segment " + std::to_string(number) + " is here, and would not be one of " +
                        std::to_string(*segments) + ".",
                    "/segments");
      if (!segments) count = std::max(count, number + 1);
    }
    if (!any) {
      // What is complete has no segments any more, and stays what it is.
      if (capture.state != CaptureState::open) return {};
      capture.ended_ms = now_ms;
      capture.state = CaptureState::failed;
      capture.message = kNothingCame;
      return {};
    }
    auto new_gaps = nameGaps(database, id, *rows, count);
    if (!new_gaps) return fail(std::move(new_gaps.error()));
    const bool known_end = capture.state == CaptureState::ready || capture.state == CaptureState::joining;
    // Its source did end it, only later than the hub: now it may be complete, and its segments need not wait for more.
    const bool is_late = known_end && segments && capture.message.starts_with(kEndedByItself);
    if (known_end && !*new_gaps && !is_late) return {};  // said again
    if (!capture.ended_ms) capture.ended_ms = now_ms;
    if (capture.state == CaptureState::ready && !is_late) return {};  // there already; now its gaps have names
    capture.state = CaptureState::joining;
    capture.message = by_itself ? std::string(kEndedByItself) : "";
    *join = true;
    return {};
  };
  amend(id, how, [self = shared_from_this(), id, join, done = std::move(done)](const Result<CapturePtr>& changed) {
    if (!changed) return done(fail(changed.error()));
    if (*join) self->joiner->add(id);
    if ((*changed)->state == CaptureState::failed) self->clearUnfinished(id);
    self->step("ended");
    done({});
  });
}

namespace {

constexpr std::uint32_t kRecordedSegment = 0;
constexpr std::int64_t kReadAtTheEnd = 64LL << 20;  // a recording of so many bytes is read while the hub ends

// A long recording is read for longer than a hub may take to end; what is left of it then is for the next start.
Status hashFile(const Captures::Parts& parts, int descriptor, RunningSha256& hash, std::int64_t& bytes) {
  struct stat facts {};
  const bool is_long = ::fstat(descriptor, &facts) != 0 || facts.st_size > kReadAtTheEnd;
  std::string buffer(256 * 1024, '\0');
  for (;;) {
    parts.step("hash");
    if (is_long && parts.ended) return fail(ErrorCode::unavailable, "The hub is ending.");
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0) return fail(fileError(errno, "A recording cannot be read"));
    if (got == 0) return {};
    hash.add({buffer.data(), static_cast<std::size_t>(got)});
    bytes += got;
  }
}

}  // namespace

void Captures::Parts::adopt(CaptureId id, std::function<void(Result<bool>)> done) {
  const bool queued = writers.run(id, [self = shared_from_this(), id, done] {
    const std::string part = segmentPart(kRecordedSegment), whole = segmentFile(kRecordedSegment);
    if (!self->files.has(id, part) && self->files.has(id, whole)) {
      // The hub died after the renaming, or could not write the row: before it, or behind it.
      bool has_row = false;
      Status ready = self->given.database.readNow([&](store::Session& database) -> Status {
        auto rows = readSegments(database, id);
        if (!rows) return fail(std::move(rows.error()));
        has_row = rows->contains(kRecordedSegment);
        return {};
      });
      if (has_row) return done(true);
      if (ready) ready = self->files.rename(id, whole, part);
      if (!ready) return done(fail(std::move(ready.error())));
    }
    auto file = self->files.open(id, part, O_RDONLY);
    if (!file) {
      const bool nothing = file.error().code == ErrorCode::not_found || file.error().code == ErrorCode::corrupt;
      return nothing ? done(false) : done(fail(std::move(file.error())));
    }
    RunningSha256 hash;
    std::int64_t bytes = 0;
    Status kept = hashFile(*self, file->get(), hash, bytes);
    if (kept && bytes == 0) {
      self->files.remove(id, part);
      return done(false);
    }
    if (kept) kept = syncFile(file->get());
    if (kept) kept = self->files.rename(id, part, whole);
    if (!kept) return done(fail(std::move(kept.error())));
    const SegmentRow row{{kRecordedSegment, bytes, SegmentState::stored, ""}, hash.finish(), whole};
    self->amend(
        id,
        [row, id](store::Session& database, Capture& capture) -> Status {
          auto rows = readSegments(database, id);
          if (!rows) return fail(std::move(rows.error()));
          if (rows->contains(row.segment.number)) return {};
          capture.bytes += row.segment.bytes;
          return putSegment(database, id, row);
        },
        [done](const Result<CapturePtr>& changed) {
          if (!changed) return done(fail(changed.error()));
          done(true);
        });
  });
  if (!queued) done(fail(ErrorCode::unavailable, "The hub is ending, or its disk is busy."));
}

void Captures::Parts::endCutRecording(CaptureId id) {
  if (files.hasFolder(id)) return endRecording(id, kNothingCame);
  say(true, "the recording of capture " + std::to_string(id) + " waits: " + files.of(id).string() +
                " is not there. Is the disk of captures mounted?");
}

void Captures::Parts::endRecording(CaptureId id, const std::string& nothing) {
  {
    Lock lock(mutex);
    recorded.try_emplace(id, 0);  // a long one is read for longer than tick() waits
  }
  adopt(id, [self = shared_from_this(), id, nothing](const Result<bool>& kept) {
    {
      Lock lock(self->mutex);
      self->recorded.erase(id);
    }
    if (!kept) {
      if (self->index.find(id))
        self->say(true, "the recording of capture " + std::to_string(id) +
                            " stays where it is until it can be kept: " + kept.error().message);
      return;
    }
    if (*kept) return self->conclude(id, {}, false, [](Status) {});
    self->amend(
        id,
        [nothing, now_ms = self->nowMs()](store::Session&, Capture& row) -> Status {
          if (row.state != CaptureState::open) return {};
          row.state = CaptureState::failed;
          row.ended_ms = now_ms;
          row.message = nothing;
          return {};
        },
        [](const Result<CapturePtr>&) {});
  });
}

}  // namespace robohub::media

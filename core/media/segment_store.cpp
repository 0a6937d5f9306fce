// The end of a segment's upload: what came is checked, synced, gets its name and then its row.
#include "media/segment_upload.hpp"

namespace robohub::media {

// Whether what came is what was announced. A segment without announcement that came before may have been cut then: the
// longer one stays.
Status SegmentUpload::verify() {
  if (start_.bytes && offset_ != *start_.bytes)
    return fail(ErrorCode::corrupt, "The segment ends after " + std::to_string(offset_) + " of " +
                                        std::to_string(*start_.bytes) + " bytes.");
  digest_ = hash_.finish();
  if (start_.sha256 && digest_ != *start_.sha256) {
    parts_->files.remove(id_, segmentPart(start_.number));
    return fail(ErrorCode::corrupt, "The SHA-256 of the segment is not the one that was announced.");
  }
  if (offset_ == 0) {
    parts_->files.remove(id_, segmentPart(start_.number));
    return fail(ErrorCode::invalid_argument, "The segment is empty.");
  }
  if (present_ && present_->segment.state != SegmentState::refused && !start_.sha256 &&
      (present_->sha256 == digest_ || static_cast<std::uint64_t>(present_->segment.bytes) >= offset_)) {
    parts_->files.remove(id_, segmentPart(start_.number));
    stored_before_ = true;
  }
  return {};
}

void SegmentUpload::complete(Captures::Done done) {
  if (!stored_before_) {
    Status good = verify();
    if (good && !stored_before_) {
      parts_->step("sync");
      if (Status synced = syncFile(file_.get()); !synced) good = withoutRoom(synced.error());
    }
    if (good && !stored_before_) good = giveName();
    if (!good) {
      const Error error = ofDisk(good.error());
      stop(error);
      return done(fail(error));
    }
  }
  file_.reset();
  if (!stored_before_) {
    store(std::move(done));
    // While the row is on its way to the disk.
    return parts_->cached.add(id_, start_.number, static_cast<std::int64_t>(offset_));
  }
  parts_->index.heard(id_, parts_->given.clock.now());
  done({});
}

// From here until its row is on disk it is taken for nothing else.
Status SegmentUpload::giveName() {
  {
    Lock lock(parts_->mutex);
    parts_->storing.insert({id_, start_.number});
  }
  parts_->step("rename");
  Status named = parts_->files.rename(id_, segmentPart(start_.number), segmentFile(start_.number));
  if (!named) endStoring();
  return named;
}

void SegmentUpload::endStoring() {
  Lock lock(parts_->mutex);
  parts_->storing.erase({id_, start_.number});
}

void SegmentUpload::store(Captures::Done done) {
  parts_->step("row");
  SegmentRow row{{start_.number, static_cast<std::int64_t>(offset_), SegmentState::stored, ""},
                 digest_,
                 segmentFile(start_.number)};
  auto too_late = std::make_shared<bool>(false);
  parts_->amend(
      id_,
      [row, too_late, id = id_](store::Session& database, Capture& capture) -> Status {
        // While it came its capture may have been joined and the other segments deleted: a video of this one alone
        // must not take the place of theirs.
        auto rows = readSegments(database, id);
        if (!rows) return fail(std::move(rows.error()));
        if (*too_late = originalsAreGone(*rows); *too_late) return fail(ErrorCode::conflict, kAlreadyComplete);
        const auto before = rows->find(row.segment.number);
        const bool replaces = before != rows->end() && !before->second.file.empty();
        capture.bytes += row.segment.bytes - (replaces ? before->second.segment.bytes : 0);
        // What was joined without it is joined again once it is ended again.
        if (capture.state == CaptureState::ready || capture.state == CaptureState::failed) {
          capture.state = CaptureState::open;
          capture.message.clear();
        }
        return putSegment(database, id, row);
      },
      [self = shared_from_this(), too_late, done = std::move(done)](const Result<CapturePtr>& changed) {
        if (!changed) {
          const auto refuse = [self, done, remove = *too_late, error = self->ofDisk(changed.error())] {
            if (remove) self->parts_->files.remove(self->id_, segmentFile(self->start_.number));
            self->endStoring();
            self->stop(error);
            done(fail(error));
          };
          if (!*too_late || !self->parts_->writers.run(self->id_, refuse)) refuse();
          return;
        }
        self->endStoring();
        ++self->parts_->segments_total;
        self->parts_->segment_bytes_total += self->offset_;
        self->parts_->step("acknowledge");
        // Its bytes count as stored now. Whoever hears of it may send the next one at once, which needs the room.
        self->endPromise();
        self->is_stored_ = true;
        done({});
      });
}

}  // namespace robohub::media

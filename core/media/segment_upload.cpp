#include "media/segment_upload.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace robohub::media {

namespace {
constexpr std::uint64_t kPromiseStep = 4 * 1024 * 1024;  // of a segment whose length nobody knows
constexpr std::uint64_t kWriteBehind = 4 * 1024 * 1024;  // so much is handed to the disk while more comes
constexpr std::uint64_t kMaxSegmentBytes = 4ULL << 30;

Error alreadyComplete() {
  return {ErrorCode::conflict, "This capture is complete.", ""};
}

}  // namespace

SegmentUpload::SegmentUpload(std::shared_ptr<Captures::Parts> parts, CaptureId id, SegmentStart start,
                             SegmentWriter::Progress progress)
    : parts_(std::move(parts)), id_(id), start_(std::move(start)), progress_(std::move(progress)) {}

// What is there of it may go on one day; until then it counts.
SegmentUpload::~SegmentUpload() {
  if (const CapturePtr capture = capture_ ? capture_ : parts_->index.find(id_); capture && !is_stored_)
    parts_->leaveUnfinished(*capture, start_.number, promised_);
}

void SegmentUpload::endPromise() {
  if (promised_ > 0) parts_->index.release(capture_->device, std::exchange(promised_, 0));
}

// ---- the sender ---------------------------------------------------------------------------------------------------

void SegmentUpload::begin() {
  {
    Lock lock(mutex_);
    if (schedule()) return;
  }
  refused();
}

bool SegmentUpload::write(std::string_view bytes, std::uint64_t offset) {
  Lock lock(mutex_);
  if (cancelled_ || error_) return false;
  queue_.push_back({offset, std::string(bytes)});
  waiting_bytes_ += bytes.size();
  sender_waits_ = sender_waits_ || waiting_bytes_ > kMaxWaiting;
  const bool go_on = waiting_bytes_ <= kMaxWaiting;
  if (schedule()) return go_on;
  lock.unlock();
  refused();
  return go_on;
}

void SegmentUpload::finish(Captures::Done done) {
  Lock lock(mutex_);
  if (error_) {
    const Error error = *error_;
    lock.unlock();
    return done(fail(error));
  }
  finish_ = std::move(done);
  finishing_ = true;
  if (schedule()) return;
  lock.unlock();
  refused();
}

void SegmentUpload::cancel(Error why) {
  dropped(std::move(why));
}

void SegmentUpload::replace() {
  const Error why{ErrorCode::stale, "Another sender has begun this segment.", ""};
  if (const auto told = dropped(why)) told(fail(why));
}

// Whom to tell of it, if anybody still waits to hear.
SegmentWriter::Progress SegmentUpload::dropped(Error why) {
  Captures::Done finish;
  SegmentWriter::Progress told;
  {
    Lock lock(mutex_);
    if (cancelled_) return nullptr;
    cancelled_ = true;
    told.swap(progress_);
    if (finishing_) told = nullptr;
    queue_.clear();
    finish.swap(finish_);
    if (!error_) error_ = why;
  }
  if (finish) finish(fail(std::move(why)));
  return told;
}

bool SegmentUpload::schedule() {
  if (scheduled_) return true;
  scheduled_ = true;
  return parts_->writers.run(id_, [self = shared_from_this()] { self->work(); });
}

void SegmentUpload::refused() {
  stop({parts_->ended ? ErrorCode::unavailable : ErrorCode::exhausted, "The hub takes no captures now.", ""});
}

// ---- the file thread ----------------------------------------------------------------------------------------------

void SegmentUpload::tell(Result<std::uint64_t> progress) {
  SegmentWriter::Progress told;
  {
    Lock lock(mutex_);
    told = progress_;
    if (!progress) progress_ = nullptr;
  }
  if (told) told(std::move(progress));
}

void SegmentUpload::stop(Error error) {
  Captures::Done finish;
  {
    Lock lock(mutex_);
    if (error_) return;
    error_ = error;
    queue_.clear();
    finish.swap(finish_);
  }
  file_.reset();
  tell(fail(error));
  if (finish) finish(fail(std::move(error)));
}

void SegmentUpload::work() {
  if (!opened_) {
    opened_ = true;
    if (Status done = openFile(); !done) return stop(ofDisk(done.error()));
    told_ = stored_before_ ? start_.bytes.value_or(0) : offset_;
    tell(told_);
  }
  for (;;) {
    std::deque<Piece> pieces;
    Captures::Done finish;
    {
      Lock lock(mutex_);
      if (cancelled_ || error_) return;
      pieces.swap(queue_);
      if (pieces.empty()) finish.swap(finish_);
      if (pieces.empty() && !finish) {
        scheduled_ = false;
        return;
      }
    }
    if (finish) return complete(std::move(finish));
    std::size_t taken = 0;
    for (const Piece& piece : pieces) {
      if (Status done = take(piece); !done) return stop(done.error());
      taken += piece.bytes.size();
    }
    // One that comes slowly is not silent.
    parts_->index.heard(id_, parts_->given.clock.now());
    bool waits = false;
    {
      Lock lock(mutex_);
      waiting_bytes_ -= std::min(taken, waiting_bytes_);
      if (waiting_bytes_ <= kMaxWaiting) waits = std::exchange(sender_waits_, false);
    }
    if (waits || offset_ - told_ >= kProgressEvery) {
      told_ = offset_;
      tell(offset_);
    }
  }
}

// What is here under this number decides whether anything must come. A capture whose originals are gone takes no more.
Status SegmentUpload::mayCome(const SegmentRows& rows) {
  if (const auto at = rows.find(start_.number); at != rows.end() && at->second.segment.bytes > 0) {
    present_ = at->second;
    // Once it is joined its row lets go of the file; any other row must have the one that it names.
    const bool here = present_->file.empty() || parts_->files.has(id_, present_->file);
    if (!here) present_->segment.state = SegmentState::refused;
    if (here && start_.sha256 && *start_.sha256 == present_->sha256) {
      stored_before_ = true;
      return {};
    }
    if (here && start_.sha256 && present_->segment.state != SegmentState::refused)
      return fail(ErrorCode::conflict, "Segment " + std::to_string(start_.number) +
                                           " of this capture is here already, "
                                           "with another content.");
  }
  if (capture_->kind() == CaptureKind::still) return fail(ErrorCode::conflict, "This capture is one picture.");
  if (originalsAreGone(rows)) return fail(alreadyComplete());
  return {};
}

Status SegmentUpload::openFile() {
  capture_ = parts_->index.find(id_);
  if (!capture_) return fail(ErrorCode::not_found, "There is no capture " + std::to_string(id_) + ".");
  // Looked at before the row: while there is none yet, the file with this segment's name is not what a crash has left.
  {
    Lock lock(parts_->mutex);
    if (parts_->storing.contains({id_, start_.number}))
      return fail(ErrorCode::unavailable, "This segment is being stored just now.");
  }
  SegmentRows rows;
  Status read = parts_->given.database.readNow([&](store::Session& database) -> Status {
    auto found = readSegments(database, id_);
    if (!found) return fail(std::move(found.error()));
    rows = std::move(*found);
    return {};
  });
  if (!read) return read;
  if (Status may = mayCome(rows); !may || stored_before_) return may;
  if (parts_->given.room && !parts_->given.room()) {
    ++parts_->refused_total;
    parts_->refused_ms = parts_->nowMs();
    return fail(ErrorCode::exhausted, "The disk of the hub is nearly full; captures wait until there is room.");
  }
  if (start_.bytes && *start_.bytes > kMaxSegmentBytes)
    return fail(ErrorCode::too_large, "A segment has at most 4 GiB.");
  promised_ = parts_->unfinished.take(id_, start_.number);
  if (Status promised = grow(start_.bytes.value_or(kPromiseStep)); !promised) return promised;
  // Whatever the code: what lies in the folder's way is no other content of this segment, which a conflict would say.
  if (Status made = parts_->files.makeFolder(id_); !made) return fail(ErrorCode::unavailable, made.error().message);
  return takeUp();
}

// Where an upload was cut, what is there is read once more for the hash.
Status SegmentUpload::takeUp() {
  const std::string part = segmentPart(start_.number);
  // A crash came between the renaming and the row.
  const std::string whole = segmentFile(start_.number);
  if (!present_ && !parts_->files.has(id_, part) && parts_->files.has(id_, whole))
    if (Status back = parts_->files.rename(id_, whole, part); !back) return back;
  auto file = parts_->files.open(id_, part, O_RDWR | O_CREAT | (start_.bytes ? 0 : O_TRUNC));
  if (!file) return fail(std::move(file.error()));
  file_ = std::move(*file);
  if (!start_.bytes) return {};
  std::string buffer(256 * 1024, '\0');
  for (;;) {
    const ssize_t got = ::read(file_.get(), buffer.data(), buffer.size());
    if (got < 0) return fail(fileError(errno, "What is here of a segment cannot be read"));
    if (got == 0) break;
    hash_.add({buffer.data(), static_cast<std::size_t>(got)});
    offset_ += static_cast<std::uint64_t>(got);
  }
  if (offset_ <= *start_.bytes) return {};
  if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0)
    return fail(fileError(errno, "A segment cannot be begun again"));
  hash_.finish();
  offset_ = 0;
  return {};
}

Status SegmentUpload::grow(std::uint64_t bytes) {
  const auto more = static_cast<std::int64_t>(bytes) - promised_;
  if (more <= 0) return {};
  Status promised = parts_->reserve(capture_->device, more, 0, id_);
  if (promised) promised_ += more;
  return promised;
}

Status SegmentUpload::take(const Piece& piece) {
  if (stored_before_) return {};
  if (piece.offset > offset_)
    return fail(ErrorCode::conflict, "Bytes are missing before offset " + std::to_string(piece.offset) + ".");
  const std::uint64_t known = offset_ - piece.offset;
  if (known >= piece.bytes.size()) return {};
  const std::string_view fresh = std::string_view(piece.bytes).substr(static_cast<std::size_t>(known));
  const std::uint64_t end = offset_ + fresh.size();
  if (end > start_.bytes.value_or(kMaxSegmentBytes))
    return fail(ErrorCode::too_large, "More came than the segment was said to have.");
  if (!start_.bytes && end > static_cast<std::uint64_t>(promised_))
    if (Status room = grow(end + kPromiseStep); !room) return room;
  if (offset_ == 0) parts_->step("first bytes");
  if (Status wrote = writeAll(file_.get(), fresh); !wrote) return wrote;
  hash_.add(fresh);
  offset_ = end;
  if (offset_ - synced_ >= kWriteBehind) {
    // Begun early, so that the sync at the end is short. A fault comes up there as well.
    ::sync_file_range(file_.get(), static_cast<off_t>(synced_), static_cast<off_t>(offset_ - synced_),
                      SYNC_FILE_RANGE_WRITE);
    synced_ = offset_;
    if (constexpr auto kept = static_cast<std::uint64_t>(CacheWindow::kBytes); synced_ > let_go_ + kept)
      letGoOfPages(file_.get(), std::exchange(let_go_, synced_ - kept), synced_ - kept);
  }
  parts_->step("bytes");
  return {};
}

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
      good = syncFile(file_.get());
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
        if (*too_late = originalsAreGone(*rows); *too_late) return fail(alreadyComplete());
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
          const auto refuse = [self, done, remove = *too_late, error = changed.error()] {
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

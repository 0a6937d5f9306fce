#include "media/segment_upload.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace robohub::media {

namespace {
constexpr std::uint64_t kPromiseStep = 4 * 1024 * 1024;  // of a segment whose length nobody knows
constexpr std::uint64_t kWriteBehind = 4 * 1024 * 1024;  // so much is handed to the disk while more comes
constexpr std::uint64_t kMaxSegmentBytes = 4ULL << 30;

}  // namespace

SegmentUpload::SegmentUpload(std::shared_ptr<Captures::Parts> parts, CaptureId id, SegmentStart start,
                             SegmentWriter::Progress progress)
    : parts_(std::move(parts)), id_(id), start_(std::move(start)), progress_(std::move(progress)) {}

// What is there of it may go on one day; until then it counts.
SegmentUpload::~SegmentUpload() {
  came(to_come_);
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
    // One that the disk has no room for, again and again, is as silent as one that nobody sends, and ends as such.
    parts_->index.heard(id_, parts_->given.clock.now());
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
  if (originalsAreGone(rows)) return fail(ErrorCode::conflict, kAlreadyComplete);
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
    parts_->giveWaySoon(id_);
    const Error why{ErrorCode::exhausted, kNearlyFull, ""};
    if (!parts_->hasOwnDisk()) return withoutRoom(why);
    parts_->countRefusal();
    return fail(why);
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
    if (parts_->ended) return fail(ErrorCode::unavailable, "The hub is ending.");
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
  if (Status promised = parts_->reserve(capture_->device, more, 0, id_); !promised) {
    // It waits for a quota. Ended, it would need twice as much of that, and would be the first to go for it.
    parts_->index.heard(id_, parts_->given.clock.now());
    return promised;
  }
  promised_ += more;
  const CapturePtr now = parts_->index.find(id_);
  const auto on_disk = parts_->roomToGrow(id_, more, (now ? now->bytes : 0) + static_cast<std::int64_t>(bytes));
  if (!on_disk) return withoutRoom(on_disk.error());
  to_come_ += more;
  parts_->to_come += more;
  return {};
}

void SegmentUpload::came(std::int64_t bytes) {
  const std::int64_t less = std::min(bytes, to_come_);
  to_come_ -= less;
  parts_->to_come -= less;
}

// What is here of it would take the room that everything else lacks until its device comes again, which may be never:
// so it is sent from its beginning then.
Status SegmentUpload::withoutRoom(Error why) {
  if (why.code == ErrorCode::exhausted) {
    parts_->files.remove(id_, segmentPart(start_.number));
    parts_->countRefusal();
  }
  return fail(std::move(why));
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
  if (Status wrote = writeAll(file_.get(), fresh); !wrote) return withoutRoom(wrote.error());
  came(static_cast<std::int64_t>(fresh.size()));
  hash_.add(fresh);
  offset_ = end;
  if (offset_ - synced_ >= kWriteBehind) {
    // Begun early, so that the sync at the end is short. A fault comes up there as well.
    ::sync_file_range(file_.get(), static_cast<off_t>(synced_), static_cast<off_t>(offset_ - synced_),
                      SYNC_FILE_RANGE_WRITE);
    synced_ = offset_;
    // It was let in for its length; what else has come to the disk meanwhile nobody could know.
    if (parts_->given.room && !parts_->given.room() && !parts_->hasOwnDisk())
      return withoutRoom({ErrorCode::exhausted, kNearlyFull, ""});
    if (constexpr auto kept = static_cast<std::uint64_t>(CacheWindow::kBytes); synced_ > let_go_ + kept)
      letGoOfPages(file_.get(), std::exchange(let_go_, synced_ - kept), synced_ - kept);
  }
  parts_->step("bytes");
  return {};
}

}  // namespace robohub::media

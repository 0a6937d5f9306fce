// One segment on its way to the disk. Whoever sends copies pieces into a short queue; a file thread hashes and writes
// them. Internal to media.
#pragma once
#include <deque>

#include "base/mutex.hpp"
#include "media/captures_parts.hpp"
#include "media/running_sha256.hpp"

namespace robohub::media {

inline constexpr const char* kAlreadyComplete = "This capture is complete.";

class SegmentUpload final : public std::enable_shared_from_this<SegmentUpload> {
 public:
  static constexpr std::size_t kMaxWaiting = 1024 * 1024;
  static constexpr std::uint64_t kProgressEvery = 128 * 1024;

  SegmentUpload(std::shared_ptr<Captures::Parts> parts, CaptureId id, SegmentStart start,
                SegmentWriter::Progress progress);
  ~SegmentUpload();

  // [any-thread]
  void begin();
  bool write(std::string_view bytes, std::uint64_t offset);
  void finish(Captures::Done done);
  // Nothing more is told or written; a finish() that waits is answered.
  void cancel(Error why);
  // The same by a newer sender: whoever sends this one is told, since it may wait for the disk.
  void replace();

 private:
  struct Piece {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  // False: no thread takes it any more, and the caller says refused() once it has let go of the lock.
  [[nodiscard]] bool schedule() RH_REQUIRES(mutex_);
  void refused();
  SegmentWriter::Progress dropped(Error why);
  // [file thread]
  void open();
  Status openFile();
  Status mayCome(const SegmentRows& rows);
  Status takeUp();
  void work();
  Status take(const Piece& piece);
  // Room for so much, not at the cost of its own capture: that may be ready and the oldest, if this comes late.
  Status grow(std::uint64_t bytes);
  void came(std::int64_t bytes);  // of what the disk keeps room for
  // An error; where it says that the disk is full, what came of the segment goes.
  Status withoutRoom(Error why);
  // [file thread; once it has handed over the row: the database's]
  void endPromise();
  void complete(Captures::Done done);
  Status verify();
  Status giveName();
  void endStoring();
  void store(Captures::Done done);
  void stop(Error error);
  // While its capture is known, a file or folder that is not there says something of the disk (it is not mounted, say)
  // and nothing of the segment, which may come again. So it may where its capture went for want of room: whoever sends
  // it may have no other copy, and begins another capture with it.
  Error ofDisk(Error error) const {
    if (error.code == ErrorCode::not_found && (parts_->index.find(id_) || parts_->gaveWay(id_)))
      error.code = ErrorCode::unavailable;
    return error;
  }
  void tell(Result<std::uint64_t> progress);

  const std::shared_ptr<Captures::Parts> parts_;
  const CaptureId id_;
  const SegmentStart start_;

  Mutex mutex_;
  SegmentWriter::Progress progress_ RH_GUARDED_BY(mutex_);
  std::deque<Piece> queue_ RH_GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ RH_GUARDED_BY(mutex_) = 0;
  bool scheduled_ RH_GUARDED_BY(mutex_) = false, sender_waits_ RH_GUARDED_BY(mutex_) = false;
  bool cancelled_ RH_GUARDED_BY(mutex_) = false;
  bool finishing_ RH_GUARDED_BY(mutex_) = false;  // what becomes of it is told by the answer to finish()
  Captures::Done finish_ RH_GUARDED_BY(mutex_);
  std::optional<Error> error_ RH_GUARDED_BY(mutex_);

  // Of the file thread.
  CapturePtr capture_;
  process::FileDescriptor file_;
  RunningSha256 hash_;
  std::uint64_t offset_ = 0, told_ = 0, synced_ = 0, let_go_ = 0;
  std::int64_t promised_ = 0, to_come_ = 0;
  bool opened_ = false, is_stored_ = false;
  bool stored_before_ = false;         // this very segment is on disk: nothing is to be sent
  std::optional<SegmentRow> present_;  // another that came without length and hash, or one whose file is gone
  std::string digest_;
};

}  // namespace robohub::media

// Captures arrive in pieces over links that break, from devices whose clocks and disks nobody knows, and must be there
// for good once they are acknowledged. So: a row for each capture and each segment, files that the hub alone names
// (<folder>/<id>/00003.seg; nothing that a device says is ever part of a path), each segment under a temporary name
// until its length and SHA-256 are right and it is synced; then renamed, then its row, then acknowledged. An upload
// that was cut goes on where it was, also after a restart of the hub. What has ended is joined in the background into
// one video; originals go only once that has been read back.
#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "identity/audit.hpp"
#include "media/capture.hpp"
#include "media/capture_settings.hpp"
#include "media/picture.hpp"
#include "store/database.hpp"

namespace robohub::media {

// One segment on its way in. Held by one sender, who calls from one thread at a time. Letting go of it abandons it.
class SegmentWriter {
 public:
  // The segment is open and so many bytes are on disk already: send from there. Again after each 128 KiB that were
  // taken, with the new offset, and whenever room was waited for. An error ends the writer: conflict (another content
  // under this number, or the capture is complete), exhausted (quota, disk), too_large, not_found (the capture is
  // gone), unavailable (this very segment is being stored: again in a moment), stale (a newer sender has begun this
  // segment; on that one's thread), internal. Else on a file thread: post.
  using Progress = std::function<void(Result<std::uint64_t>)>;
  virtual ~SegmentWriter() = default;
  // Copies `bytes`, which begin at `offset` of the segment; what is there already is skipped. Not before the first
  // progress. False: over 1 MiB waits for the disk, so hold the sender back until the next progress. Does not block.
  virtual bool write(std::string_view bytes, std::uint64_t offset) = 0;
  // All was written. `done` once, when the segment is on disk for good (also when it was before), or why not: corrupt
  // (length or hash are wrong: send it again), too_large, and those above. On a thread of the store or of files.
  virtual void finish(std::function<void(Status)> done) = 0;
  // Stops; what is there is kept for the next try where bytes and sha256 were given.
  virtual void abandon() = 0;
};

// All conditions must hold; empty or absent ones do.
struct CaptureQuery {
  std::string device, trigger;
  std::optional<std::int64_t> from_ms, to_ms;  // from <= started < to
  std::optional<CaptureId> before;             // only older ones: the next page
  std::size_t limit = 50;
  // So many are looked at, at least 1: a search that finds little looks at all there are, twenty thousand maybe.
  std::size_t looks = std::numeric_limits<std::size_t>::max();
};

struct CaptureList {
  std::vector<CapturePtr> captures;
  // The looks were over before the limit or the end was reached: the search goes on before this one.
  std::optional<CaptureId> goes_on;
};

struct CaptureFigures {
  std::int64_t bytes = 0, quota_bytes = 0;
  std::size_t open = 0, joining = 0, ready = 0, failed = 0;
  std::uint64_t segments_total = 0, segment_bytes_total = 0;  // stored since the start
  std::uint64_t refused_total = 0;                            // segments, for lack of room
  std::uint64_t joins_total = 0, joins_failed_total = 0;
  std::int64_t refused_ms = 0;        // wall clock of the newest refusal for lack of room; 0: none
  std::int64_t worker_failed_ms = 0;  // of the newest time that the worker broke or could not be started; 0: none
  std::string worker_failure;         // a sentence
  // At this start, since the folder of captures was another database's: so many captures, and where they are now.
  std::size_t set_aside = 0;
  std::filesystem::path set_aside_folder;
};

// A file of a capture that can be read while it is being deleted.
struct CaptureFile {
  std::shared_ptr<const int> descriptor;  // closed with the last holder
  std::uint64_t bytes = 0;
  std::string name;  // "lab-camera-2026-11-21T15-22-07.mp4": plain ASCII
  std::string etag;  // quoted
};

// What is free on the disk of captures, and how much of that is kept for stops and turns, which go first.
struct DiskRoom {
  std::int64_t free_bytes = 0, kept_bytes = 0;
};

// Of the disk, beside another time the bytes of the segments: for the index of a video and its picture.
inline constexpr std::int64_t kBesideSegments = 16LL << 20;

// What Captures needs of the hub. All must outlive it.
struct CaptureParts {
  store::Database& database;
  const identity::Audit& audit;
  const Clock& clock;
  std::function<bool()> room = {};                               // false while the disk is nearly full [any-thread]
  std::filesystem::path worker = {};                             // the program robohub-media-worker
  std::function<void(bool error, const std::string&)> log = {};  // [any-thread]
  // Told before each step of storing and joining, by its name, on the thread that takes it: tests end the program
  // there.
  std::function<void(std::string_view)> step = {};
  // Of the disk that captures lie on; nothing where it cannot be looked at. Blocks on the disk. [any-thread]
  std::function<std::optional<DiskRoom>()> disk = {};
  std::int64_t beside_video = kBesideSegments;  // left free, for a video, by what comes new
};

// Thread-safe; owns its threads. Callbacks come on them (or, for what is refused at once, on the calling thread) and
// should post. Nothing blocks but open(), end() and the destructor.
class Captures {
 public:
  using Done = std::function<void(Status)>;

  // Reads all captures, takes up what a restart has cut, makes the folder. Blocks. Errors: those of database and disk.
  static Result<std::unique_ptr<Captures>> open(CaptureParts parts, CaptureSettings settings);
  ~Captures();
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  // Told of each new state of a capture, and when one is gone; once, before anything else: what a restart has cut goes
  // on from here. On threads of captures.
  void onChange(std::function<void(const CapturePtr&)> changed, std::function<void(const DeviceId&, CaptureId)> gone);
  void configure(const CaptureSettings& settings);
  // Ends open captures that nobody continues, deletes what is too old or too much. Once a minute or so.
  void tick();
  // Stops the worker, writes what is queued, joins the threads; afterwards everything is answered unavailable. Before
  // the database closes. Blocks. Idempotent.
  void end();

  // ---- sources
  // The same device and key again: the same capture goes on. Errors: invalid_argument, exhausted (too many are open;
  // no room).
  void begin(CaptureStart start, std::function<void(Result<CaptureId>)> done);
  // Never null. A capture has one writer for each number: a newer one ends the older.
  std::shared_ptr<SegmentWriter> segment(CaptureId id, SegmentStart start, SegmentWriter::Progress progress);
  // No more will come: it is joined. `segments`: so many belong to it, numbered from 0; what lacks is a gap. Absent:
  // those that are here. Done once that is on disk; saying it again is fine. Errors: not_found, invalid_argument.
  void end(CaptureId id, std::optional<std::uint32_t> segments, Done done);
  // Keeps one picture of a device. Errors: exhausted.
  void keepStill(const DeviceId& device, PicturePtr picture, identity::Actor by,
                 std::function<void(Result<CapturePtr>)> done);

  // ---- readers
  CapturePtr find(CaptureId id) const;
  // The newest first; only those that `visible` (asked while a lock is held: quick) says yes to.
  CaptureList list(const CaptureQuery& query, const std::function<bool(const Capture&)>& visible) const;
  void segments(CaptureId id, std::function<void(Result<std::vector<CaptureSegment>>)> done) const;
  enum class File { video, still };
  // Errors: not_found, conflict (not ready yet, or there is none of this kind; says which).
  void file(CaptureId id, File which, std::function<void(Result<CaptureFile>)> done) const;
  // Reads at most `bytes` (1 MiB) from `offset`; "" behind the end. Errors: internal.
  void read(const CaptureFile& file, std::uint64_t offset, std::size_t bytes,
            std::function<void(Result<std::string>)> done) const;

  // Row and files go, whatever its state. Errors: not_found.
  void erase(CaptureId id, identity::Actor by, Done done);
  CaptureFigures figures() const;

  struct Parts;  // for this folder
  Parts& parts() const { return *parts_; }

 private:
  explicit Captures(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
  const std::shared_ptr<Parts> parts_;
};

}  // namespace robohub::media

// What the files of captures share. Internal to media.
#pragma once
#include <atomic>
#include <map>
#include <set>

#include "base/mutex.hpp"
#include "base/wall_watch.hpp"
#include "media/cache_window.hpp"
#include "media/capture_files.hpp"
#include "media/capture_index.hpp"
#include "media/capture_rows.hpp"
#include "media/captures.hpp"
#include "media/file_threads.hpp"
#include "media/unfinished_segments.hpp"

namespace robohub::media {

class SegmentUpload;
class CaptureJoiner;

// The message of a capture that its source never ended: its segments are kept, since more may come.
inline constexpr std::string_view kEndedByItself = "Nothing more came, so it was ended.";

inline constexpr const char* kNothingCame = "Nothing of it came.";
inline constexpr const char* kNearlyFull = "The disk of the hub is nearly full; captures wait until there is room.";

// A key that no source would give and none had before: "record-" and 24 hexadecimal digits.
std::string uniqueKey(const std::string& prefix);

// Thread-safe. Held by whoever waits for an answer of the store, so that it outlives the answer.
struct Captures::Parts : std::enable_shared_from_this<Captures::Parts> {
  Parts(CaptureParts given, const CaptureSettings& settings);
  ~Parts();

  using Changed = std::function<void(Result<CapturePtr>)>;
  // Changes a capture's row (and what else `how` changes) in one write, then the index, then tells everybody. `how`
  // gets the capture as the disk has it. Errors: not_found, those of `how` and of the disk. [any-thread]
  void amend(CaptureId id, std::function<Status(store::Session&, Capture&)> how, Changed done, bool is_news = true);
  // Room for so many more bytes, after deleting what may go for it; not `spare`, which they are for. Counts refusals.
  Status reserve(const DeviceId& device, std::int64_t bytes, std::size_t captures = 0,
                 std::optional<CaptureId> spare = {});
  // The same for a still, which takes the place of older stills of its device where there are many.
  Status reserveStill(const DeviceId& device, std::int64_t bytes);
  // Whether the disk has so many more bytes beside what is kept for stops and turns, and what was let in and has not
  // come yet; before it is nearly full the oldest captures go for it, not `spare`. False: it has them once those are
  // gone. Errors: exhausted, then nothing goes. Where the disk cannot be looked at, what is written there will tell.
  // `for_joins`: at least so much is left to the making of videos as well. Blocks on the disk.
  Result<bool> roomOnDisk(std::int64_t bytes, std::optional<CaptureId> spare = {}, std::int64_t for_joins = 0);
  // The same for what comes of a capture, which has `size` bytes then. It leaves the room that joining it takes, or the
  // largest one that is not joined yet: without that none could be joined, and what is not joined may never go.
  Result<bool> roomToGrow(CaptureId id, std::int64_t more, std::int64_t size);
  // Captures lie on another disk than what is kept for stops and turns, so that less of them leaves those no more room.
  // Blocks on the disk.
  bool hasOwnDisk() const;
  // What came new was refused since the disk is nearly full: captures that may go do, so that it has room next time.
  // Not `spare`, which it was for.
  void giveWaySoon(std::optional<CaptureId> spare = {});
  void countRefusal() {
    ++refused_total;
    refused_ms = nowMs();
  }
  // Quotas that became smaller count for what is there as well.
  void shrink();
  // Of captures that the index has let go of for newer ones.
  void dropForNewer(const std::vector<CapturePtr>& victims);
  // It was such a one, in this run: nobody has deleted it, and what comes of it yet may be kept as another.
  bool gaveWay(CaptureId id);
  // Of a capture that the index has let go of: row, files, notice.
  void drop(const CapturePtr& capture, std::optional<identity::AuditEntry> entry, Captures::Done done);
  void publish(const CapturePtr& capture) const {
    if (capture && told) told(capture);
  }
  // Ends it, names what lacks, and queues it for the worker.
  void conclude(CaptureId id, std::optional<std::uint32_t> segments, bool by_itself, Captures::Done done);
  // Makes the one segment of what a recording has left, and ends its capture: failed with `nothing` where nothing was
  // recorded. On a fault that may pass, everything stays as it is, the capture open, and tick() comes again.
  void endRecording(CaptureId id, const std::string& nothing);
  // The same of one that the end of a hub has cut. Where even its folder is not there, its disk is not mounted, as a
  // rule; then it waits too.
  void endCutRecording(CaptureId id);
  // A sender of this segment is gone, and gives back what it was promised; what is there stays, and counts.
  void leaveUnfinished(const Capture& capture, std::uint32_t number, std::int64_t promised);
  // Of a capture that is ready or has failed: what was not finished of it goes.
  void clearUnfinished(CaptureId id);
  void say(bool error, const std::string& text) const {
    if (given.log) given.log(error, text);
  }
  void step(const char* name) const {
    if (given.step) given.step(name);
  }
  std::int64_t nowMs() const { return toMs(given.clock.wall()); }
  // Looks at the clock: whether what is old by it may go.
  bool clockIsSteady();
  bool isSent(CaptureId id, std::uint32_t number);
  bool isRecorded(CaptureId id);  // by a thread that ends it, or its end is being kept
  // Whether another capture of the device may begin at all, quotas apart. Does not block.
  Status mayBegin(const DeviceId& device);

  const CaptureParts given;
  CaptureIndex index;
  const CaptureFiles files;
  CacheWindow cached{files};
  UnfinishedSegments unfinished{index, files,
                                [this](CaptureId id, std::uint32_t number) { return isSent(id, number); }};
  FileThreads writers{2, "rh-capture"};
  FileThreads readers{1, "rh-capture-read"};
  std::function<void(const CapturePtr&)> told;
  std::function<void(const DeviceId&, CaptureId)> told_gone;
  std::unique_ptr<CaptureJoiner> joiner;
  std::vector<CaptureId> cut_joins, cut_recordings;  // by the end of the hub before this one
  std::size_t set_aside = 0;                         // captures, at the start; fixed from then on
  std::filesystem::path set_aside_folder;

  Mutex mutex;
  std::map<std::pair<CaptureId, std::uint32_t>, std::weak_ptr<SegmentUpload>> uploads RH_GUARDED_BY(mutex);
  // Segments that have their name already while their row is still on the way to the disk.
  std::set<std::pair<CaptureId, std::uint32_t>> storing RH_GUARDED_BY(mutex);
  std::map<CaptureId, std::int64_t> recorded RH_GUARDED_BY(mutex);  // with the bytes that were promised to it
  std::set<CaptureId> gave_way RH_GUARDED_BY(mutex);                // the newest of them
  WallWatch wall RH_GUARDED_BY(mutex);
  std::atomic<std::uint64_t> segments_total{0}, segment_bytes_total{0}, refused_total{0};
  std::atomic<std::int64_t> refused_ms{0};
  // Bytes of the disk: of uploads, let in and not written yet; of captures and originals that are being deleted; of the
  // video that is being made, which is this capture's (0: none is).
  std::atomic<std::int64_t> to_come{0}, going{0}, video_bytes{0};
  std::atomic<CaptureId> video_of{0};
  std::atomic<bool> gives_way{false};
  std::atomic<bool> ended{false};

 private:
  // True: the recording is a segment with its row now. False: there is nothing to make one of.
  void adopt(CaptureId id, std::function<void(Result<bool>)> done);
};

}  // namespace robohub::media

// All captures in memory, so that lists, rights and quotas ask no disk: a capture is small, and there are at most
// kMaxCaptures. Internal to media. Thread-safe; calls nobody while it is locked but `visible` of list().
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/mutex.hpp"
#include "media/captures.hpp"

namespace robohub::media {

class CaptureIndex {
 public:
  static constexpr std::size_t kMaxCaptures = 20'000;
  static constexpr std::size_t kMaxOpenOfDevice = 256;
  static constexpr std::size_t kMaxStillsOfDevice = 1'000;

  explicit CaptureIndex(const CaptureSettings& settings) : settings_(settings) {}
  void configure(const CaptureSettings& settings);
  CaptureSettings settings() const;

  void put(Capture capture, MonoTime now);  // new, or in the place of the one of this id, which is news of it
  // Changes one in place and gives what it is then; null when it is gone.
  CapturePtr change(CaptureId id, const std::function<void(Capture&)>& how, MonoTime now, bool is_news);
  void heard(CaptureId id, MonoTime now);
  CapturePtr remove(CaptureId id);
  CapturePtr find(CaptureId id) const;
  CapturePtr find(const DeviceId& device, const std::string& key) const;
  CaptureList list(const CaptureQuery& query, const std::function<bool(const Capture&)>& visible) const;
  // How many of the device are open.
  std::size_t openOf(const DeviceId& device) const;
  // Bytes of the largest capture that is open or waits to be joined.
  std::int64_t largestToJoin() const;

  // Open captures of which nothing was heard since `before`.
  std::vector<CaptureId> silent(MonoTime before) const;
  // Ready and failed captures that have ended: in this run before `before`, in an earlier one before `before_ms`. The
  // wall clock may have been set since an end of this run, so what it said then does not count.
  std::vector<CaptureId> old(MonoTime before, std::int64_t before_ms) const;

  // Promises room for so many more bytes (and `captures` more rows) of a device. `victims` gets ready and failed
  // captures, which the caller must delete now; they no longer count and are no longer found. Whoever has most gives
  // first, its oldest, so that one device that sends without end does not empty the gallery of the others; where it is
  // rows that lack, captures of which nothing came go before any other. Errors: exhausted, then there are no victims.
  // What was promised counts until release(). `spare` is none of the victims: the capture that the room is for.
  Status reserve(const DeviceId& device, std::int64_t bytes, std::size_t captures, std::vector<CapturePtr>& victims,
                 std::optional<CaptureId> spare = {});
  void release(const DeviceId& device, std::int64_t bytes);
  // For what the disk lacks, which no quota says: `victims` as above, `wanted` bytes of them if there are so many.
  // False: not even `needed` bytes may go, so nothing does.
  bool giveWay(std::int64_t wanted, std::int64_t needed, std::vector<CapturePtr>& victims,
               std::optional<CaptureId> spare = {});
  // Room among the stills of a device, which whoever plays may add to: beyond kMaxStillsOfDevice of them, or a tenth of
  // the quota, `victims` gets its oldest stills, as above, and no videos.
  void replaceStills(const DeviceId& device, std::int64_t bytes, std::vector<CapturePtr>& victims);
  // What is more than the quotas allow by now goes as far as it may: of each device, whose only capture stays, since
  // nothing newer of it wants the room; then of all.
  void shrink(std::vector<CapturePtr>& victims);

  CaptureFigures figures() const;  // the counts and bytes of it

 private:
  struct Entry {
    CapturePtr capture;
    MonoTime news{};
    std::optional<MonoTime> ended = {};  // in this run
  };
  struct Use {
    std::int64_t stored = 0, promised = 0, stills_stored = 0;
    std::size_t open = 0, captures = 0;
    std::set<CaptureId> may_go = {}, stills = {};  // with bytes; stills that may go
  };
  class Choice;
  void count(const Capture& capture, int sign) RH_REQUIRES(mutex_);
  void forgetIfUnused(const DeviceId& device) RH_REQUIRES(mutex_);
  CapturePtr removeHeld(CaptureId id) RH_REQUIRES(mutex_);

  mutable Mutex mutex_;
  CaptureSettings settings_ RH_GUARDED_BY(mutex_);
  std::map<CaptureId, Entry> captures_ RH_GUARDED_BY(mutex_);
  std::map<std::pair<DeviceId, std::string>, CaptureId> keys_ RH_GUARDED_BY(mutex_);
  std::map<DeviceId, Use> uses_ RH_GUARDED_BY(mutex_);
  std::int64_t stored_ RH_GUARDED_BY(mutex_) = 0, promised_ RH_GUARDED_BY(mutex_) = 0;
  std::set<CaptureId> empty_ RH_GUARDED_BY(mutex_);            // failed before anything came of them
  std::multiset<std::int64_t> to_join_ RH_GUARDED_BY(mutex_);  // bytes of those that are open or wait to be joined
  std::size_t states_[4] RH_GUARDED_BY(mutex_) = {};
};

}  // namespace robohub::media

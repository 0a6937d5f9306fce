// What a capture and its segments are once its video is there.
#include <algorithm>

#include "media/capture_joiner.hpp"

namespace robohub::media {

namespace {

std::string gapText(std::size_t count) {
  return count == 1 ? "One segment is not in the video." : std::to_string(count) + " segments are not in the video.";
}

std::string joinTexts(std::string a, const std::string& b) {
  if (!a.empty() && !b.empty()) a += ' ';
  return a + b;
}

// Of these segments: how many are not in the video.
std::size_t gapsOf(const SegmentRows& rows, const JoinReport& report) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const auto& each) {
    const bool never_came = each.second.file.empty() && each.second.segment.state != SegmentState::joined;
    return never_came || report.refused.contains(each.first);
  }));
}

// What came or went while the worker was at it makes its video the wrong one.
bool sameSegments(const SegmentRows& a, const SegmentRows& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [number, row] : a) {
    const auto at = b.find(number);
    if (at == b.end() || at->second.sha256 != row.sha256) return false;
  }
  return true;
}

}  // namespace

// Row first, then the originals go: a crash in between leaves a little too much, never too little.
CaptureJoiner::Outcome CaptureJoiner::joined(CaptureId id, const SegmentRows& rows, const JoinReport& report,
                                             bool has_still, const std::set<std::uint32_t>& gone) {
  const std::int64_t video_bytes = parts_.files.size(id, kVideoFile) + parts_.files.size(id, kStillFile);
  const bool keep_set = parts_.index.settings().keep_originals;
  auto removed = std::make_shared<std::vector<std::string>>();
  auto changed = std::make_shared<bool>(false);
  const auto how = [=](store::Session& database, Capture& row) -> Status {
    auto now = readSegments(database, id);
    if (!now) return fail(std::move(now.error()));
    if (row.state != CaptureState::joining || !sameSegments(*now, rows)) {
      *changed = true;
      return {};
    }
    const std::size_t gaps = gapsOf(*now, report);
    const bool complete = gaps == 0 && row.message.empty();
    row.bytes = video_bytes;
    for (auto [number, segment] : *now) {
      if (segment.file.empty()) continue;
      const auto refused = report.refused.find(number);
      segment.segment.state = refused == report.refused.end() ? SegmentState::joined : SegmentState::refused;
      segment.segment.message = refused == report.refused.end() ? "" : refused->second;
      if (gone.contains(number)) {
        segment.file.clear();
      } else if (complete && !keep_set) {
        removed->push_back(segment.file);
        segment.file.clear();
      } else {
        row.bytes += segment.segment.bytes;
      }
      if (Status put = putSegment(database, id, segment); !put) return put;
    }
    row.state = CaptureState::ready;
    row.duration_ms = report.duration_ms;
    row.width = report.width;
    row.height = report.height;
    row.message = joinTexts(joinTexts(row.message, gaps > 0 ? gapText(gaps) : ""), report.note);
    if (!has_still) row.message = joinTexts(row.message, "No picture could be taken of it.");
    return {};
  };
  const auto parts = parts_.shared_from_this();
  // The originals that go next are room for the next video already: nothing else goes for it.
  std::int64_t originals = 0;
  const CapturePtr capture = parts->index.find(id);
  if (capture && capture->message.empty() && !keep_set && gapsOf(rows, report) == 0)
    for (const auto& [number, row] : rows)
      if (!row.file.empty() && !gone.contains(number)) originals += row.segment.bytes;
  parts->going += originals;
  const std::shared_ptr<void> leaving(nullptr, [parts, originals](void*) { parts->going -= originals; });
  parts_.amend(
      id, how,
      [this, parts, id, removed, changed, leaving](const Result<CapturePtr>& done) {
        if (!done && done.error().code == ErrorCode::not_found) {
          if (!parts->writers.run(id, [parts, id] { parts->files.removeAll(id); })) return;
        }
        if (!done) {
          Lock lock(mutex_);
          later_.insert(id);
          return;
        }
        if (*changed) {
          if ((*done)->state == CaptureState::joining) add(id);
          return;
        }
        {
          Lock lock(mutex_);
          ++joins_;
        }
        const bool queued = parts->writers.run(id, [parts, id, removed, leaving] {
          parts->step("originals");
          for (const std::string& file : *removed) parts->files.remove(id, file);
          parts->unfinished.clear(id);
        });
        if (!queued) parts->say(false, "originals of capture " + std::to_string(id) + " stay until the next start");
      },
      false);
  return Outcome::done;
}

}  // namespace robohub::media

// The tables captures and capture_segments. Internal to media; inside reads and writes of the caller's.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "media/capture.hpp"
#include "store/session.hpp"

namespace robohub::media {

// What the row of a segment says beyond CaptureSegment.
struct SegmentRow {
  CaptureSegment segment;
  std::string sha256;  // 64 hexadecimal digits; zeros: nothing came
  std::string file;    // its name in the capture's folder; "" once it is deleted, or never was
};
using SegmentRows = std::map<std::uint32_t, SegmentRow>;

// All, in the order of their ids, without their gaps.
Result<std::vector<Capture>> readCaptures(store::Session& database);
// The gaps of captures from `next` on, of as many as one short read takes; then `next` is behind them. A read is
// interrupted after a while, and devices have a say in how many gaps there are.
Status readGaps(store::Session& database, std::vector<Capture>& captures, std::size_t& next);
Result<Capture> readCapture(store::Session& database, CaptureId id);  // not_found
Result<SegmentRows> readSegments(store::Session& database, CaptureId id);

// Whether segments of it are in the video alone: their files were deleted since nothing lacked.
bool originalsAreGone(const SegmentRows& rows);

// The ids of new rows are higher than this one.
Status raiseIds(store::Session& database, CaptureId above);
// The id of the new row, or of the one that has this device and key.
Result<CaptureId> insertCapture(store::Session& database, const CaptureStart& start, std::int64_t now_ms,
                                CaptureState state);
// Everything that may change; not the gaps, which are rows of segments.
Status updateCapture(store::Session& database, const Capture& capture);
Status putSegment(store::Session& database, CaptureId id, const SegmentRow& row);
// Of a capture whose segments' rows go by themselves. False: there was none.
Result<bool> deleteCapture(store::Session& database, CaptureId id);

}  // namespace robohub::media

#include "media/capture_rows.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace robohub::media {

namespace {

constexpr const char* kColumns =
    "id, device, source_key, trigger, started_ms, created_ms, ended_ms, state, bytes, duration_ms, width, height, "
    "message";

CaptureState stateOf(const std::string& text) {
  for (const CaptureState state : {CaptureState::open, CaptureState::joining, CaptureState::ready})
    if (text == toString(state)) return state;
  return CaptureState::failed;
}

SegmentState segmentStateOf(const std::string& text) {
  for (const SegmentState state : {SegmentState::stored, SegmentState::joined})
    if (text == toString(state)) return state;
  return SegmentState::refused;
}

Result<Capture> captureOf(const store::Statement& row) {
  auto device = DeviceId::parse(row.text(1));
  if (!device) return fail(ErrorCode::corrupt, "Capture " + row.text(0) + " has no device that could be one.");
  Capture capture;
  capture.id = row.integer(0);
  capture.device = std::move(*device);
  capture.key = row.text(2);
  capture.trigger = row.text(3);
  capture.started_ms = row.integer(4);
  capture.created_ms = row.integer(5);
  if (row.integer(6) != 0) capture.ended_ms = row.integer(6);
  capture.state = stateOf(row.text(7));
  capture.bytes = row.integer(8);
  capture.duration_ms = row.integer(9);
  capture.width = static_cast<int>(row.integer(10));
  capture.height = static_cast<int>(row.integer(11));
  capture.message = row.text(12);
  return capture;
}

std::string hexOf(const store::Blob& bytes) {
  std::string hex(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  hex.pop_back();
  return hex;
}

using Digest = std::array<std::uint8_t, 32>;
Digest digestOf(const std::string& hex) {
  Digest digest{};
  sodium_hex2bin(digest.data(), digest.size(), hex.data(), hex.size(), nullptr, nullptr, nullptr);
  return digest;
}

}  // namespace

Result<std::vector<Capture>> readCaptures(store::Session& database) {
  auto rows = database.prepare(std::string("SELECT ") + kColumns + " FROM captures ORDER BY id");
  if (!rows) return fail(std::move(rows.error()));
  std::vector<Capture> captures;
  for (;;) {
    auto more = rows->step();
    if (!more) return fail(std::move(more.error()));
    if (!*more) return captures;
    auto capture = captureOf(*rows);
    if (!capture) return fail(std::move(capture.error()));
    captures.push_back(std::move(*capture));
  }
}

Status readGaps(store::Session& database, std::vector<Capture>& captures, std::size_t& next) {
  constexpr std::size_t kCaptures = 16, kGaps = kMaxSegments;
  const std::size_t end = std::min(captures.size(), next + kCaptures);
  for (std::size_t read = 0; next < end && read < kGaps; ++next) {
    // In the order of the table's key: nothing has to be sorted.
    auto gaps =
        database.prepare("SELECT number FROM capture_segments WHERE capture = $1 AND state = 'refused' ORDER BY number",
                         captures[next].id);
    if (!gaps) return fail(std::move(gaps.error()));
    std::vector<std::uint32_t> numbers;
    for (;;) {
      auto more = gaps->step();
      if (!more) return fail(std::move(more.error()));
      if (!*more) break;
      numbers.push_back(static_cast<std::uint32_t>(gaps->integer(0)));
    }
    read += numbers.size();
    captures[next].gaps = std::move(numbers);
  }
  return {};
}

Result<Capture> readCapture(store::Session& database, CaptureId id) {
  auto row = database.prepare(std::string("SELECT ") + kColumns + " FROM captures WHERE id = $1", id);
  if (!row) return fail(std::move(row.error()));
  auto found = row->step();
  if (!found) return fail(std::move(found.error()));
  if (!*found) return fail(ErrorCode::not_found, "There is no capture " + std::to_string(id) + ".");
  auto capture = captureOf(*row);
  if (!capture) return capture;
  auto segments = readSegments(database, id);
  if (!segments) return fail(std::move(segments.error()));
  for (const auto& [number, segment] : *segments)
    if (segment.segment.state == SegmentState::refused) capture->gaps.push_back(number);
  return capture;
}

Result<SegmentRows> readSegments(store::Session& database, CaptureId id) {
  auto rows = database.prepare(
      "SELECT number, bytes, sha256, file, state, message FROM capture_segments WHERE capture = $1 ORDER BY number",
      id);
  if (!rows) return fail(std::move(rows.error()));
  SegmentRows segments;
  for (;;) {
    auto more = rows->step();
    if (!more) return fail(std::move(more.error()));
    if (!*more) return segments;
    const auto number = static_cast<std::uint32_t>(rows->integer(0));
    segments[number] = {
        {number, rows->integer(1), segmentStateOf(rows->text(4)), rows->text(5)}, hexOf(rows->blob(2)), rows->text(3)};
  }
}

bool originalsAreGone(const SegmentRows& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const auto& each) {
    return each.second.segment.state == SegmentState::joined && each.second.file.empty();
  });
}

Result<CaptureId> insertCapture(store::Session& database, const CaptureStart& start, std::int64_t now_ms,
                                CaptureState state) {
  auto row = database.prepare(
      "INSERT INTO captures (device, source_key, trigger, started_ms, created_ms, state) VALUES ($1, $2, $3, $4, $5, "
      "$6) ON CONFLICT (device, source_key) DO UPDATE SET source_key = excluded.source_key RETURNING id",
      start.device.str(), start.key, start.trigger, start.started_ms, now_ms, std::string_view(toString(state)));
  if (!row) return fail(std::move(row.error()));
  auto made = row->step();
  if (!made) return fail(std::move(made.error()));
  const CaptureId id = row->integer(0);
  auto finished = row->step();
  if (!finished) return fail(std::move(finished.error()));
  return id;
}

Status raiseIds(store::Session& database, CaptureId above) {
  // SQLite keeps here what AUTOINCREMENT gave last, from the first row on.
  auto raised = database.run("UPDATE sqlite_sequence SET seq = max(seq, $1) WHERE name = 'captures'", above);
  if (raised && *raised == 0)
    raised = database.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('captures', $1)", above);
  if (!raised) return fail(std::move(raised.error()));
  return {};
}

Status updateCapture(store::Session& database, const Capture& capture) {
  auto done = database.run(
      "UPDATE captures SET ended_ms = $2, state = $3, bytes = $4, duration_ms = $5, width = $6, height = $7, message = "
      "$8 WHERE id = $1",
      capture.id, capture.ended_ms.value_or(0), std::string_view(toString(capture.state)), capture.bytes,
      capture.duration_ms, capture.width, capture.height, capture.message);
  if (!done) return fail(std::move(done.error()));
  return {};
}

Status putSegment(store::Session& database, CaptureId id, const SegmentRow& row) {
  const Digest digest = digestOf(row.sha256);
  auto done = database.run(
      "INSERT INTO capture_segments (capture, number, bytes, sha256, file, state, message) VALUES ($1, $2, $3, $4, $5, "
      "$6, $7) ON CONFLICT (capture, number) DO UPDATE SET bytes = excluded.bytes, sha256 = excluded.sha256, file = "
      "excluded.file, state = excluded.state, message = excluded.message",
      id, row.segment.number, row.segment.bytes, store::Bytes(digest), row.file,
      std::string_view(toString(row.segment.state)), row.segment.message);
  if (!done) return fail(std::move(done.error()));
  return {};
}

Result<bool> deleteCapture(store::Session& database, CaptureId id) {
  auto done = database.run("DELETE FROM captures WHERE id = $1", id);
  if (!done) return fail(std::move(done.error()));
  return *done > 0;
}

}  // namespace robohub::media

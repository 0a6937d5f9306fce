#include "media/captures.hpp"

#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "base/mutex.hpp"
#include "media/capture_joiner.hpp"
#include "media/capture_owner.hpp"
#include "media/segment_upload.hpp"
#include "store/database_id.hpp"

namespace robohub::media {

namespace {

Error ending() {
  return {ErrorCode::unavailable, "The hub is ending.", ""};
}

// Originals that were to go when the hub was killed: their rows have let go of them. Also a segment that has its name
// and no row, which its device sends once more. Where the database is not the one that has let go of them they are set
// aside.
Status removeStrays(const Captures::Parts& parts, CaptureId id, SetAside* aside) {
  const std::vector<std::string> names = parts.files.segments(id);
  if (names.empty()) return {};
  std::set<std::string> known;
  Status read = parts.given.database.readNow([&](store::Session& database) -> Status {
    auto rows = readSegments(database, id);
    if (!rows) return fail(std::move(rows.error()));
    for (const auto& [number, row] : *rows) known.insert(row.file);
    return {};
  });
  if (!read) return read;
  for (const std::string& name : names) {
    if (known.contains(name)) continue;
    if (!aside) {
      parts.files.remove(id, name);
    } else if (Status done = aside->segment(id, name); !done) {
      return done;
    }
  }
  return {};
}

// What a database does not know that is not the folder's own goes out of the way, and its numbers are given to nobody.
Status setUnknownAside(Captures::Parts& parts, const std::string& database_id, const std::set<CaptureId>& known,
                       SetAside& aside) {
  constexpr CaptureId kHighest = 1LL << 50;
  CaptureId highest = 0;
  std::vector<CaptureId> unknown;
  for (const CaptureId id : parts.files.present()) {
    if (known.contains(id)) continue;
    unknown.push_back(id);
    if (id < kHighest) highest = std::max(highest, id);
  }
  Status done;
  if (highest > 0)
    done = parts.given.database.writeNow([highest](store::Session& database) { return raiseIds(database, highest); });
  for (const CaptureId id : unknown)
    if (done) done = aside.capture(id);
  if (done) done = aside.sync();
  if (done) done = mark(parts.files, database_id);
  return done;
}

// What a sender holds. Letting go of it abandons what is not finished.
class Writer final : public SegmentWriter {
 public:
  explicit Writer(std::shared_ptr<SegmentUpload> upload) : upload_(std::move(upload)) {}
  ~Writer() override {
    if (!finished_) abandon();
  }
  bool write(std::string_view bytes, std::uint64_t offset) override { return upload_->write(bytes, offset); }
  void finish(std::function<void(Status)> done) override {
    finished_ = true;
    upload_->finish(std::move(done));
  }
  void abandon() override { upload_->cancel({ErrorCode::unavailable, "The sender has given up.", ""}); }

 private:
  const std::shared_ptr<SegmentUpload> upload_;
  bool finished_ = false;
};

}  // namespace

Result<std::unique_ptr<Captures>> Captures::open(CaptureParts given, CaptureSettings settings) {
  auto parts = std::make_shared<Parts>(std::move(given), settings);
  if (Status made = parts->files.makeFolder(); !made) return fail(made.error());
  std::vector<Capture> captures;
  std::string database_id;
  Status read = parts->given.database.readNow([&](store::Session& database) -> Status {
    auto rows = readCaptures(database);
    if (!rows) return fail(std::move(rows.error()));
    captures = std::move(*rows);
    auto found = store::databaseId(database);
    if (!found) return fail(std::move(found.error()));
    database_id = std::move(*found);
    return {};
  });
  for (std::size_t next = 0; read && next < captures.size();)
    read = parts->given.database.readNow([&](store::Session& database) { return readGaps(database, captures, next); });
  if (!read) return fail(read.error());
  const bool ours = isMarked(parts->files, database_id);
  SetAside aside(parts->files, parts->given.clock.wall());
  Status all_aside;
  std::set<CaptureId> known;
  const MonoTime now = parts->given.clock.now();
  for (Capture& capture : captures) {
    known.insert(capture.id);
    const CaptureId id = capture.id;
    const CaptureState state = capture.state;
    const bool recording = capture.trigger == "record";
    if (state == CaptureState::open && !recording) parts->unfinished.find(capture);
    parts->index.put(std::move(capture), now);
    if (state != CaptureState::open) parts->files.removeParts(id);
    // The segment of a recording that was cut gets its row yet.
    if (state != CaptureState::open || (!ours && !recording)) {
      Status tidy = removeStrays(*parts, id, ours ? nullptr : &aside);
      if (!tidy && ours) return fail(tidy.error());
      if (!tidy) all_aside = std::move(tidy);
    }
    if (state == CaptureState::joining) parts->cut_joins.push_back(id);
    if (state == CaptureState::open && recording) parts->cut_recordings.push_back(id);
  }
  if (ours) {
    // A deletion was cut between the row and the files.
    for (const CaptureId id : parts->files.present())
      if (!known.contains(id)) parts->files.removeAll(id);
  } else {
    if (all_aside) all_aside = setUnknownAside(*parts, database_id, known, aside);
    // Without its mark the folder is looked at again at the next start.
    if (!all_aside) parts->say(true, "captures that this database does not know: " + all_aside.error().message);
  }
  if (!aside.folder().empty()) {
    parts->set_aside = aside.captures();
    parts->set_aside_folder = aside.folder();
    parts->say(true, "the folder of captures was another database's: what this one does not know was set aside in " +
                         aside.folder().string() + " (captures: " + std::to_string(aside.captures()) + ")");
  }
  return std::unique_ptr<Captures>(new Captures(std::move(parts)));
}

Captures::~Captures() {
  end();
}

void Captures::onChange(std::function<void(const CapturePtr&)> changed,
                        std::function<void(const DeviceId&, CaptureId)> gone) {
  parts_->told = std::move(changed);
  parts_->told_gone = std::move(gone);
  for (const CaptureId id : std::exchange(parts_->cut_joins, {})) parts_->joiner->add(id);
  for (const CaptureId id : std::exchange(parts_->cut_recordings, {})) parts_->endCutRecording(id);
}

void Captures::configure(const CaptureSettings& settings) {
  parts_->index.configure(settings);
  tick();
}

void Captures::tick() {
  if (parts_->ended) return;
  const CaptureSettings settings = parts_->index.settings();
  const MonoTime now = parts_->given.clock.now();
  for (const CaptureId id : parts_->index.silent(now - settings.idle)) {
    const CapturePtr capture = parts_->index.find(id);
    if (!capture || parts_->isRecorded(id)) continue;
    if (capture->trigger != "record") {
      parts_->conclude(id, {}, true, [](Status) {});
      continue;
    }
    parts_->index.heard(id, now);  // it is long, so not read again each minute
    // Its disk may hang, and whoever calls may be a loop. Not queued: it comes again.
    (void)parts_->writers.run(id, [parts = parts_, id] { parts->endCutRecording(id); });
  }
  if (settings.keep > Duration::zero() && parts_->clockIsSteady())
    for (const CaptureId id : parts_->index.old(now - settings.keep, parts_->nowMs() - toMs(settings.keep)))
      if (const CapturePtr capture = parts_->index.remove(id)) parts_->drop(capture, {}, [](Status) {});
  parts_->shrink();
  parts_->joiner->again();
}

void Captures::end() {
  if (parts_->ended.exchange(true)) return;
  parts_->joiner->end();
  parts_->writers.end();
  parts_->readers.end();
}

// ---- sources ------------------------------------------------------------------------------------------------------

void Captures::begin(CaptureStart start, std::function<void(Result<CaptureId>)> done) {
  if (Status good = checkStart(start); !good) return done(fail(good.error()));
  if (const CapturePtr known = parts_->index.find(start.device, start.key)) return done(known->id);
  if (Status may = parts_->mayBegin(start.device); !may) return done(fail(may.error()));
  if (Status room = parts_->reserve(start.device, 0, 1); !room) return done(fail(room.error()));
  auto made = std::make_shared<Capture>();
  parts_->step("begin");
  parts_->given.database.write(
      [start, made, now_ms = parts_->nowMs()](store::Session& database) -> Status {
        auto id = insertCapture(database, start, now_ms, CaptureState::open);
        if (!id) return fail(std::move(id.error()));
        auto capture = readCapture(database, *id);
        if (!capture) return fail(std::move(capture.error()));
        *made = std::move(*capture);
        return {};
      },
      [parts = parts_, made, done = std::move(done)](const Status& status) {
        if (!status) return done(fail(status.error()));
        const CaptureId id = made->id;
        if (!parts->index.find(id)) {
          parts->index.put(*made, parts->given.clock.now());
          parts->publish(parts->index.find(id));
        }
        parts->step("begun");
        done(id);
      });
}

std::shared_ptr<SegmentWriter> Captures::segment(CaptureId id, SegmentStart start, SegmentWriter::Progress progress) {
  Status good = checkSegment(start);
  if (good && parts_->ended) good = fail(ending());
  const std::uint32_t number = start.number;
  auto upload = std::make_shared<SegmentUpload>(parts_, id, std::move(start), good ? progress : nullptr);
  auto writer = std::make_shared<Writer>(upload);
  if (!good) {
    upload->cancel(good.error());
    progress(fail(good.error()));
    return writer;
  }
  std::shared_ptr<SegmentUpload> older;
  {
    Lock lock(parts_->mutex);
    std::erase_if(parts_->uploads, [](const auto& each) { return each.second.expired(); });
    auto& place = parts_->uploads[{id, number}];
    older = place.lock();
    place = upload;
  }
  if (older) older->replace();
  upload->begin();
  return writer;
}

void Captures::end(CaptureId id, std::optional<std::uint32_t> segments, Done done) {
  if (segments && *segments > kMaxSegments)
    return done(fail(ErrorCode::invalid_argument,
                     "A capture has at most " + std::to_string(kMaxSegments) + " segments.", "/segments"));
  if (!parts_->index.find(id))
    return done(fail(ErrorCode::not_found, "There is no capture " + std::to_string(id) + "."));
  parts_->conclude(id, segments, false, std::move(done));
}

// ---- readers ------------------------------------------------------------------------------------------------------

CapturePtr Captures::find(CaptureId id) const {
  return parts_->index.find(id);
}

CaptureList Captures::list(const CaptureQuery& query, const std::function<bool(const Capture&)>& visible) const {
  return parts_->index.list(query, visible);
}

void Captures::segments(CaptureId id, std::function<void(Result<std::vector<CaptureSegment>>)> done) const {
  auto found = std::make_shared<std::vector<CaptureSegment>>();
  parts_->given.database.read(
      [id, found](store::Session& database) -> Status {
        auto rows = readSegments(database, id);
        if (!rows) return fail(std::move(rows.error()));
        for (auto& [number, row] : *rows) found->push_back(std::move(row.segment));
        return {};
      },
      [found, done = std::move(done)](const Status& status) {
        if (!status) return done(fail(status.error()));
        done(std::move(*found));
      });
}

void Captures::erase(CaptureId id, identity::Actor by, Done done) {
  const CapturePtr capture = parts_->index.remove(id);
  if (!capture) return done(fail(ErrorCode::not_found, "There is no capture " + std::to_string(id) + "."));
  const identity::AuditEntry entry{std::move(by), "capture.delete", "capture:" + std::to_string(id),
                                   identity::Outcome::ok,
                                   "{\"device\":" + json::quote(capture->device.str()) +
                                       ",\"started_ms\":" + std::to_string(capture->started_ms) + "}"};
  parts_->drop(capture, entry, std::move(done));
}

CaptureFigures Captures::figures() const {
  CaptureFigures figures = parts_->index.figures();
  figures.segments_total = parts_->segments_total;
  figures.segment_bytes_total = parts_->segment_bytes_total;
  figures.refused_total = parts_->refused_total;
  figures.refused_ms = parts_->refused_ms;
  figures.set_aside = parts_->set_aside;
  figures.set_aside_folder = parts_->set_aside_folder;
  parts_->joiner->figures(figures);
  return figures;
}

}  // namespace robohub::media

#include "agent/capture_outbox.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <tuple>

#include "base/json.hpp"
#include "plugin/sha256.hpp"
#include "plugin/state_file.hpp"
#include "process/file_descriptor.hpp"

namespace robohub::agent {
namespace {

using process::FileDescriptor;
namespace fs = std::filesystem;

constexpr char kMark = '~';  // no key may hold it

Error troubled(const fs::path& path, int error) {
  return {error == EACCES || error == EPERM ? ErrorCode::permission_denied : ErrorCode::internal,
          "Captures cannot be kept: " + std::string(std::strerror(error)) + ".", path.string()};
}

// Of what cannot be opened: nothing that is said of the file itself.
bool isPassing(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
}

Status makeFolder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail(troubled(folder, errno));
  struct stat facts {};
  if (::lstat(folder.c_str(), &facts) != 0) return fail(troubled(folder, errno));
  if (!S_ISDIR(facts.st_mode)) return fail(ErrorCode::internal, "This is no folder.", folder.string());
  return {};
}

// "key~7.mp4"
bool readSegmentName(const std::string& name, OutboxSegment& segment) {
  const auto mark = name.find(kMark), dot = name.rfind('.');
  if (mark == std::string::npos || dot == std::string::npos || dot < mark) return false;
  segment.key = name.substr(0, mark);
  segment.format = name.substr(dot + 1);
  const char* end = name.data() + dot;
  const auto read = std::from_chars(name.data() + mark + 1, end, segment.number);
  return read.ec == std::errc() && read.ptr == end && segment.number < plugin::kMaxSegments &&
         plugin::isPlainName(segment.key, plugin::kMaxCaptureKey) &&
         (segment.format == "mp4" || segment.format == "ts");
}

struct Record {
  OutboxCapture capture;
  std::uint64_t order = 0;
};

Result<Record> readRecord(const fs::path& file) {
  auto text = plugin::loadState(file);
  if (!text) return fail(text.error());
  auto object = json::parseObject(*text);
  if (!object) return fail(object.error());
  const auto key = json::getString(**object, "key"), trigger = json::getString(**object, "trigger");
  const auto started = json::getInt(**object, "started_ms"), segments = json::getInt(**object, "segments");
  const auto ended = json::getBool(**object, "ended");
  if (!key || !trigger || !started || !segments || !ended || *segments < 0 || *segments > plugin::kMaxSegments)
    return fail(ErrorCode::corrupt, "The record of a capture cannot be read.", file.string());
  OutboxCapture capture{*key, *trigger, *started, *ended, static_cast<std::uint32_t>(*segments)};
  if (auto good = plugin::checkSegment({capture.key, capture.trigger, capture.started_ms, 0, "0.mp4"}); !good)
    return fail(good.error());
  // An older agent has written none.
  const std::int64_t order = json::getInt(**object, "order").value_or(0);
  return Record{std::move(capture), static_cast<std::uint64_t>(std::max<std::int64_t>(order, 0))};
}

}  // namespace

Result<CaptureOutbox> CaptureOutbox::open(const fs::path& folder, std::uint64_t max_bytes) {
  CaptureOutbox outbox(folder, max_bytes);
  if (auto made = makeFolder(folder); !made) return fail(made.error());
  if (auto made = makeFolder(outbox.spool()); !made) return fail(made.error());
  if (auto read = outbox.scan(); !read) return fail(read.error());
  return outbox;
}

Status CaptureOutbox::scan() {
  std::error_code ec;
  std::vector<OutboxSegment> found;
  for (const auto& entry : fs::directory_iterator(folder_, ec)) {
    const std::string name = entry.path().filename().string();
    struct stat facts {};
    if (::lstat(entry.path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    OutboxSegment segment;
    if (name.ends_with("~.json")) {
      auto record = readRecord(entry.path());
      if (!record || record->capture.key + "~.json" != name) continue;
      newest_order_ = std::max(newest_order_, record->order);
      auto& kept = kept_[record->capture.key];
      kept.order = record->order;
      kept.capture = std::move(record->capture);
    } else if (readSegmentName(name, segment)) {
      segment.bytes = static_cast<std::uint64_t>(facts.st_size);
      found.push_back(std::move(segment));
    }
  }
  if (ec) return fail(troubled(folder_, ec.value()));
  for (auto& segment : found) {
    // The record comes first, so a segment without one is what a damaged disk has left: nobody could say what it is of.
    const auto kept = kept_.find(segment.key);
    if (kept == kept_.end()) continue;
    bytes_ += segment.bytes;
    kept->second.segments[segment.number] = std::move(segment);
  }
  return {};
}

std::vector<const CaptureOutbox::Kept*> CaptureOutbox::inOrder() const {
  std::vector<const Kept*> all;
  for (const auto& [key, kept] : kept_) all.push_back(&kept);
  std::sort(all.begin(), all.end(), [](const Kept* a, const Kept* b) {
    return std::tie(a->order, a->capture.started_ms, a->capture.key) <
           std::tie(b->order, b->capture.started_ms, b->capture.key);
  });
  return all;
}

std::vector<OutboxCapture> CaptureOutbox::captures() const {
  std::vector<OutboxCapture> all;
  for (const auto* kept : inOrder()) all.push_back(kept->capture);
  return all;
}

std::vector<OutboxSegment> CaptureOutbox::segments() const {
  std::vector<OutboxSegment> all;
  for (const auto* kept : inOrder())
    for (const auto& [number, segment] : kept->segments) all.push_back(segment);
  return all;
}

fs::path CaptureOutbox::fileOf(const OutboxSegment& segment) const {
  return folder_ / (segment.key + kMark + std::to_string(segment.number) + "." + segment.format);
}

const OutboxSegment* CaptureOutbox::find(const std::string& key, std::uint32_t number) const {
  const auto kept = kept_.find(key);
  if (kept == kept_.end()) return nullptr;
  const auto segment = kept->second.segments.find(number);
  return segment == kept->second.segments.end() ? nullptr : &segment->second;
}

Status CaptureOutbox::write(const OutboxCapture& capture, std::uint64_t order) const {
  json::Object object;
  object.set("key", capture.key);
  object.set("trigger", capture.trigger);
  object.set("started_ms", capture.started_ms);
  object.set("ended", capture.ended);
  object.set("segments", static_cast<std::int64_t>(capture.segments));
  object.set("order", static_cast<std::int64_t>(order));
  return plugin::saveState(folder_ / (capture.key + kMark + ".json"), json::write(object));
}

Status CaptureOutbox::sync() const {
  const FileDescriptor fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail(troubled(folder_, errno));
  return {};
}

std::vector<OutboxSegment> CaptureOutbox::makeRoom(std::uint64_t bytes) {
  std::vector<OutboxSegment> dropped;
  if (bytes_ + bytes <= max_bytes_) return dropped;
  for (const auto& segment : segments()) {
    if (bytes_ + bytes <= max_bytes_) break;
    dropped.push_back(segment);
    remove(segment);
  }
  return dropped;
}

Result<CaptureOutbox::Taken> CaptureOutbox::take(const plugin::CaptureSegment& handed) {
  if (auto good = plugin::checkSegment(handed); !good) return fail(good.error());
  const FileDescriptor spool_fd(::open(spool().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!spool_fd) return fail(troubled(spool(), errno));
  const fs::path place = spool() / handed.file;
  // Not blocking: it may be a pipe that nobody writes to.
  const FileDescriptor file(
      ::openat(spool_fd.get(), handed.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  const auto refuse = [&](ErrorCode code, const std::string& sentence) -> Result<Taken> {
    ::unlinkat(spool_fd.get(), handed.file.c_str(), 0);
    return fail(code, sentence, place.string());
  };
  if (!file && errno == ENOENT) return fail(ErrorCode::not_found, "There is no such segment.", place.string());
  if (!file && isPassing(errno)) return fail(troubled(place, errno));
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
    return refuse(ErrorCode::invalid_argument, "A segment must be a regular file.");
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  if (size == 0) return refuse(ErrorCode::invalid_argument, "A segment is empty.");
  if (size > max_bytes_) return refuse(ErrorCode::too_large, "A segment is larger than captures.max_bytes.");
  if (::fsync(file.get()) != 0) return fail(troubled(place, errno));

  Taken taken;
  const auto before = kept_.find(handed.key);
  // The same capture goes on, whatever was said of its end before.
  taken.capture = before != kept_.end() ? before->second.capture
                                        : OutboxCapture{handed.key, handed.trigger, handed.started_ms, false, 0};
  const std::uint64_t order = before != kept_.end() ? before->second.order : ++newest_order_;
  taken.capture.segments = std::max(taken.capture.segments, handed.number + 1);
  taken.segment = {handed.key, handed.number, size, handed.file.ends_with(".ts") ? "ts" : "mp4", ++versions_};
  if (const auto* former = find(handed.key, handed.number)) remove(OutboxSegment(*former));
  taken.dropped = makeRoom(size);
  if (before == kept_.end() || before->second.capture != taken.capture)
    if (auto written = write(taken.capture, order); !written) return fail(written.error());
  const fs::path kept = fileOf(taken.segment);
  if (::renameat(spool_fd.get(), handed.file.c_str(), AT_FDCWD, kept.c_str()) != 0) return fail(troubled(place, errno));
  if (auto synced = sync(); !synced) {
    // Back to where it is looked for when it is tried again.
    (void)::renameat(AT_FDCWD, kept.c_str(), spool_fd.get(), handed.file.c_str());
    return fail(synced.error());
  }
  auto& entry = kept_[handed.key];
  entry.capture = taken.capture;
  entry.order = order;
  entry.segments[handed.number] = taken.segment;
  bytes_ += size;
  return taken;
}

Result<OutboxCapture> CaptureOutbox::end(const std::string& key, std::uint32_t segments) {
  const auto kept = kept_.find(key);
  if (kept == kept_.end()) return fail(ErrorCode::not_found, "Of this capture no segment has come.", key);
  OutboxCapture ended = kept->second.capture;
  ended.ended = true;
  ended.segments = std::max(segments, kept->second.segments.empty() ? 0 : kept->second.segments.rbegin()->first + 1);
  if (auto written = write(ended, kept->second.order); !written) return fail(written.error());
  kept->second.capture = ended;
  return ended;
}

std::vector<OutboxCapture> CaptureOutbox::endAll() {
  std::vector<OutboxCapture> changed;
  for (const auto& capture : captures()) {
    if (capture.ended) continue;
    if (auto ended = end(capture.key, capture.segments)) changed.push_back(*ended);
  }
  return changed;
}

Result<std::string> CaptureOutbox::sha256(const std::string& key, std::uint32_t number) const {
  const auto* segment = find(key, number);
  if (segment == nullptr) return fail(ErrorCode::not_found, "This segment is not kept any more.", key);
  const fs::path path = fileOf(*segment);
  auto sha256 = plugin::sha256HexOfFile(path);
  std::error_code unknown;
  if (!sha256 && (fs::exists(path, unknown) || unknown)) sha256.error().code = ErrorCode::unavailable;
  return sha256;
}

Result<std::string> CaptureOutbox::read(const std::string& key, std::uint32_t number, std::uint64_t offset,
                                        std::size_t bytes) const {
  const auto* segment = find(key, number);
  if (segment == nullptr) return fail(ErrorCode::not_found, "This segment is not kept any more.", key);
  const fs::path path = fileOf(*segment);
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT)
    return fail(ErrorCode::not_found, "A segment is not on the disk any more.", path.string());
  const auto unread = [&path](int error) {
    return fail(ErrorCode::unavailable, "A segment cannot be read: " + std::string(std::strerror(error)) + ".",
                path.string());
  };
  if (!file) return unread(errno);
  const std::uint64_t left = segment->bytes - std::min(segment->bytes, offset);
  std::string out(static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes)), '\0');
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t n = ::pread(file.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unread(errno);
    if (n == 0) return fail(ErrorCode::corrupt, "A segment is shorter than it was.", path.string());
    done += static_cast<std::size_t>(n);
  }
  return out;
}

// Of one that is here.
void CaptureOutbox::remove(const OutboxSegment& segment) {
  // Not synced: a removal that a power cut undoes is a segment that is sent again, and stored once.
  ::unlink(fileOf(segment).c_str());
  bytes_ -= segment.bytes;
  kept_.at(segment.key).segments.erase(segment.number);
}

void CaptureOutbox::removeSegment(const std::string& key, std::uint32_t number, std::uint64_t version) {
  const auto* segment = find(key, number);
  if (segment != nullptr && segment->version == version) remove(OutboxSegment(*segment));
}

void CaptureOutbox::removeCapture(const std::string& key) {
  const auto kept = kept_.find(key);
  if (kept == kept_.end() || !kept->second.segments.empty()) return;
  ::unlink((folder_ / (key + kMark + ".json")).c_str());
  kept_.erase(kept);
}

}  // namespace robohub::agent

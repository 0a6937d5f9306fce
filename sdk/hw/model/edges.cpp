#include "hw/model/edges.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "hw/descriptor.hpp"
#include "hw/io_status.hpp"

namespace rh::hw::model {
namespace {

constexpr std::uint32_t kOpen = 0;
constexpr std::uint32_t kClosed = 1;

struct ProcessState {
  char state = 'X';
  std::uint64_t start = 0;
};

// State and start time from /proc/PID/stat. The command's name stands in parentheses and may hold anything, so the
// fields are counted from the last ')'. Source: proc(5).
ProcessState processState(std::int64_t pid) {
  ProcessState result;
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%lld/stat", static_cast<long long>(pid));
  const Descriptor fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return result;
  char text[1024];
  const ssize_t size = ::read(fd.get(), text, sizeof text - 1);
  if (size <= 0) return result;
  const std::string stat(text, static_cast<std::size_t>(size));
  std::size_t at = stat.rfind(')');
  if (at == std::string::npos || at + 2 >= stat.size()) return result;
  at += 2;
  result.state = stat[at];
  for (int field = 3; field < 22; ++field) {
    at = stat.find(' ', at);
    if (at == std::string::npos) return result;
    ++at;
  }
  result.start = std::strtoull(stat.c_str() + at, nullptr, 10);
  return result;
}

bool ownerLives(const EdgesHeader& header) {
  if (header.state.load(std::memory_order_acquire) != kOpen) return false;
  const ProcessState owner = processState(header.owner_pid);
  return owner.start == header.owner_start && owner.state != 'Z' && owner.state != 'X';
}

std::size_t fileSize(std::uint32_t capacity) {
  return sizeof(EdgesHeader) + capacity * sizeof(EdgeRecord);
}

// Maps a file that is one of ours; nullptr with errno else. `size` is set.
void* mapFile(int fd, int protection, std::size_t& size) {
  struct stat info {};
  if (::fstat(fd, &info) < 0) return nullptr;
  size = static_cast<std::size_t>(info.st_size);
  errno = EILSEQ;
  if (size < sizeof(EdgesHeader)) return nullptr;
  void* map = ::mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return nullptr;
  const auto* header = static_cast<const EdgesHeader*>(map);
  if (header->magic == kEdgesMagic && header->capacity > 0 && size == fileSize(header->capacity)) return map;
  ::munmap(map, size);
  errno = EILSEQ;
  return nullptr;
}

Descriptor createFile(const std::string& path) {
  std::string temporary = path + ".XXXXXX";
  Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) throw OpenError(IoStatus(errno, "Creating " + temporary));
  const std::uint32_t capacity = EdgeRecorder::kCapacity;
  const std::uint32_t state = kClosed;
  const bool made = ::fchmod(fd.get(), 0644) == 0 &&
                    ::ftruncate(fd.get(), static_cast<off_t>(fileSize(capacity))) == 0 &&
                    ::pwrite(fd.get(), &capacity, sizeof capacity, 8) == sizeof capacity &&
                    ::pwrite(fd.get(), &state, sizeof state, 12) == sizeof state &&
                    ::pwrite(fd.get(), &kEdgesMagic, sizeof kEdgesMagic, 0) == sizeof kEdgesMagic &&
                    ::rename(temporary.c_str(), path.c_str()) == 0;
  if (made) return fd;
  const IoStatus status(errno, "Writing " + path);
  ::unlink(temporary.c_str());
  throw OpenError(status);
}

}  // namespace

std::int64_t monotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

EdgeRecorder::EdgeRecorder(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid() && errno != ENOENT) throw OpenError(IoStatus(errno, "Opening " + path));
  if (!fd.valid()) fd = createFile(path);
  void* map = mapFile(fd.get(), PROT_READ | PROT_WRITE, size_);
  if (map == nullptr) throw OpenError(IoStatus(errno, "Mapping " + path + " as an edges file"));
  header_ = static_cast<EdgesHeader*>(map);
  if (ownerLives(*header_)) {
    const IoStatus status(EBUSY, path + " belongs to process " + std::to_string(header_->owner_pid));
    ::munmap(map, size_);
    throw OpenError(status);
  }
  records_ = reinterpret_cast<EdgeRecord*>(header_ + 1);
  header_->owner_pid = ::getpid();
  header_->owner_start = processState(::getpid()).start;
  header_->state.store(kOpen, std::memory_order_release);
}

EdgeRecorder::~EdgeRecorder() {
  header_->state.store(kClosed, std::memory_order_release);
  ::munmap(header_, size_);
}

void EdgeRecorder::record(std::uint32_t output, std::uint32_t value) {
  const std::uint64_t count = header_->count.load(std::memory_order_relaxed);
  records_[count % header_->capacity] = EdgeRecord{monotonicNs(), output, value};
  header_->count.store(count + 1, std::memory_order_release);
}

EdgeReader::EdgeReader(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) throw OpenError(IoStatus(errno, "Opening " + path));
  const void* map = mapFile(fd.get(), PROT_READ, size_);
  if (map == nullptr) throw OpenError(IoStatus(errno, "Mapping " + path + " as an edges file"));
  header_ = static_cast<const EdgesHeader*>(map);
  records_ = reinterpret_cast<const EdgeRecord*>(header_ + 1);
}

EdgeReader::~EdgeReader() {
  ::munmap(const_cast<EdgesHeader*>(header_), size_);
}

std::vector<EdgeRecord> EdgeReader::next() {
  std::vector<EdgeRecord> found;
  const std::uint64_t count = header_->count.load(std::memory_order_acquire);
  // Half a ring of margin: a slot that the writer may be overwriting right now is never read.
  const std::uint64_t oldest = count > header_->capacity / 2 ? count - header_->capacity / 2 : 0;
  if (read_ < oldest) {
    missed_ += oldest - read_;
    read_ = oldest;
  }
  for (; read_ < count; ++read_) found.push_back(records_[read_ % header_->capacity]);
  return found;
}

bool EdgeReader::ownerAlive() const {
  return ownerLives(*header_);
}

}  // namespace rh::hw::model

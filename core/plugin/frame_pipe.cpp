#include "plugin/frame_pipe.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "plugin/packet.hpp"

namespace robohub::plugin {
namespace {

constexpr std::size_t kHeadBytes = 16;
constexpr int kReadsAtOnce = 8;  // then the caller's other sockets get their turn

}  // namespace

FrameWriter::FrameWriter(int socket) : socket_(socket), thread_([this] { run(); }) {}

FrameWriter::~FrameWriter() {
  {
    Lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  shutdown(socket_, SHUT_RDWR);
  thread_.join();
}

void FrameWriter::put(std::string_view stream, std::string_view frame, std::int64_t t_ns, std::size_t kept) {
  char head[kHeadBytes] = {};
  const auto size = static_cast<std::uint32_t>(frame.size());
  head[0] = static_cast<char>(stream.size());
  std::memcpy(head + 4, &size, sizeof size);
  std::memcpy(head + 8, &t_ns, sizeof t_ns);
  std::string message(head, sizeof head);
  message.reserve(kHeadBytes + stream.size() + frame.size());
  message.append(stream).append(frame);
  {
    Lock lock(mutex_);
    auto& waiting = waiting_[std::string(stream)];
    while (waiting.size() >= kept) waiting.pop_front();
    waiting.push_back(std::move(message));
  }
  wake_.notify_all();
}

void FrameWriter::run() {
  std::string last;
  Lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this]() RH_REQUIRES(mutex_) { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    // By turns: a stream that always has something would else keep the others silent.
    auto at = waiting_.upper_bound(last);
    if (at == waiting_.end()) at = waiting_.begin();
    last = at->first;
    const std::string message = std::move(at->second.front());
    at->second.pop_front();
    if (at->second.empty()) waiting_.erase(at);
    lock.unlock();
    const bool ok = writeAll(message);
    lock.lock();
    if (!ok) return;
  }
}

bool FrameWriter::writeAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool FrameReader::read(int socket, const Take& take) {
  for (int reads = 0; reads < kReadsAtOnce;) {
    char* into = nullptr;
    std::size_t room = 0;
    if (head_.size() < kHeadBytes) {
      char head[kHeadBytes];
      const ssize_t n = recv(socket, head, kHeadBytes - head_.size(), 0);
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      if (n == 0) return false;
      ++reads;  // frames of nothing count too: one who sends them without an end must not keep the caller
      head_.append(head, static_cast<std::size_t>(n));
      if (head_.size() < kHeadBytes) continue;
      std::uint32_t size = 0;
      std::memcpy(&size, head_.data() + 4, sizeof size);
      std::memcpy(&t_ns_, head_.data() + 8, sizeof t_ns_);
      if (size > kMaxFrameBytes) return false;
      stream_.assign(static_cast<unsigned char>(head_[0]), '\0');
      frame_.assign(size, '\0');
      have_ = 0;
    }
    if (have_ < stream_.size()) {
      into = stream_.data() + have_;
      room = stream_.size() - have_;
    } else {
      into = frame_.data() + (have_ - stream_.size());
      room = frame_.size() - (have_ - stream_.size());
    }
    if (room > 0) {
      const ssize_t n = recv(socket, into, room, 0);
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      if (n == 0) return false;
      have_ += static_cast<std::size_t>(n);
      ++reads;
    }
    if (have_ == stream_.size() + frame_.size()) {
      take(std::move(stream_), std::move(frame_), t_ns_);
      head_.clear();
    }
  }
  return true;
}

}  // namespace robohub::plugin

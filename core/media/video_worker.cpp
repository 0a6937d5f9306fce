#include "media/video_worker.hpp"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "media/worker_words.hpp"

namespace robohub::media {

namespace {

using process::FileDescriptor;
constexpr Duration kLookEvery = std::chrono::milliseconds(200);
constexpr std::int64_t kMost = 1LL << 50;

std::string_view word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view first = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return first;
}

std::optional<std::int64_t> number(std::string_view& text) {
  const std::string_view digits = word(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0 || value > kMost) return std::nullopt;
  return value;
}

// Of somebody whom a hostile video may have taken over: printable, and not long.
std::string sentence(std::string_view text) {
  std::string clean;
  for (const char each : text.substr(0, 300)) clean.push_back(each >= ' ' && each < 0x7f ? each : '?');
  return clean;
}

Error broken(const std::string& why) {
  return {ErrorCode::internal, "The program that reads videos " + why + ".", ""};
}

// By somebody who ends the hub, or the machine; it has not broken.
bool wasTold(const process::Exit& exit) {
  return exit.signalled && (exit.code == SIGTERM || exit.code == SIGINT || exit.code == SIGQUIT || exit.code == SIGHUP);
}

Result<process::Child> spawn(const std::filesystem::path& program, std::string_view mode, std::int64_t cpu_s,
                             std::int64_t memory_bytes, std::int64_t output_bytes, std::vector<int> descriptors) {
  process::Spawn spawn;
  spawn.program = program;
  spawn.arguments = {std::string(mode), std::to_string(cpu_s), std::to_string(memory_bytes),
                     std::to_string(output_bytes)};
  spawn.descriptors = std::move(descriptors);
  auto child = process::Child::spawn(spawn);
  if (!child)
    return fail(ErrorCode::unavailable,
                "The program " + program.string() + " cannot be started: " + child.error().message);
  return child;
}

}  // namespace

Result<JoinReport> readEnding(std::string_view text) {
  const std::string_view what = word(text);
  if (what == words::kDone) {
    const auto ms = number(text), width = number(text), height = number(text);
    if (!ms || !width || !height || *width > 16384 || *height > 16384) return fail(broken("said what it may not say"));
    JoinReport report;
    report.duration_ms = *ms;
    report.width = static_cast<int>(*width);
    report.height = static_cast<int>(*height);
    report.note = sentence(text);
    return report;
  }
  if (what != words::kFailed) return fail(broken("said what it may not say"));
  const std::string_view code = word(text);
  return fail(code == words::kInput     ? ErrorCode::invalid_argument
              : code == words::kSegment ? ErrorCode::corrupt
              : code == words::kFull    ? ErrorCode::exhausted
                                        : ErrorCode::internal,
              sentence(text));
}

VideoWorker::VideoWorker(std::filesystem::path program, WorkerLimits limits)
    : program_(std::move(program)), limits_(limits) {}

Result<JoinReport> VideoWorker::join(const std::vector<JoinInput>& inputs, int output,
                                     std::optional<std::uint32_t>& reading) {
  return work(words::kJoin, inputs, output, reading);
}

Result<JoinReport> VideoWorker::still(const JoinInput& video, int output, std::optional<std::uint32_t>& reading) {
  return work(words::kStill, {video}, output, reading);
}

Result<JoinReport> VideoWorker::work(std::string_view mode, const std::vector<JoinInput>& inputs, int output,
                                     std::optional<std::uint32_t>& reading) {
  std::int64_t bytes = 0;
  for (const JoinInput& input : inputs) bytes += input.bytes;
  const auto limitFor = [this](std::int64_t of_bytes) {
    return limits_.shortest + std::chrono::seconds(of_bytes / limits_.bytes_per_second);
  };
  const Duration cpu = limits_.shortest + std::chrono::seconds(bytes / limits_.bytes_per_cpu_second);
  auto pair = process::socketPair(process::SocketKind::packets, 64 * 1024);
  if (!pair) return fail(ErrorCode::unavailable, pair.error().message);
  constexpr std::int64_t kIndexBytes = 64LL << 20;  // what a joined file may have beyond its segments
  auto child = spawn(program_, mode, std::chrono::duration_cast<std::chrono::seconds>(cpu).count(),
                     limits_.memory_bytes, bytes + bytes / 8 + kIndexBytes, {pair->theirs.get(), output});
  if (!child) return fail(std::move(child.error()));
  pair->theirs.reset();

  JoinReport told;
  std::size_t next = 0;
  // One segment that hangs is to blame; a disk that is slow for all of them is not any segment's fault.
  auto until = std::chrono::steady_clock::now() + limits_.shortest;
  const auto at_most = std::chrono::steady_clock::now() + 2 * limitFor(bytes);
  for (;;) {
    if (stopping_) return fail(ErrorCode::unavailable, "The hub is ending.");
    const auto now = std::chrono::steady_clock::now();
    if (now > at_most && now <= until) reading.reset();
    if (now > until || now > at_most) return fail(broken("took too long"));
    auto packet = process::receivePacket(pair->ours.get(), kLookEvery);
    if (!packet && packet.error().code == ErrorCode::timeout) continue;
    if (!packet) return fail(broken("said what it may not say"));
    if (packet->end) {
      const auto exit = child->wait(std::chrono::seconds(2));
      if (exit && wasTold(*exit)) {
        reading.reset();
        return fail(ErrorCode::unavailable, broken(exit->describe()).message);
      }
      return fail(broken(exit ? exit->describe() : "left its socket"));
    }
    std::string_view text = packet->text;
    const std::string_view what = word(text);
    if (what == words::kNext) {
      reading.reset();
      if (next == inputs.size()) {
        until = std::chrono::steady_clock::now() + limitFor(bytes);
        if (Status sent = process::sendPacket(pair->ours.get(), words::kEnd); !sent) continue;  // its end comes next
        continue;
      }
      const JoinInput& input = inputs[next++];
      until = std::chrono::steady_clock::now() + limitFor(input.bytes);
      auto file = input.open();
      if (!file) {
        // What is not there can be left out; another fault may pass.
        if (file.error().code == ErrorCode::not_found || file.error().code == ErrorCode::corrupt)
          reading = input.number;
        return fail(std::move(file.error()));
      }
      reading = input.number;
      const std::string segment = std::string(words::kSegment) + " " + std::to_string(input.number);
      if (Status sent = process::sendPacket(pair->ours.get(), segment, file->get()); !sent) continue;
    } else if (what == words::kRefused) {
      const auto which = number(text);
      if (!which || !reading || *which != *reading) return fail(broken("said what it may not say"));
      told.refused[*reading] = sentence(text);
    } else if (what != words::kJoined) {
      auto report = readEnding(packet->text);
      if (report) {
        report->refused = std::move(told.refused);
        child->wait(std::chrono::seconds(2));
      }
      return report;
    }
  }
}

// ---- recording ----------------------------------------------------------------------------------------------------

Result<RecordingWorker> RecordingWorker::start(const std::filesystem::path& program, int output,
                                               std::int64_t output_bytes) {
  auto words_pair = process::socketPair(process::SocketKind::packets, 64 * 1024);
  if (!words_pair) return fail(std::move(words_pair.error()));
  auto pictures = process::socketPair(process::SocketKind::bytes, 512 * 1024);
  if (!pictures) return fail(std::move(pictures.error()));
  constexpr std::int64_t kCpuSeconds = 4 * 3600, kMemory = 1LL << 30;
  auto child = spawn(program, words::kRecord, kCpuSeconds, kMemory, output_bytes,
                     {words_pair->theirs.get(), output, pictures->theirs.get()});
  if (!child) return fail(std::move(child.error()));
  RecordingWorker worker;
  worker.child_ = std::move(*child);
  worker.socket_ = std::move(words_pair->ours);
  worker.pictures_ = std::move(pictures->ours);
  return worker;
}

Status RecordingWorker::offer(std::string_view jpeg, std::int64_t at_us, Duration patience) {
  std::string frame(words::kPictureHead, '\0');
  const auto length = static_cast<std::uint32_t>(jpeg.size());
  for (std::size_t i = 0; i < 8; ++i) frame[i] = static_cast<char>(static_cast<std::uint64_t>(at_us) >> (8 * i));
  for (std::size_t i = 0; i < 4; ++i) frame[8 + i] = static_cast<char>(length >> (8 * i));
  frame.append(jpeg);
  std::string_view rest = frame;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!rest.empty()) {
    const ssize_t sent = ::send(pictures_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail(ErrorCode::unavailable, "The encoder has ended.");
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= Duration::zero()) return fail(ErrorCode::timeout, "The encoder takes no pictures.");
    pollfd watched{pictures_.get(), POLLOUT, 0};
    const int ms = static_cast<int>(std::min<std::int64_t>(toMs(left) + 1, 1000));
    ::poll(&watched, 1, ms);
  }
  return {};
}

Result<JoinReport> RecordingWorker::finish() {
  pictures_.reset();
  auto packet = process::receivePacket(socket_.get(), std::chrono::seconds(30));
  if (!packet || packet->end) {
    const auto exit = child_.terminate(std::chrono::milliseconds(100));
    return fail(broken(exit ? exit->describe() : "did not end"));
  }
  auto report = readEnding(packet->text);
  child_.wait(std::chrono::seconds(2));
  return report;
}

}  // namespace robohub::media

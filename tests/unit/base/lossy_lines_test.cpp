#include "base/lossy_lines.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

using robohub::LossyLines;

namespace {

std::string notice(std::uint64_t lost) {
  return "lost " + std::to_string(lost) + "\n";
}

// A pipe of sixteen kilobytes that nobody reads unless asked to.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends[1], F_SETPIPE_SZ, 16 * 1024) > 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string read() const {
    std::string text(64 * 1024, '\0');
    const ssize_t size = ::read(ends[0], text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }
};

}  // namespace

TEST_CASE("lines that nobody takes are lost and counted, and nobody waits") {
  Pipe pipe;
  LossyLines lines;
  const std::string line = std::string(99, 'a') + "\n";
  for (int i = 0; i < 1000; ++i) lines.write(pipe.ends[1], line, notice);
  const std::string taken = pipe.read();
  REQUIRE(taken.size() % line.size() == 0);
  REQUIRE(taken.size() >= line.size());
  REQUIRE(taken.size() < 1000 * line.size());
  lines.write(pipe.ends[1], "b\n", notice);
  lines.write(pipe.ends[1], "c\n", notice);
  CHECK(pipe.read() == "lost " + std::to_string(1000 - taken.size() / line.size()) + "\nb\nc\n");
}

TEST_CASE("a line that was taken in part is ended before the next one") {
  Pipe pipe;
  LossyLines lines;
  lines.write(pipe.ends[1], std::string(100'000, 'a') + "\n", notice);
  lines.write(pipe.ends[1], "b\n", notice);
  const std::string taken = pipe.read();
  CHECK(taken.size() >= 4096);
  CHECK(taken.find('\n') == std::string::npos);
  lines.write(pipe.ends[1], "c\n", notice);
  lines.write(pipe.ends[1], "d\n", notice);
  CHECK(pipe.read() == "\nlost 2\nc\nd\n");
}

TEST_CASE("a long line is whole where somebody takes it, and a closed descriptor harms nobody") {
  const int file = ::memfd_create("log", MFD_CLOEXEC);
  REQUIRE(file >= 0);
  LossyLines lines;
  const std::string line = std::string(20'000, 'a') + "\n";
  lines.write(-1, line, notice);
  lines.write(file, line, notice);
  std::string text(64 * 1024, '\0');
  text.resize(static_cast<std::size_t>(::pread(file, text.data(), text.size(), 0)));
  CHECK(text == "lost 1\n" + line);
  ::close(file);
}

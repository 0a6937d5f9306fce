#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "hw/io_status.hpp"
#include "hw/model/edges.hpp"

using namespace rh::hw;
using namespace rh::hw::model;

namespace {

struct EdgesFile {
  std::filesystem::path folder;
  std::string path;
  EdgesFile() {
    std::string name = (std::filesystem::temp_directory_path() / "rh-edges-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    path = (folder / "edges").string();
  }
  ~EdgesFile() { std::filesystem::remove_all(folder); }
};

}  // namespace

TEST_CASE("a reader sees the edges that were recorded, in order, with their times") {
  EdgesFile file;
  EdgeRecorder recorder(file.path);
  EdgeReader reader(file.path);
  CHECK(reader.next().empty());
  const auto before = monotonicNs();
  recorder.record(1, 1);
  recorder.record(2, 298);
  const auto edges = reader.next();
  REQUIRE(edges.size() == 2);
  CHECK(edges[0].output == 1);
  CHECK(edges[1].value == 298);
  CHECK(edges[0].t_ns >= before);
  CHECK(edges[1].t_ns >= edges[0].t_ns);
  CHECK(reader.next().empty());
  CHECK(reader.ownerAlive());
}

TEST_CASE("a reader that comes late counts what it missed") {
  EdgesFile file;
  EdgeRecorder recorder(file.path);
  EdgeReader reader(file.path);
  for (std::uint32_t i = 0; i < EdgeRecorder::kCapacity; ++i) recorder.record(1, i);
  const auto edges = reader.next();
  REQUIRE(edges.size() == EdgeRecorder::kCapacity / 2);
  CHECK(edges.front().value == EdgeRecorder::kCapacity / 2);
  CHECK(reader.missed() == EdgeRecorder::kCapacity / 2);
}

TEST_CASE("a live owner keeps its edges file to itself, and a closed one hands it on with its records") {
  EdgesFile file;
  auto recorder = std::make_unique<EdgeRecorder>(file.path);
  EdgeReader reader(file.path);
  recorder->record(1, 1);
  CHECK_THROWS_AS(EdgeRecorder(file.path), OpenError);
  recorder.reset();
  CHECK_FALSE(reader.ownerAlive());
  EdgeRecorder next(file.path);
  next.record(1, 0);
  CHECK(reader.next().size() == 2);
  CHECK(reader.ownerAlive());
}

TEST_CASE("another process still reads the edges of a driver that was frozen, then killed") {
  EdgesFile file;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    EdgeRecorder recorder(file.path);
    recorder.record(1, 1);
    (void)!::write(ready[1], "r", 1);
    for (;;) ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  EdgeReader reader(file.path);
  REQUIRE(reader.next().size() == 1);
  REQUIRE(::kill(child, SIGSTOP) == 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, WUNTRACED) == child);
  CHECK(reader.ownerAlive());
  REQUIRE(::kill(child, SIGKILL) == 0);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  CHECK_FALSE(reader.ownerAlive());  // a zombie holds no lines
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK_FALSE(reader.ownerAlive());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("a file of another kind is no edges file and is left as it is") {
  EdgesFile file;
  std::ofstream(file.path) << "somebody's notes, longer than a header would be, and none of our business at all";
  CHECK_THROWS_AS(EdgeRecorder(file.path), OpenError);
  CHECK_THROWS_AS(EdgeReader(file.path), OpenError);
  CHECK_THROWS_AS(EdgeReader(file.path + "-none"), OpenError);
  CHECK(std::filesystem::file_size(file.path) == 80);
}

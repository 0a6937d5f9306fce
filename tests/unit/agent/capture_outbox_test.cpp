// Segments that wait for the hub: durable, bounded, and never anything but regular files of the driver's own folder.
#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "agent/capture_outbox.hpp"
#include "plugin/sha256.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using agent::CaptureOutbox;
using agent::OutboxCapture;
using agent::OutboxSegment;
namespace fs = std::filesystem;

namespace {

struct Rig {
  robohub::test::TempFolder temp;
  fs::path folder = temp.path() / "captures";
  std::optional<CaptureOutbox> outbox;

  explicit Rig(std::uint64_t max_bytes = 1000) { reopen(max_bytes); }
  void reopen(std::uint64_t max_bytes = 1000) {
    auto opened = CaptureOutbox::open(folder, max_bytes);
    REQUIRE(opened);
    outbox.emplace(std::move(*opened));
  }
  fs::path write(const std::string& name, const std::string& bytes) {
    std::ofstream(outbox->spool() / name, std::ios::binary) << bytes;
    return outbox->spool() / name;
  }
  Result<CaptureOutbox::Taken> take(const std::string& key, std::uint32_t number, const std::string& bytes,
                                    std::int64_t started_ms = 1000, const std::string& format = "mp4") {
    const std::string name = "seg-" + std::to_string(number) + "." + format;
    write(name, bytes);
    return outbox->take({key, "pir", started_ms, number, name});
  }
};

std::vector<std::string> names(const std::vector<OutboxSegment>& segments) {
  std::vector<std::string> out;
  for (const auto& each : segments) out.push_back(each.key + "/" + std::to_string(each.number));
  return out;
}

}  // namespace

TEST_CASE("a segment that was handed over is there after a restart, with its capture") {
  Rig rig;
  REQUIRE(rig.take("pir.1", 0, "zero"));
  const auto taken = rig.take("pir.1", 1, "one more", 1000, "ts");
  REQUIRE(taken);
  CHECK(taken->segment == OutboxSegment{"pir.1", 1, 8, "ts", 2});
  CHECK(fs::is_empty(rig.outbox->spool()));
  for (int i = 0; i < 2; ++i) {
    CHECK(names(rig.outbox->segments()) == std::vector<std::string>{"pir.1/0", "pir.1/1"});
    CHECK(rig.outbox->captures() == std::vector<OutboxCapture>{{"pir.1", "pir", 1000, false, 2}});
    CHECK(rig.outbox->bytes() == 12);
    CHECK(*rig.outbox->read("pir.1", 1, 4, 100) == "more");
    CHECK(rig.outbox->read("pir.1", 1, 8, 100)->empty());
    CHECK(*rig.outbox->sha256("pir.1", 0) == plugin::sha256Hex("zero"));
    rig.reopen();
  }
  REQUIRE(rig.outbox->end("pir.1", 3));  // its last segment was lost at the driver
  rig.reopen();
  CHECK(rig.outbox->captures() == std::vector<OutboxCapture>{{"pir.1", "pir", 1000, true, 3}});
  rig.outbox->removeSegment("pir.1", 0, 0);
  rig.outbox->removeSegment("pir.1", 0, 0);
  rig.outbox->removeCapture("pir.1");
  CHECK(names(rig.outbox->segments()) == std::vector<std::string>{"pir.1/1"});
  rig.outbox->removeSegment("pir.1", 1, 0);
  rig.outbox->removeCapture("pir.1");
  rig.reopen();
  CHECK(rig.outbox->captures().empty());
  CHECK(rig.outbox->bytes() == 0);
  CHECK(rig.outbox->end("pir.1", 1).error().code == ErrorCode::not_found);
  CHECK(rig.outbox->sha256("pir.1", 0).error().code == ErrorCode::not_found);
}

TEST_CASE("the same segment again replaces the one that waits") {
  Rig rig;
  REQUIRE(rig.take("pir.1", 0, "first"));
  REQUIRE(rig.take("pir.1", 0, "second try"));
  CHECK(rig.outbox->segments().size() == 1);
  CHECK(rig.outbox->bytes() == 10);
  CHECK(*rig.outbox->read("pir.1", 0, 0, 100) == "second try");
  rig.outbox->removeSegment("pir.1", 0, 1);  // the first, which is gone
  CHECK(*rig.outbox->read("pir.1", 0, 0, 100) == "second try");
  rig.outbox->removeSegment("pir.1", 0, 2);
  CHECK(rig.outbox->segments().empty());
  CHECK(rig.outbox->bytes() == 0);
}

TEST_CASE("when there is no more room the oldest segments go first, and are named") {
  Rig rig(100);
  REQUIRE(rig.take("pir.1", 0, std::string(40, 'a'), 1000));
  REQUIRE(rig.take("pir.2", 0, std::string(40, 'b'), 2000));
  REQUIRE(rig.take("pir.1", 1, std::string(10, 'a'), 1000));
  const auto taken = rig.take("pir.3", 0, std::string(60, 'c'), 3000);
  REQUIRE(taken);
  CHECK(names(taken->dropped) == std::vector<std::string>{"pir.1/0", "pir.1/1"});
  CHECK(names(rig.outbox->segments()) == std::vector<std::string>{"pir.2/0", "pir.3/0"});
  CHECK(rig.outbox->bytes() == 100);
  const auto large = rig.take("pir.4", 0, std::string(101, 'd'));
  REQUIRE_FALSE(large);
  CHECK(large.error().code == ErrorCode::too_large);
  CHECK(rig.outbox->segments().size() == 2);
  CHECK(fs::is_empty(rig.outbox->spool()));
}

TEST_CASE("what came first goes first, over restarts, also behind a clock that begins earlier each time") {
  Rig rig(100);
  REQUIRE(rig.take("pir.2000", 0, std::string(40, 'a'), 2'000'000));
  REQUIRE(rig.take("pir.1000", 0, std::string(40, 'b'), 1'000'000));
  rig.reopen(100);
  REQUIRE(rig.outbox->end("pir.1000", 1));
  CHECK(names(rig.outbox->segments()) == std::vector<std::string>{"pir.2000/0", "pir.1000/0"});
  auto taken = rig.take("pir.500", 0, std::string(40, 'c'), 500'000);
  REQUIRE(taken);
  CHECK(names(taken->dropped) == std::vector<std::string>{"pir.2000/0"});
  rig.reopen(100);
  taken = rig.take("pir.501", 0, std::string(40, 'd'), 501'000);
  REQUIRE(taken);
  CHECK(names(taken->dropped) == std::vector<std::string>{"pir.1000/0"});
  CHECK(names(rig.outbox->segments()) == std::vector<std::string>{"pir.500/0", "pir.501/0"});
}

TEST_CASE("what an older agent has left counts as having come before") {
  Rig rig(100);
  for (const char* second : {"8", "7"}) {
    const std::string key = std::string("pir.") + second;
    std::ofstream(rig.folder / (key + "~.json"))
        << R"({"key":")" + key + R"(","trigger":"pir","started_ms":)" + second + R"(000,"ended":true,"segments":1})";
    std::ofstream(rig.folder / (key + "~0.mp4")) << std::string(30, 'o');
  }
  rig.reopen(100);
  REQUIRE(rig.take("pir.1", 0, std::string(30, 'n'), 1000));
  CHECK(names(rig.outbox->segments()) == std::vector<std::string>{"pir.7/0", "pir.8/0", "pir.1/0"});
}

TEST_CASE("what is no regular file of the spool is not taken, and nothing else is touched") {
  Rig rig;
  const fs::path secret = rig.temp.path() / "secret.mp4";
  std::ofstream(secret) << "secret";
  fs::create_symlink(secret, rig.outbox->spool() / "link.mp4");
  fs::create_directory(rig.outbox->spool() / "folder.mp4");
  REQUIRE(::mkfifo((rig.outbox->spool() / "pipe.mp4").c_str(), 0600) == 0);
  rig.write("empty.mp4", "");
  for (const char* file : {"link.mp4", "folder.mp4", "pipe.mp4", "empty.mp4"}) {
    INFO(file);
    const auto taken = rig.outbox->take({"pir.1", "pir", 1000, 0, file});
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == ErrorCode::invalid_argument);
  }
  CHECK(rig.outbox->take({"pir.1", "pir", 1000, 0, "404.mp4"}).error().code == ErrorCode::not_found);
  CHECK(fs::file_size(secret) == 6);
  for (const char* file :
       {"../secret.mp4", "/etc/passwd.mp4", ".hidden.mp4", "a/b.mp4", "x.exe", "", "a b.mp4", "x.mp4."}) {
    INFO(file);
    CHECK(rig.outbox->take({"pir.1", "pir", 1000, 0, file}).error().code == ErrorCode::invalid_argument);
  }
  rig.write("good.mp4", "good");
  for (const char* key : {"", "../k", ".k", "k~1", "k/1", "k 1"}) {
    INFO(key);
    CHECK(rig.outbox->take({key, "pir", 1000, 0, "good.mp4"}).error().code == ErrorCode::invalid_argument);
  }
  CHECK_FALSE(rig.outbox->take({"k", "tea", 1000, 0, "good.mp4"}));
  CHECK_FALSE(rig.outbox->take({"k", "pir", 0, 0, "good.mp4"}));
  CHECK_FALSE(rig.outbox->take({"k", "pir", 1000, 4096, "good.mp4"}));
  CHECK(rig.outbox->captures().empty());
}

TEST_CASE("a folder with strange and damaged files is read as far as it goes") {
  Rig rig;
  REQUIRE(rig.take("pir.1", 0, "zero"));
  for (const char* name : {"pir.2~.json", "~.json", "pir.1~x.mp4", "pir.1~1.avi", "pir.9~0.mp4", "notes"})
    std::ofstream(rig.folder / name) << "{\"key\":\"pir";
  fs::create_symlink("/etc/passwd", rig.folder / "pir.1~7.mp4");
  rig.reopen();
  CHECK(names(rig.outbox->segments()) == std::vector<std::string>{"pir.1/0"});
  CHECK(fs::exists(rig.folder / "notes"));
}

TEST_CASE("a driver that begins anew has ended what it had under way") {
  Rig rig;
  REQUIRE(rig.take("pir.1", 2, "two", 1000));
  REQUIRE(rig.take("pir.2", 0, "zero", 2000));
  REQUIRE(rig.outbox->end("pir.2", 1));
  const auto ended = rig.outbox->endAll();
  CHECK(ended == std::vector<OutboxCapture>{{"pir.1", "pir", 1000, true, 3}});
  CHECK(rig.outbox->endAll().empty());
}

TEST_CASE("a segment that became shorter behind our back is corrupt, not a shorter one") {
  Rig rig;
  REQUIRE(rig.take("pir.1", 0, "0123456789"));
  fs::resize_file(rig.folder / "pir.1~0.mp4", 5);
  CHECK(rig.outbox->read("pir.1", 0, 0, 10).error().code == ErrorCode::corrupt);
}

TEST_CASE("an agent that has no descriptor left for a moment loses no segment by it") {
  Rig rig;
  REQUIRE(rig.take("pir.1", 0, "zero"));
  rig.write("seg-1.mp4", "one");
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
  const int next = ::dup(0);
  REQUIRE(next >= 0);
  ::close(next);
  const auto leave = [&](int descriptors) {
    const rlimit few{static_cast<rlim_t>(next + descriptors), usual.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  };
  leave(1);  // for the folder
  const auto taken = rig.outbox->take({"pir.1", "pir", 1000, 1, "seg-1.mp4"});
  leave(0);
  const auto read = rig.outbox->read("pir.1", 0, 0, 100);
  const auto sha256 = rig.outbox->sha256("pir.1", 0);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::internal);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::unavailable);
  REQUIRE_FALSE(sha256);
  CHECK(sha256.error().code == ErrorCode::unavailable);
  CHECK(rig.outbox->take({"pir.1", "pir", 1000, 1, "seg-1.mp4"}));
  CHECK(*rig.outbox->read("pir.1", 0, 0, 100) == "zero");
}

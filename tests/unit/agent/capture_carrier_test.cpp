// The outbox's thread and the hub's answers at the same time: what a driver hands over while the hub speaks of what was
// there before is never taken for that.
#include <catch2/catch.hpp>

#include <fstream>

#include "agent/capture_carrier.hpp"
#include "plugin/sha256.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::agent;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// A carrier on the test's own thread, and a hub that takes what it is offered. `heard` may answer in the hub's place.
struct Rig {
  robohub::test::TempFolder temp;
  fs::path folder = temp.path() / "captures";
  net::Loop loop;
  std::unique_ptr<CaptureCarrier> carrier;
  std::function<bool(const link::AgentMessage&)> heard = [](const link::AgentMessage&) { return false; };
  std::vector<std::string> told;
  std::optional<link::SegmentReady> offered;
  std::uint64_t came = 0;
  bool pictures_wait = false;  // on the link, at every moment

  virtual ~Rig() { carrier.reset(); }

  CaptureOutbox outbox() { return CaptureOutbox::open(folder, 1'000'000).value(); }
  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder / "spool" / name, std::ios::binary) << bytes;
  }
  void begin(CaptureOutbox outbox) {
    carrier = std::make_unique<CaptureCarrier>(
        loop, std::move(outbox),
        CarrierWays{[this](const link::AgentMessage& message) { loop.post([this, message] { hear(message); }); },
                    [this](std::string_view, std::string_view bytes) {
                      came += bytes.size();
                      if (offered && came == offered->bytes) loop.post([this] { stored(); });
                    },
                    [this] { return !pictures_wait; }, [] { return false; },
                    [this](link::EventLevel, const std::string& text) {
                      told.push_back(text);
                      loop.stop();
                    },
                    [](const CaptureUpload::Waiting&) {}, 20ms});
  }
  void hear(const link::AgentMessage& message) {
    if (heard(message)) return;
    if (const auto* segment = std::get_if<link::SegmentReady>(&message)) {
      offered = *segment;
      came = 0;
      carrier->take(link::SegmentAt{segment->key, segment->number, 0});
    }
    if (const auto* end = std::get_if<link::CaptureEnd>(&message))
      carrier->take(link::CaptureDone{end->key, true, std::nullopt, ""});
  }
  virtual void stored() { carrier->take(link::SegmentDone{offered->key, offered->number, true, std::nullopt, ""}); }
  void run() {
    loop.after(10s, [this] {
      told.push_back("nothing came of it");
      loop.stop();
    });
    carrier->linkUp();
    loop.run();
    carrier.reset();
  }
};

std::string readFile(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a segment that is handed over while its capture's end is confirmed stays, and goes to the hub") {
  Rig rig;
  auto outbox = rig.outbox();
  rig.write("0.mp4", "zero");
  REQUIRE(outbox.take({"k", "pir", 1000, 0, "0.mp4"}));
  REQUIRE(outbox.end("k", 1));
  rig.begin(std::move(outbox));
  bool handed_over = false, offered_later = false;
  rig.heard = [&](const link::AgentMessage& message) {
    if (const auto* segment = std::get_if<link::SegmentReady>(&message); segment && segment->number == 1) {
      offered_later = segment->sha256 == plugin::sha256Hex("one");
      rig.loop.stop();
      return true;
    }
    if (!std::holds_alternative<link::CaptureEnd>(message) || std::exchange(handed_over, true)) return false;
    rig.write("1.mp4", "one");
    rig.carrier->segment({"k", "pir", 1000, 1, "1.mp4"});
    rig.carrier->take(link::CaptureDone{"k", true, std::nullopt, ""});
    return true;
  };
  rig.run();
  CHECK(offered_later);
  CHECK(rig.told.empty());
  CHECK_FALSE(fs::exists(rig.folder / "k~0.mp4"));
  CHECK(readFile(rig.folder / "k~1.mp4") == "one");
  CHECK(fs::exists(rig.folder / "k~.json"));
}

TEST_CASE("a segment that is handed over anew while the hub confirms the former one stays, and goes to the hub") {
  struct Again final : Rig {
    void stored() override {
      write("0.mp4", "anew");
      carrier->segment({"k", "pir", 1000, 0, "0.mp4"});
      Rig::stored();
    }
  } rig;
  auto outbox = rig.outbox();
  rig.write("0.mp4", "zero");
  REQUIRE(outbox.take({"k", "pir", 1000, 0, "0.mp4"}));
  rig.begin(std::move(outbox));
  bool offered_anew = false;
  rig.heard = [&](const link::AgentMessage& message) {
    const auto* segment = std::get_if<link::SegmentReady>(&message);
    if (!segment || segment->sha256 != plugin::sha256Hex("anew")) return false;
    offered_anew = true;
    rig.loop.stop();
    return true;
  };
  rig.run();
  CHECK(offered_anew);
  CHECK(rig.told.empty());
  CHECK(readFile(rig.folder / "k~0.mp4") == "anew");
}

TEST_CASE("a segment that the agent's disk does not give at once is taken a little later, and goes to the hub") {
  Rig rig;
  rig.begin(rig.outbox());
  rig.write("0.mp4", "zero");
  fs::rename(rig.folder / "spool", rig.folder / "away");
  rig.carrier->segment({"k", "pir", 1000, 0, "0.mp4"});
  // Before the next try, which is asked for later than this and not sooner.
  rig.loop.after(5ms, [&] { fs::rename(rig.folder / "away", rig.folder / "spool"); });
  bool offered = false;
  rig.heard = [&](const link::AgentMessage& message) {
    offered = offered || std::holds_alternative<link::SegmentReady>(message);
    if (offered) rig.loop.stop();
    return offered;
  };
  rig.run();
  CHECK(offered);
  CHECK(rig.told.empty());
  CHECK(readFile(rig.folder / "k~0.mp4") == "zero");
}

TEST_CASE("what the hub has is deleted, with its capture") {
  Rig rig;
  auto outbox = rig.outbox();
  rig.write("0.mp4", "zero");
  REQUIRE(outbox.take({"k", "pir", 1000, 0, "0.mp4"}));
  REQUIRE(outbox.end("k", 1));
  rig.begin(std::move(outbox));
  rig.heard = [&](const link::AgentMessage& message) {
    if (!std::holds_alternative<link::CaptureEnd>(message)) return false;
    rig.carrier->take(link::CaptureDone{"k", true, std::nullopt, ""});
    // That there is no such file is told behind everything else that the disk had to do.
    rig.carrier->segment({"k", "pir", 1000, 0, "none.mp4"});
    return true;
  };
  rig.run();
  CHECK_FALSE(fs::exists(rig.folder / "k~0.mp4"));
  CHECK_FALSE(fs::exists(rig.folder / "k~.json"));
}

TEST_CASE("a capture reaches the hub although a picture waits on the link at every moment") {
  Rig rig;
  auto outbox = rig.outbox();
  rig.write("0.mp4", std::string(3 * CaptureUpload::kPieceBytes, 'x'));
  REQUIRE(outbox.take({"k", "pir", 1000, 0, "0.mp4"}));
  REQUIRE(outbox.end("k", 1));
  rig.begin(std::move(outbox));
  rig.pictures_wait = true;
  bool whole = false;
  rig.heard = [&](const link::AgentMessage& message) {
    if (!std::holds_alternative<link::CaptureEnd>(message)) return false;
    whole = rig.came == 3 * CaptureUpload::kPieceBytes;
    rig.loop.stop();
    return true;
  };
  const auto begun = std::chrono::steady_clock::now();
  rig.run();
  CHECK(whole);
  CHECK(rig.told.empty());
  CHECK(std::chrono::steady_clock::now() - begun >= 2 * PiecePace::kLeast);
}

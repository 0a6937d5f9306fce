// The upload's rules against a hub that is modelled here, with links that are cut anywhere.
#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "agent/capture_upload.hpp"

using namespace robohub;
using namespace robohub::agent;
using namespace std::chrono_literals;

namespace {

std::string content(const std::string& key, std::uint32_t number, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i)
    out[i] = static_cast<char>(i * 7 + number * 31 + static_cast<unsigned char>(key.back()));
  return out;
}

// The shell and the hub. The hub keeps what it has over cut links, as files do.
struct World {
  MonoTime now = MonoTime(1h);
  CaptureUpload upload;
  UploadEffects effects;
  std::map<std::pair<std::string, std::uint32_t>, std::string> files;  // the outbox
  std::set<std::string> captures;                                      // its records
  std::vector<std::string> told;

  bool up = false;
  std::set<std::string> begun;  // on this link
  std::map<std::pair<std::string, std::uint32_t>, std::string> stored, partly;
  std::map<std::string, std::uint32_t> ended;
  std::set<std::string> closed;
  std::optional<link::SegmentReady> offered;
  std::uint64_t acked = 0, most_ahead = 0;
  int stores = 0, pieces = 0;
  std::optional<ErrorCode> answer;  // of the hub to the next segments

  void record(const std::string& key, std::int64_t started_ms) {
    captures.insert(key);
    upload.add(OutboxCapture{key, "pir", started_ms, false, 0});
  }
  void segment(const std::string& key, std::uint32_t number, std::size_t bytes) {
    files[{key, number}] = content(key, number, bytes);
    upload.add(OutboxSegment{key, number, bytes, "mp4"});
  }
  void end(const std::string& key, std::uint32_t segments) {
    upload.add(OutboxCapture{key, "pir", key.back() * 1000, true, segments});
  }
  void linkUp() {
    up = true;
    begun.clear();
    offered.reset();
    upload.linkUp(now, effects);
  }
  void linkDown() {
    up = false;
    upload.linkDown();
    // What was said went nowhere; only the disk still answers.
    std::erase_if(effects, [](const auto& effect) {
      return std::holds_alternative<upload::Say>(effect) || std::holds_alternative<upload::SendPiece>(effect);
    });
  }

  // Does one thing. False: there is nothing to do.
  bool step() {
    if (effects.empty()) upload.pump(effects);
    if (effects.empty()) return false;
    const auto effect = effects.front();
    effects.erase(effects.begin());
    std::visit([this](const auto& each) { carry(each); }, effect);
    return true;
  }
  void settle(int steps = 100'000) {
    while (steps-- > 0 && step()) {
    }
    REQUIRE(steps > 0);
  }
  void wait(Duration time) {
    now += time;
    upload.tick(now, effects);
    settle();
  }

  void hear(const link::HubMessage& message) {
    if (up) upload.take(message, now, effects);
  }
  void carry(const upload::Say& say) {
    if (!up) return;
    if (const auto* begin = std::get_if<link::CaptureBegin>(&say.message)) begun.insert(begin->key);
    if (const auto* segment = std::get_if<link::SegmentReady>(&say.message)) offer(*segment);
    if (const auto* over = std::get_if<link::CaptureEnd>(&say.message)) {
      REQUIRE(begun.count(over->key));
      ended[over->key] = over->segments;
      hear(link::CaptureDone{over->key, true, std::nullopt, ""});
    }
  }
  void offer(const link::SegmentReady& segment) {
    REQUIRE(begun.count(segment.key));
    if (closed.count(segment.key))
      return hear(link::SegmentDone{segment.key, segment.number, false, ErrorCode::conflict, "It is complete."});
    if (answer) return hear(link::SegmentDone{segment.key, segment.number, false, answer, "No."});
    offered = segment;
    acked = partly[{segment.key, segment.number}].size();
    hear(link::SegmentAt{segment.key, segment.number, acked});
    finish();
  }
  void carry(const upload::SendPiece& piece) {
    if (!up) return;
    REQUIRE(offered);
    auto& have = partly[{offered->key, offered->number}];
    REQUIRE(piece.offset == have.size());
    REQUIRE(piece.bytes.size() <= CaptureUpload::kPieceBytes);
    have += piece.bytes;
    ++pieces;
    most_ahead = std::max<std::uint64_t>(most_ahead, have.size() - acked);
    if (have.size() - acked >= link::kChunkAckBytes) {
      acked = have.size();
      hear(link::SegmentAt{offered->key, offered->number, acked});
    }
    finish();
  }
  void finish() {
    const std::pair<std::string, std::uint32_t> id{offered->key, offered->number};
    if (partly[id].size() != offered->bytes) return;
    if (stored.emplace(id, partly[id]).second) ++stores;
    hear(link::SegmentDone{id.first, id.second, true, std::nullopt, ""});
  }
  void carry(const upload::Hash& hash) {
    if (!files.count({hash.key, hash.number}))
      return upload.hashed(hash.key, hash.number, fail(ErrorCode::not_found, "gone"), now, effects);
    upload.hashed(hash.key, hash.number, std::string(64, 'a'), now, effects);
  }
  void carry(const upload::Read& read) {
    const auto file = files.find({read.key, read.number});
    if (file == files.end())
      return upload.wasRead(read.key, read.number, read.offset, fail(ErrorCode::not_found, "gone"), now, effects);
    upload.wasRead(read.key, read.number, read.offset, file->second.substr(read.offset, read.bytes), now, effects);
  }
  void carry(const upload::ForgetSegment& forget) { files.erase({forget.key, forget.number}); }
  void carry(const upload::ForgetCapture& forget) { captures.erase(forget.key); }
  void carry(const upload::Tell& tell) { told.push_back(tell.text); }
};

}  // namespace

TEST_CASE("segments go one after another, the oldest capture first, and are forgotten when the hub has them") {
  World world;
  world.record("b", 2000);
  world.segment("b", 0, 10);
  world.record("a", 1000);
  world.segment("a", 0, 1'000'000);
  world.segment("a", 1, 1);
  world.end("a", 2);
  CHECK(world.upload.waiting() == CaptureUpload::Waiting{3, 1'000'011});
  CHECK(world.upload.nextDue() == MonoTime::max());
  world.settle();
  CHECK(world.stored.empty());  // no link
  world.linkUp();
  world.settle();
  CHECK(world.files.empty());
  CHECK(world.captures == std::set<std::string>{"b"});  // it goes on
  CHECK(world.ended == std::map<std::string, std::uint32_t>{{"a", 2}});
  CHECK(world.stored.at({"a", 0}) == content("a", 0, 1'000'000));
  CHECK(world.most_ahead <= link::kChunkWindowBytes);
  CHECK(world.upload.waiting() == CaptureUpload::Waiting{});
  CHECK(world.told.empty());
  world.segment("b", 1, 5);
  world.end("b", 2);
  world.upload.tick(world.now, world.effects);
  world.settle();
  CHECK(world.captures.empty());
}

TEST_CASE("a link that is cut at any step loses nothing and stores nothing twice") {
  for (int cut = 0; cut < 120; ++cut) {
    INFO("cut after step " << cut);
    World world;
    world.record("a", 1000);
    world.segment("a", 0, 700'000);
    world.segment("a", 1, 40'000);
    world.end("a", 2);
    world.linkUp();
    for (int i = 0; i < cut; ++i) world.step();
    world.linkDown();
    world.settle();  // what was under way at the disk comes back to nobody
    const int pieces = world.pieces;
    world.linkUp();
    world.settle();
    CHECK(world.files.empty());
    CHECK(world.captures.empty());
    CHECK(world.stores == 2);
    CHECK(world.stored.at({"a", 0}) == content("a", 0, 700'000));
    CHECK(world.stored.at({"a", 1}) == content("a", 1, 40'000));
    CHECK(world.ended.at("a") == 2);
    CHECK(world.pieces >= pieces);
    CHECK(world.pieces <= 22 + 2);  // nothing that the hub had was sent again
  }
}

TEST_CASE("at random moments links break, segments come and captures end: all arrives, once") {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    World world;
    std::map<std::pair<std::string, std::uint32_t>, std::size_t> made;
    int captures = 0;
    for (int round = 0; round < 60; ++round) {
      const std::string key(1, static_cast<char>('a' + captures));
      switch (random() % 4) {
        case 0: world.up ? world.linkDown() : world.linkUp(); break;
        case 1:
          if (!world.captures.count(key)) world.record(key, key.back() * 1000);
          for (std::uint32_t i = 0; i < 2; ++i) {
            const auto number = static_cast<std::uint32_t>(made.size());
            const std::size_t bytes = 1 + random() % 400'000;
            made[{key, number}] = bytes;
            world.segment(key, number, bytes);
          }
          world.upload.tick(world.now, world.effects);
          break;
        case 2:
          if (world.captures.count(key) && captures < 20) {
            world.end(key, static_cast<std::uint32_t>(made.size()));
            ++captures;
          }
          break;
        default: break;
      }
      for (auto steps = random() % 12; steps > 0; --steps) world.step();
    }
    if (world.up) world.linkDown();
    world.linkUp();
    world.settle();
    CHECK(world.files.empty());
    CHECK(world.stored.size() == made.size());
    CHECK(world.stores == static_cast<int>(made.size()));
    for (const auto& [id, bytes] : made) CHECK(world.stored.at(id) == content(id.first, id.second, bytes));
    CHECK(world.told.empty());
  }
}

TEST_CASE(
    "a hub that has no room is asked again later, ever more rarely, and others are not held up by a bad segment") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 100);
  world.answer = ErrorCode::exhausted;
  world.linkUp();
  world.settle();
  CHECK(world.files.size() == 1);
  CHECK(world.told.size() == 1);
  CHECK(world.upload.nextDue() == world.now + CaptureUpload::kFirstDelay);
  world.wait(CaptureUpload::kFirstDelay);
  CHECK(world.upload.nextDue() == world.now + 2 * CaptureUpload::kFirstDelay);
  CHECK(world.told.size() == 1);  // said once
  for (int i = 0; i < 20; ++i) world.wait(CaptureUpload::kLongestDelay);
  CHECK(world.upload.nextDue() == world.now + CaptureUpload::kLongestDelay);
  world.answer.reset();
  world.record("b", 2000);
  world.segment("b", 0, 100);
  world.wait(0s);
  CHECK(world.stored.count({"b", 0}));
  CHECK_FALSE(world.stored.count({"a", 0}));
  world.wait(CaptureUpload::kLongestDelay);
  CHECK(world.files.empty());
}

TEST_CASE("a segment that the hub refuses for good is given up, and that is told") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 100);
  world.answer = ErrorCode::too_large;
  world.linkUp();
  world.settle();
  CHECK(world.files.empty());
  REQUIRE(world.told.size() == 1);
  CHECK(world.told[0].find("Segment 0 of the capture a is given up: the hub refuses it for good: No.") == 0);
  world.answer.reset();
  world.segment("a", 1, 100);
  world.end("a", 2);
  world.upload.tick(world.now, world.effects);
  world.settle();
  CHECK(world.stored.size() == 1);
  CHECK(world.ended.at("a") == 2);
}

TEST_CASE("what comes after the hub has closed a capture is a capture of its own there, and not lost") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 100);
  world.linkUp();
  world.settle();
  world.linkDown();
  world.closed.insert("a");  // the device was away for an hour
  for (std::uint32_t number : {1u, 2u, 3u}) world.segment("a", number, 200'000);
  world.end("a", 4);
  world.linkUp();
  for (int i = 0; i < 9; ++i) world.step();
  world.linkDown();  // and the link breaks once more
  world.linkUp();
  world.settle();
  CHECK(world.files.empty());
  CHECK(world.captures.empty());
  CHECK(world.told.size() == 1);
  for (std::uint32_t number : {1u, 2u, 3u})
    CHECK(world.stored.at({"a-2", number - 1}) == content("a", number, 200'000));
  CHECK(world.ended.at("a-2") == 3);
}

TEST_CASE("a capture has only so many parts") {
  World world;
  world.record("a", 1000);
  for (std::uint32_t number = 0; number < 20; ++number) world.segment("a", number, 100);
  world.answer = ErrorCode::conflict;
  world.linkUp();
  world.settle();
  CHECK(world.files.empty());
  CHECK(world.told.size() == 20 + CaptureUpload::kMostParts - 1);
}

TEST_CASE("a hub that does not answer is told everything again after its patience") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 100);
  world.upload.linkUp(world.now, world.effects);  // nobody hears
  world.settle();
  CHECK(world.upload.nextDue() == world.now + CaptureUpload::kPatience);
  world.up = true;
  world.begun.clear();
  world.wait(CaptureUpload::kPatience);
  world.wait(CaptureUpload::kFirstDelay);
  CHECK(world.files.empty());
}

TEST_CASE("a segment that was dropped or replaced under way is not mixed with another") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 500'000);
  world.segment("a", 1, 100);
  world.linkUp();
  for (int i = 0; i < 8; ++i) world.step();
  world.files.erase({"a", 0});
  world.upload.drop("a", 0);
  world.end("a", 2);
  world.upload.tick(world.now, world.effects);
  world.settle();
  CHECK(world.files.empty());
  CHECK(world.stored.size() == 1);
  CHECK(world.ended.at("a") == 2);
}

TEST_CASE("an answer about a file that was replaced meanwhile does not count for the new one") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 100);
  world.linkUp();
  const auto until = [&](auto wanted) {
    while (world.effects.empty() || !wanted(world.effects.front())) {
      if (world.effects.empty()) world.upload.pump(world.effects);
      REQUIRE_FALSE(world.effects.empty());
      if (!wanted(world.effects.front())) world.step();
    }
    world.effects.clear();  // it is on the wire
  };
  until([](const upload::Effect& effect) { return std::holds_alternative<upload::SendPiece>(effect); });
  world.segment("a", 0, 200);
  world.upload.tick(world.now, world.effects);
  until([](const upload::Effect& effect) { return std::holds_alternative<upload::Say>(effect); });
  world.hear(link::SegmentDone{"a", 0, true, std::nullopt, ""});
  CHECK(world.effects.empty());
  CHECK(world.files.count({"a", 0}));
  CHECK(world.upload.waiting() == CaptureUpload::Waiting{1, 200});
}

TEST_CASE("a file that is gone is a lost segment, not a stuck upload") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 100);
  world.segment("a", 1, 100);
  world.files.erase({"a", 0});
  world.linkUp();
  world.settle();
  CHECK(world.told.size() == 1);
  CHECK(world.stored.size() == 1);
}

TEST_CASE("answers about something else, or beyond the segment, change nothing") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 300'000);
  world.linkUp();
  for (int i = 0; i < 6; ++i) world.step();
  const int before = world.pieces;
  for (const link::HubMessage& message :
       {link::HubMessage(link::SegmentAt{"a", 1, 0}), link::HubMessage(link::SegmentAt{"b", 0, 0}),
        link::HubMessage(link::SegmentAt{"a", 0, 300'001}), link::HubMessage(link::SegmentDone{"b", 0, true, {}, ""}),
        link::HubMessage(link::CaptureDone{"a", true, {}, ""}), link::HubMessage(link::Watch{"main", true})})
    world.hear(message);
  CHECK(world.pieces == before);
  world.settle();
  CHECK(world.stored.at({"a", 0}) == content("a", 0, 300'000));
}

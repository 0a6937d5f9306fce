// The upload's rules against a hub that is modelled here, with links that are cut anywhere.
#include "unit/agent/upload_world.hpp"

using namespace robohub;
using namespace robohub::agent;
using namespace robohub::agent::test;

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

TEST_CASE("a segment that comes while the hub ends its capture goes to the hub on the same link") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 100);
  world.end("a", 1);
  world.linkUp();
  const auto ending = [&] {
    const auto* say = world.effects.empty() ? nullptr : std::get_if<upload::Say>(&world.effects.front());
    return say != nullptr && std::holds_alternative<link::CaptureEnd>(say->message);
  };
  while (!ending()) REQUIRE(world.step());
  world.segment("a", 1, 200);
  world.end("a", 2);
  world.settle();
  CHECK(world.stored.at({"a", 1}) == content("a", 1, 200));
  CHECK(world.ended.at("a") == 2);
  CHECK(world.files.empty());
  CHECK(world.captures.empty());
  CHECK(world.told.empty());
}

TEST_CASE("a capture whose end the hub could not take is ended later on the same link") {
  for (const ErrorCode code : {ErrorCode::exhausted, ErrorCode::unavailable}) {
    World world;
    world.record("a", 1000);
    world.segment("a", 0, 100);
    world.end("a", 1);
    world.end_answer = code;
    world.linkUp();
    world.settle();
    CHECK(world.captures.size() == 1);
    world.end_answer.reset();
    world.wait(CaptureUpload::kFirstDelay);
    CHECK(world.captures.empty());
    CHECK(world.ended.at("a") == 1);
    CHECK(world.told.size() == 1);
  }
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

TEST_CASE("a hub that is sent pieces slowly has its time to answer from the newest of them") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 3 * CaptureUpload::kPieceBytes + 1);  // below what the hub acknowledges on the way
  const auto carryOut = [&] {
    while (!world.effects.empty()) world.step();
  };
  world.linkUp();
  carryOut();
  for (int i = 0; i < 4; ++i) {
    world.now += CaptureUpload::kPatience - 1s;
    world.upload.tick(world.now, world.effects);
    REQUIRE(world.effects.empty());
    world.upload.pump(world.now, world.effects);
    carryOut();
  }
  CHECK(world.pieces == 4);
  CHECK(world.stores == 1);
  CHECK(world.told.empty());
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
      if (world.effects.empty()) world.upload.pump(world.now, world.effects);
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

TEST_CASE("a fault of the agent's own disk that passes costs no segment, and one that stays costs that one alone") {
  World world;
  world.record("a", 1000);
  world.segment("a", 0, 300'000);
  world.hash_fault = ErrorCode::unavailable;
  world.linkUp();
  world.settle();
  CHECK(world.files.size() == 1);
  CHECK(world.upload.nextDue() == world.now + CaptureUpload::kFirstDelay);
  world.hash_fault.reset();
  world.read_fault = ErrorCode::unavailable;
  world.wait(CaptureUpload::kFirstDelay);
  CHECK(world.files.size() == 1);
  world.read_fault.reset();
  world.wait(CaptureUpload::kLongestDelay);
  CHECK(world.stored.at({"a", 0}) == content("a", 0, 300'000));

  world.segment("a", 1, 300'000);
  world.segment("a", 2, 100);
  world.read_fault = ErrorCode::unavailable;
  for (int i = 0; i < CaptureUpload::kMostFaults; ++i) {
    CHECK(world.files.count({"a", 1}));
    world.wait(CaptureUpload::kLongestDelay);
  }
  CHECK_FALSE(world.files.count({"a", 1}));
  world.read_fault.reset();
  world.wait(CaptureUpload::kLongestDelay);
  CHECK(world.files.empty());
  CHECK(world.stored.count({"a", 2}));
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

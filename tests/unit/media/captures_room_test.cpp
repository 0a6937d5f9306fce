#include <catch2/catch.hpp>

#include "media/capture_index.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

// Captures without the videos, to see what goes and what stays.
class Index {
 public:
  explicit Index(std::int64_t quota, std::int64_t of_device = 0) : index_(settings(quota, of_device)) {}
  static CaptureSettings settings(std::int64_t quota, std::int64_t of_device) {
    CaptureSettings say;
    say.quota_bytes = quota;
    say.device_quota_bytes = of_device;
    return say;
  }
  void add(CaptureId id, const char* device, std::int64_t bytes, CaptureState state = CaptureState::ready,
           const char* trigger = "pir") {
    Capture capture;
    capture.id = id;
    capture.device = DeviceId::parse(device).value();
    capture.key = std::to_string(id);
    capture.trigger = trigger;
    capture.bytes = bytes;
    capture.state = state;
    index_.put(std::move(capture), MonoTime{});
  }
  // What had to go, or the error.
  std::string reserve(const char* device, std::int64_t bytes, std::size_t captures = 0,
                      std::optional<CaptureId> spare = {}) {
    std::vector<CapturePtr> victims;
    const Status done = index_.reserve(DeviceId::parse(device).value(), bytes, captures, victims, spare);
    if (!done) return toString(done.error().code);
    return idsOf(victims);
  }
  // The stills that went for another one.
  std::string keepStill(const char* device, std::int64_t bytes) {
    std::vector<CapturePtr> victims;
    index_.replaceStills(DeviceId::parse(device).value(), bytes, victims);
    return idsOf(victims);
  }
  // What goes for the disk, or that it is not enough.
  std::string giveWay(std::int64_t wanted, std::int64_t needed, std::optional<CaptureId> spare = {}) {
    std::vector<CapturePtr> victims;
    if (!index_.giveWay(wanted, needed, victims, spare)) return "not enough";
    return idsOf(victims);
  }
  // What the quotas do not allow any more.
  std::string shrink() {
    std::vector<CapturePtr> victims;
    index_.shrink(victims);
    return idsOf(victims);
  }
  CaptureIndex& operator*() { return index_; }

 private:
  static std::string idsOf(const std::vector<CapturePtr>& captures) {
    std::string ids;
    for (const CapturePtr& each : captures) ids += (ids.empty() ? "" : " ") + std::to_string(each->id);
    return ids;
  }

  CaptureIndex index_;
};

}  // namespace

TEST_CASE("when the quota is used up the oldest ready captures go, never an open one") {
  Index index(1000);
  index.add(1, "a", 300, CaptureState::open);
  index.add(2, "a", 200);
  index.add(3, "b", 200, CaptureState::failed);
  index.add(4, "b", 200, CaptureState::joining);
  index.add(5, "b", 100);
  CHECK(index.reserve("a", 0) == "");
  CHECK(index.reserve("a", 100) == "2");
  CHECK(index.reserve("a", 100) == "");
  CHECK(index.reserve("a", 101) == "3");
  CHECK(index.reserve("a", 1000) == "exhausted");
  (*index).release(DeviceId::parse("a").value(), 301);
  CHECK(index.reserve("b", 500) == "5");  // what is open or being joined stays
  CHECK((*index).figures().bytes == 1000);
}

TEST_CASE("a device that sends without end empties its own gallery, not that of others") {
  Index index(1000);
  for (CaptureId id = 1; id <= 3; ++id) index.add(id, "a", 100);
  for (CaptureId id = 4; id <= 10; ++id) index.add(id, "b", 100);
  // Far more than there is room for, in captures that are over one after another.
  for (CaptureId id = 11; id <= 60; ++id) {
    REQUIRE(index.reserve("b", 100) != "exhausted");
    (*index).release(DeviceId::parse("b").value(), 100);
    index.add(id, "b", 100);
  }
  for (CaptureId id = 1; id <= 3; ++id) CHECK((*index).find(id));
  CHECK((*index).figures().bytes == 1000);
  // A device that comes new gets its part from whoever has most.
  CHECK(index.reserve("c", 200) == "54 55");
}

TEST_CASE("captures without end, with nothing in them or a byte each, cost other devices nothing") {
  constexpr auto kMost = static_cast<CaptureId>(CaptureIndex::kMaxCaptures);
  Index index(1LL << 40);
  for (CaptureId id = 1; id <= 100; ++id) index.add(id, "camera", 1'000'000);
  const auto flood = [&](CaptureId from, std::int64_t bytes) {
    for (CaptureId id = from; id < from + kMost + 100; ++id) {
      if (index.reserve("flood", 0, 1) == "exhausted") return false;
      index.add(id, "flood", bytes, CaptureState::failed);
    }
    return true;
  };
  const auto all_there = [&] {
    for (CaptureId id = 1; id <= 100; ++id)
      if (!(*index).find(id)) return false;
    return (*index).figures().ready == 100;
  };
  REQUIRE(flood(1'000, 0));
  CHECK(all_there());
  REQUIRE(flood(100'000, 1));
  CHECK(all_there());
  CHECK((*index).figures().failed == CaptureIndex::kMaxCaptures - 100);
  CHECK(index.reserve("camera", 0, 1) == "100200");
}

TEST_CASE("a camera with all captures gives up none for those of which nothing came") {
  constexpr auto kMost = static_cast<CaptureId>(CaptureIndex::kMaxCaptures);
  Index index(1LL << 40);
  for (CaptureId id = 1; id < kMost; ++id) index.add(id, "camera", 1'000'000);
  for (CaptureId id = kMost; id < kMost + 500; ++id) {
    REQUIRE(index.reserve("flood", 0, 1) != "exhausted");
    index.add(id, "flood", 0, CaptureState::failed);
  }
  CHECK((*index).figures().ready == CaptureIndex::kMaxCaptures - 1);
}

TEST_CASE("stills take the place of older stills of their device, never of videos") {
  Index index(100'000);
  index.add(1, "a", 5'000, CaptureState::ready, "record");
  index.add(2, "a", 4'000, CaptureState::ready, "still");
  index.add(3, "b", 4'000, CaptureState::ready, "still");
  index.add(4, "a", 4'000, CaptureState::ready, "still");
  CHECK(index.keepStill("a", 2'000) == "");
  CHECK(index.keepStill("a", 2'001) == "2");  // a tenth of the quota
  CHECK(index.keepStill("a", 50'000) == "4");
  for (CaptureId id = 10; id < 10 + static_cast<CaptureId>(CaptureIndex::kMaxStillsOfDevice); ++id)
    index.add(id, "a", 1, CaptureState::ready, "still");
  CHECK(index.keepStill("a", 1) == "10");
  CHECK(index.keepStill("b", 1) == "");
  CHECK((*index).find(1));
}

TEST_CASE("a device's quota takes from its own captures") {
  Index index(100'000, 1000);
  index.add(1, "a", 600);
  index.add(2, "b", 600);
  index.add(3, "b", 300);
  CHECK(index.reserve("b", 100) == "");
  CHECK(index.reserve("b", 100) == "2");
  CHECK(index.reserve("b", 2000) == "exhausted");
  CHECK((*index).find(3));
  CHECK((*index).find(1));
}

TEST_CASE("a capture never goes for the room that is wanted for itself") {
  Index index(1000);
  index.add(1, "a", 400);
  index.add(2, "a", 300);
  index.add(3, "b", 300);
  CHECK(index.reserve("a", 100, 0, 1) == "2");
  CHECK(index.reserve("a", 500, 0, 1) == "3");
  CHECK(index.reserve("a", 100, 0, 1) == "exhausted");
  CHECK((*index).find(1));
  CHECK(index.reserve("a", 100) == "1");

  Index own(100'000, 1000);
  own.add(1, "a", 600);
  own.add(2, "a", 300);
  CHECK(own.reserve("a", 200, 0, 1) == "2");
  CHECK(own.reserve("a", 300, 0, 1) == "exhausted");
  CHECK((*own).find(1));
  CHECK(own.reserve("a", 300) == "1");
}

TEST_CASE("what smaller quotas do not allow goes as far as it may, of each device and then of all") {
  Index index(10'000);
  index.add(1, "a", 200);
  index.add(2, "a", 200);
  index.add(3, "a", 400, CaptureState::open);
  index.add(4, "b", 200);
  index.add(5, "b", 100);
  index.add(6, "c", 500);
  CHECK(index.shrink() == "");
  (*index).configure(Index::settings(10'000, 300));
  CHECK(index.shrink() == "1 2");  // the open one stays, and what is all that there is of a device
  CHECK(index.shrink() == "");
  (*index).configure(Index::settings(600, 0));
  CHECK(index.shrink() == "6 4");
  (*index).configure(Index::settings(100, 0));
  CHECK(index.shrink() == "5");
  CHECK((*index).figures().bytes == 400);
}

TEST_CASE("what the disk lacks is given by whoever has most, as far as it may go, or not at all") {
  Index index(10'000);
  index.add(1, "a", 300, CaptureState::open);
  index.add(2, "a", 200);
  index.add(3, "b", 300);
  index.add(4, "b", 100, CaptureState::joining);
  CHECK(index.giveWay(0, -5) == "");
  CHECK(index.giveWay(700, 600) == "not enough");
  CHECK(index.giveWay(300, 250, 3) == "not enough");
  CHECK(index.giveWay(250, 100) == "2 3");
  CHECK((*index).figures().bytes == 400);
  CHECK(index.giveWay(100, 0) == "");
  CHECK(index.giveWay(100, 1) == "not enough");
}

TEST_CASE("the largest capture that is not joined yet is known, for the room that joining it takes") {
  Index index(10'000);
  CHECK((*index).largestToJoin() == 0);
  index.add(1, "a", 300, CaptureState::open);
  index.add(2, "b", 500, CaptureState::joining);
  index.add(3, "b", 900);
  CHECK((*index).largestToJoin() == 500);
  (*index).change(
      2, [](Capture& each) { each.state = CaptureState::ready; }, MonoTime{}, false);
  CHECK((*index).largestToJoin() == 300);
  (*index).change(
      1, [](Capture& each) { each.bytes = 400; }, MonoTime{}, true);
  CHECK((*index).largestToJoin() == 400);
  (*index).remove(1);
  CHECK((*index).largestToJoin() == 0);
}

TEST_CASE("a refusal for lack of room deletes nothing") {
  Index index(1000);
  index.add(1, "a", 500);
  index.add(2, "a", 400, CaptureState::open);
  CHECK(index.reserve("a", 700) == "exhausted");
  CHECK((*index).find(1));
}

TEST_CASE("segments make room for themselves, and are refused with a sentence where they cannot") {
  CaptureBench bench([](CaptureSettings& settings, CaptureParts&) { settings.quota_bytes = 2'000'000; });
  const CaptureId old = bench.begin("old").value();
  REQUIRE(bench.send(old, 0, mp4Silent()[0]));
  REQUIRE(bench.end(old, 1));
  REQUIRE(bench.joined(old)->state == CaptureState::ready);
  const CaptureId id = bench.begin("new").value();
  REQUIRE(bench.send(id, 0, std::string(1'000'000, 'a')));
  CHECK(bench.captures->find(old));
  REQUIRE(bench.send(id, 1, std::string(950'000, 'b')));
  CHECK_FALSE(bench.captures->find(old));
  REQUIRE(bench.waitGone(old));
  bench.settle(old);
  CHECK_FALSE(fs::exists(bench.file(old, "video.mp4")));
  const Status refused = bench.send(id, 2, std::string(100'000, 'c'));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::exhausted);
  CHECK(refused.error().message.find("quota") != std::string::npos);
  CHECK(bench.captures->figures().refused_total == 1);
  // Of unknown length: noticed on the way.
  const Status endless = bench.send(id, {3, {}, {}, "mp4"}, std::string(3'000'000, 'd'));
  REQUIRE_FALSE(endless);
  CHECK(endless.error().code == ErrorCode::exhausted);
  // What is there is still joined or judged.
  CHECK(bench.end(id, 2));
}

TEST_CASE("while the disk is nearly full nothing new is taken, and it goes on afterwards") {
  std::atomic<bool> room{false};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { parts.room = [&] { return room.load(); }; });
  CHECK(bench.begin("k").error().code == ErrorCode::exhausted);
  room = true;
  const CaptureId id = bench.begin("k").value();
  room = false;
  const Status refused = bench.send(id, 0, "bytes");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::exhausted);
  CHECK(bench.begin("k").value() == id);
  room = true;
  CHECK(bench.send(id, 0, "bytes"));
}

TEST_CASE("captures go when they are older than the settings keep them; a smaller quota counts at once") {
  CaptureBench bench([](CaptureSettings& settings, CaptureParts&) { settings.keep = std::chrono::hours(48); });
  const auto make = [&](const std::string& key) {
    const CaptureId id = bench.begin(key).value();
    REQUIRE(bench.send(id, 0, mp4Silent()[0]));
    REQUIRE(bench.end(id, 1));
    REQUIRE(bench.joined(id)->state == CaptureState::ready);
    return id;
  };
  const CaptureId first = make("first");
  bench.clock.advance(std::chrono::hours(40));
  const CaptureId second = make("second"), third = make("third");
  bench.captures->tick();
  CHECK(bench.captures->find(first));
  bench.clock.advance(std::chrono::hours(9));
  bench.captures->tick();
  CHECK_FALSE(bench.captures->find(first));
  CHECK(bench.captures->find(second));
  CaptureSettings smaller;
  smaller.quota_bytes = bench.captures->find(third)->bytes + 1000;
  bench.captures->configure(smaller);
  CHECK_FALSE(bench.captures->find(second));
  CHECK(bench.captures->find(third));
}

TEST_CASE("a smaller quota of each device counts at once, also for one that sends nothing more") {
  CaptureBench bench;
  const auto make = [&](const std::string& key, const char* of) {
    const CaptureId id = bench.begin(key, of).value();
    REQUIRE(bench.send(id, 0, mp4Silent()[0]));
    REQUIRE(bench.end(id, 1));
    REQUIRE(bench.joined(id)->state == CaptureState::ready);
    return id;
  };
  const CaptureId older = make("older", "porch"), newer = make("newer", "porch"), other = make("other", "garden");
  CaptureSettings smaller;
  smaller.device_quota_bytes = bench.captures->find(newer)->bytes + 1000;
  bench.captures->configure(smaller);
  CHECK_FALSE(bench.captures->find(older));
  CHECK(bench.captures->find(newer));
  CHECK(bench.captures->find(other));
  CHECK(bench.waitGone(older));
}

TEST_CASE("a segment that comes late waits for room rather than push its own capture out") {
  const auto segments = mp4Silent();
  const auto sizeOf = [&](std::size_t number) { return static_cast<std::int64_t>(segments[number].size()); };
  CaptureBench bench([&](CaptureSettings& settings, CaptureParts&) {
    settings.device_quota_bytes = sizeOf(0) + sizeOf(1) + sizeOf(2) / 2;
    settings.idle = std::chrono::minutes(10);
  });
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, segments[0]));
  REQUIRE(bench.send(id, 1, segments[1]));
  bench.clock.advance(std::chrono::minutes(11));
  bench.captures->tick();
  REQUIRE(bench.joined(id)->state == CaptureState::ready);

  const Status refused = bench.send(id, 2, segments[2]);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::exhausted);
  REQUIRE(bench.captures->find(id));
  CHECK(bench.captures->find(id)->state == CaptureState::ready);

  bench.captures->configure(CaptureSettings{});
  CHECK(bench.send(id, 2, segments[2]));
  REQUIRE(bench.end(id, 3));
  const CapturePtr whole = bench.joined(id);
  REQUIRE(whole);
  CHECK(whole->state == CaptureState::ready);
  CHECK(whole->gaps.empty());
}

TEST_CASE("lists are newest first, in pages, of what one may see") {
  CaptureBench bench;
  std::vector<CaptureId> ids;
  for (int i = 0; i < 7; ++i)
    ids.push_back(
        bench.begin("k" + std::to_string(i), i % 2 ? "hidden" : "lab-camera", i == 6 ? "alarm" : "pir").value());
  std::optional<CaptureId> goes_on;
  const auto list = [&](const CaptureQuery& wanted) {
    std::vector<CaptureId> found;
    const auto page = bench.captures->list(wanted, [](const Capture& one) { return one.device.str() != "hidden"; });
    goes_on = page.goes_on;
    for (const auto& each : page.captures) found.push_back(each->id);
    return found;
  };
  const auto query = [](const std::function<void(CaptureQuery&)>& fill) {
    CaptureQuery made;
    fill(made);
    return made;
  };
  CHECK(list(query([](auto& q) { q.limit = 2; })) == std::vector{ids[6], ids[4]});
  CHECK(list(query([&](auto& q) { q.limit = 2, q.before = ids[4]; })) == std::vector{ids[2], ids[0]});
  CHECK(list(query([](auto& q) { q.trigger = "alarm"; })) == std::vector{ids[6]});
  CHECK(list(query([](auto& q) { q.device = "hidden"; })).empty());
  CHECK(list(query([](auto& q) { q.from_ms = 1'600'000'000'001; })).empty());
  CHECK(list(query([](auto& q) { q.from_ms = 1'600'000'000'000, q.to_ms = 1'600'000'000'001; })).size() == 4);
  // A search that finds little ends early, and says where it goes on.
  CHECK(list(query([](auto& q) { q.looks = 3; })) == std::vector{ids[6], ids[4]});
  REQUIRE(goes_on == ids[4]);
  CHECK(list(query([&](auto& q) { q.looks = 4, q.before = goes_on; })) == std::vector{ids[2], ids[0]});
  CHECK_FALSE(goes_on);
}

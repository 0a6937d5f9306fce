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
  void add(CaptureId id, const char* device, std::int64_t bytes, CaptureState state = CaptureState::ready) {
    Capture capture;
    capture.id = id;
    capture.device = DeviceId::parse(device).value();
    capture.key = std::to_string(id);
    capture.trigger = "pir";
    capture.bytes = bytes;
    capture.state = state;
    index_.put(std::move(capture), MonoTime{});
  }
  // What had to go, or the error.
  std::string reserve(const char* device, std::int64_t bytes) {
    std::vector<CapturePtr> victims;
    const Status done = index_.reserve(DeviceId::parse(device).value(), bytes, 0, victims);
    if (!done) return toString(done.error().code);
    std::string ids;
    for (const CapturePtr& victim : victims) ids += (ids.empty() ? "" : " ") + std::to_string(victim->id);
    return ids;
  }
  CaptureIndex& operator*() { return index_; }

 private:
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

TEST_CASE("lists are newest first, in pages, of what one may see") {
  CaptureBench bench;
  std::vector<CaptureId> ids;
  for (int i = 0; i < 7; ++i)
    ids.push_back(
        bench.begin("k" + std::to_string(i), i % 2 ? "hidden" : "lab-camera", i == 6 ? "alarm" : "pir").value());
  const auto list = [&](const CaptureQuery& wanted) {
    std::vector<CaptureId> found;
    for (const auto& each :
         bench.captures->list(wanted, [](const Capture& one) { return one.device.str() != "hidden"; }))
      found.push_back(each->id);
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
}

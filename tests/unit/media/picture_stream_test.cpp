#include "media/picture_stream.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <set>

#include "unit/net/test_server.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace std::chrono_literals;
using net::test::RawPeer;
using net::test::Signal;
using net::test::TestServer;

namespace {

// Goes with the system's clock, and ahead of it as it is told to.
class LeapingClock final : public Clock {
 public:
  MonoTime now() const override { return system_.now() + Duration(ahead_ns_.load()); }
  WallTime wall() const override { return system_.wall(); }
  void leap(Duration by) { ahead_ns_ += by.count(); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> ahead_ns_{0};
};

std::string jpegOf(const std::string& content) {
  return "\xff\xd8\xff" + content + "\xff\xd9";
}

// A device's stream behind a real server with three loops: GET /watch becomes a viewer.
struct Studio {
  Studio() : server({}, 3), owner(server.loops.at(0)) {
    stream = std::make_shared<PictureStream>(server.loops, owner, clock);
    stream->onInterest([this](bool wanted) { note(interest, wanted); });
    stream->onLive([this](bool live) { note(lives, live); });
    server.app->on_request = [this](std::shared_ptr<net::Exchange> exchange) {
      net::HttpResponse head;
      head.content_type = mjpegContentType();
      auto viewer = exchange->stream(std::move(head));
      auto token = std::make_shared<int>(0);
      {
        std::lock_guard lock(mutex);
        tokens.push_back(token);
        viewers.push_back(viewer);
        loops_seen.push_back(exchange->loop().index());
      }
      stream->addViewer(std::move(viewer), exchange->loop(), std::move(token));
    };
  }
  ~Studio() { server.loops.stop(); }

  bool offer(const std::string& content) {
    bool taken = false;
    server.on(owner, [&] { taken = stream->offer(jpegOf(content)); });
    return taken;
  }
  std::unique_ptr<RawPeer> viewer(int receive_buffer = 0) {
    auto peer = std::make_unique<RawPeer>(server.port, receive_buffer);
    peer->say("GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return peer;
  }
  // One that has been answered, so that it is on its stream.
  std::unique_ptr<RawPeer> watching() {
    auto peer = viewer();
    peer->until("--robohub-picture\r\n");
    return peer;
  }
  static std::string part(RawPeer& peer) { return peer.until("\r\n--robohub-picture\r\n"); }
  template <class Condition>
  bool eventually(Condition condition, std::chrono::milliseconds limit = 6s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::unique_lock lock(mutex);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      changed.wait_for(lock, 5ms);
    }
    return true;
  }
  bool wanted() {
    bool answer = false;
    server.on(owner, [&] { answer = stream->wanted(); });
    return answer;
  }

  LeapingClock clock;
  std::mutex mutex;  // guards the lists
  std::condition_variable changed;
  std::vector<bool> interest, lives;
  std::vector<std::weak_ptr<int>> tokens;
  std::vector<std::weak_ptr<net::HttpStream>> viewers;
  std::vector<std::size_t> loops_seen;
  TestServer server;
  net::Loop& owner;
  std::shared_ptr<PictureStream> stream;

 private:
  void note(std::vector<bool>& list, bool value) {
    std::lock_guard lock(mutex);
    list.push_back(value);
    changed.notify_all();
  }
};

}  // namespace

TEST_CASE("A viewer gets the newest picture at once and each one that follows") {
  Studio studio;
  REQUIRE(studio.offer("first"));
  REQUIRE(studio.offer("second"));
  const auto peer = studio.viewer();
  CHECK(peer->until("\r\n\r\n").find("Content-Type: multipart/x-mixed-replace; boundary=robohub-picture\r\n") !=
        std::string::npos);
  CHECK(peer->until("\r\n") == "--robohub-picture\r\n");
  CHECK(Studio::part(*peer).find(jpegOf("second")) != std::string::npos);
  REQUIRE(studio.offer("third"));
  CHECK(Studio::part(*peer).find(jpegOf("third")) != std::string::npos);
}

TEST_CASE("What is no JPEG is dropped and nobody is sent anything") {
  Studio studio;
  const auto peer = studio.watching();
  bool taken = true;
  studio.server.on(studio.owner, [&] { taken = studio.stream->offer("no picture"); });
  CHECK_FALSE(taken);
  REQUIRE(studio.offer("good"));
  CHECK(Studio::part(*peer).find("no picture") == std::string::npos);
}

TEST_CASE("Viewers on every loop get the same picture") {
  Studio studio;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 6; ++i) peers.push_back(studio.watching());
  REQUIRE(studio.offer("for all"));
  for (const auto& peer : peers) CHECK(Studio::part(*peer).find(jpegOf("for all")) != std::string::npos);
  const std::set<std::size_t> loops(studio.loops_seen.begin(), studio.loops_seen.end());
  CHECK(loops.size() == 3);
}

TEST_CASE("A slow viewer skips to the newest picture while others see them all") {
  Studio studio;
  const auto slow = studio.viewer(4096);
  const auto quick = studio.watching();
  slow->until("--robohub-picture\r\n");
  constexpr int kPictures = 40;
  const std::string much(200'000, 'x');
  for (int i = 0; i < kPictures; ++i) {
    const std::string mark = "no-" + std::to_string(i) + ".";
    REQUIRE(studio.offer(much + mark));
    CHECK(Studio::part(*quick).find(mark) != std::string::npos);
  }
  int seen = 0;
  for (std::string part; part.find("no-39.") == std::string::npos; ++seen) part = Studio::part(*slow);
  CHECK(seen < kPictures);
}

TEST_CASE("The source works from the first viewer until a while after the last one") {
  Studio studio;
  {
    const auto first = studio.watching();
    REQUIRE(studio.eventually([&] { return studio.interest == std::vector<bool>{true}; }));
    const auto second = studio.watching();
    first->hangUp();
    studio.clock.leap(10s);
    std::this_thread::sleep_for(1100ms);  // one review: it must see the second viewer
    CHECK(studio.wanted());
    second->hangUp();
    REQUIRE(studio.eventually([&] { return studio.tokens[1].expired(); }));
    CHECK(studio.wanted());
  }
  studio.clock.leap(PictureStream::kLinger);
  REQUIRE(studio.eventually([&] { return studio.interest == std::vector<bool>{true, false}; }));
}

TEST_CASE("A viewer that comes back within the linger does not switch the source off and on") {
  Studio studio;
  studio.watching()->hangUp();
  REQUIRE(studio.eventually([&] { return studio.tokens[0].expired(); }));
  const auto again = studio.watching();
  studio.clock.leap(10s);
  std::this_thread::sleep_for(1100ms);
  CHECK(studio.interest == std::vector<bool>{true});
}

TEST_CASE("Asking for stills keeps the source on for as long as somebody asks") {
  Studio studio;
  CHECK(studio.stream->newest() == nullptr);
  REQUIRE(studio.eventually([&] { return studio.interest == std::vector<bool>{true}; }));
  studio.clock.leap(PictureStream::kLinger);
  REQUIRE(studio.eventually([&] { return studio.interest == std::vector<bool>{true, false}; }));
}

TEST_CASE("A stream is live while pictures come in") {
  Studio studio;
  REQUIRE(studio.offer("one"));
  REQUIRE(studio.offer("two"));
  CHECK(studio.lives == std::vector<bool>{true});
  studio.clock.leap(PictureStream::kFresh);
  REQUIRE(studio.eventually([&] { return studio.lives == std::vector<bool>{true, false}; }));
  REQUIRE(studio.offer("three"));
  CHECK(studio.lives == std::vector<bool>{true, false, true});
  studio.server.on(studio.owner, [&] { studio.stream->sourceLost(); });
  CHECK(studio.lives == std::vector<bool>{true, false, true, false});
}

TEST_CASE("A still is the newest picture, and none that is old") {
  Studio studio;
  REQUIRE(studio.offer("old"));
  CHECK(studio.stream->newest()->jpeg() == jpegOf("old"));
  studio.clock.leap(PictureStream::kFresh);
  CHECK(studio.stream->newest() == nullptr);
  const auto viewer = studio.watching();
  REQUIRE(studio.offer("new"));
  CHECK(Studio::part(*viewer).find(jpegOf("new")) != std::string::npos);
}

TEST_CASE("Who waits for a still gets the next picture, once") {
  Studio studio;
  std::atomic<int> answers{0};
  PicturePtr got;
  Signal answered;
  net::Loop& loop = studio.server.loops.at(2);
  studio.server.on(loop, [&] {
    studio.stream->awaitPicture(loop, 10s, [&](PicturePtr picture) {
      got = std::move(picture);
      ++answers;
      answered.raise();
    });
  });
  REQUIRE(studio.offer("one"));
  REQUIRE(studio.offer("two"));
  REQUIRE(answered.wait());
  // The second one may be there before the loop hears of the first.
  CHECK((got->jpeg() == jpegOf("one") || got->jpeg() == jpegOf("two")));
  studio.server.on(loop, [] {});
  CHECK(answers == 1);
}

TEST_CASE("Who waits for a still in vain is told so, once, and a later picture finds nobody") {
  Studio studio;
  Signal answered;
  std::atomic<int> answers{0};
  PicturePtr got;
  net::Loop& loop = studio.server.loops.at(1);
  studio.server.on(loop, [&] {
    studio.stream->awaitPicture(loop, 20ms, [&](PicturePtr picture) {
      got = std::move(picture);
      ++answers;
      answered.raise();
    });
  });
  REQUIRE(answered.wait());
  CHECK(got == nullptr);
  REQUIRE(studio.offer("late"));
  studio.server.on(loop, [] {});
  CHECK(answers == 1);
}

TEST_CASE("A viewer whose peer has gone is let go of with its token, also when no picture comes") {
  Studio studio;
  const auto peer = studio.watching();
  CHECK_FALSE(studio.tokens[0].expired());
  peer->hangUp();
  REQUIRE(studio.eventually([&] { return studio.tokens[0].expired(); }));
}

TEST_CASE("A viewer that is closed from here is let go of with its token, also when no picture comes") {
  Studio studio;
  const auto peer = studio.watching();
  const auto other = studio.watching();
  net::Loop& loop = studio.server.loops.at(studio.loops_seen[0]);
  studio.server.on(loop, [&] {
    if (const auto viewer = studio.viewers[0].lock()) studio.stream->close(*viewer, loop);
  });
  CHECK(studio.tokens[0].expired());
  CHECK(studio.viewers[0].expired());
  CHECK(peer->closedWithin(2000));
  REQUIRE(studio.offer("for the other"));
  CHECK(Studio::part(*other).find("for the other") != std::string::npos);
}

TEST_CASE("The end of a stream closes its viewers on their loops, and answers who waits") {
  Studio studio;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(studio.watching());
  Signal answered;
  net::Loop& loop = studio.server.loops.at(1);
  studio.server.on(loop, [&] {
    studio.stream->awaitPicture(loop, 60s, [&](const PicturePtr& picture) {
      if (!picture) answered.raise();
    });
  });
  studio.stream->end();
  CHECK(answered.wait());
  for (const auto& peer : peers) CHECK(peer->closedWithin(2000));
  REQUIRE(studio.eventually([&] {
    return std::all_of(studio.tokens.begin(), studio.tokens.end(), [](const auto& token) { return token.expired(); });
  }));
  CHECK(studio.viewer()->closedWithin(2000));
  studio.server.on(loop, [&] {
    studio.stream->awaitPicture(loop, 60s, [&](const PicturePtr& picture) {
      if (!picture) answered.raise();
    });
  });
  CHECK(answered.wait(2));
}

TEST_CASE("Counts stay right while viewers come and go under pictures") {
  Studio studio;
  std::atomic<bool> going{true};
  std::thread source([&] {
    for (int i = 0; going; ++i) studio.offer("picture " + std::to_string(i));
  });
  for (int round = 0; round < 40; ++round) {
    const auto stays = studio.watching();
    const auto resets = studio.viewer();
    resets->reset();
    Studio::part(*stays);
  }
  going = false;
  source.join();
  REQUIRE(studio.eventually([&] {
    return std::all_of(studio.tokens.begin(), studio.tokens.end(), [](const auto& token) { return token.expired(); });
  }));
  studio.clock.leap(10s);
  REQUIRE(studio.eventually([&] { return !studio.interest.empty() && !studio.interest.back(); }));
}

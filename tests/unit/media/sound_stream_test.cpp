#include "media/sound_stream.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "unit/net/test_server.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace std::chrono_literals;
using net::test::RawPeer;
using net::test::TestServer;

namespace {

constexpr int kRate_hz = 16000;
constexpr std::size_t kChunkBytes = 1280;  // 40 ms

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

std::string chunk(char content) {
  return std::string(kChunkBytes, content);
}

// A microphone behind a real server with three loops: GET /hear becomes a listener.
struct Studio {
  Studio() : server({}, 3), owner(server.loops.at(0)) {
    stream = std::make_shared<SoundStream>(server.loops, owner, clock, kRate_hz);
    stream->onInterest([this](bool wanted) { note(interest, wanted); });
    stream->onLive([this](bool live) { note(lives, live); });
    server.app->on_request = [this](std::shared_ptr<net::Exchange> exchange) {
      net::HttpResponse head;
      head.content_type = wavContentType();
      auto listener = exchange->stream(std::move(head));
      auto token = std::make_shared<int>(0);
      {
        std::lock_guard lock(mutex);
        tokens.push_back(token);
        listeners.push_back(listener);
        loops_seen.push_back(&exchange->loop());
      }
      stream->addListener(std::move(listener), exchange->loop(), std::move(token));
    };
  }
  ~Studio() { server.loops.stop(); }

  Status offer(const std::string& pcm) {
    Status status;
    server.on(owner, [&] { status = stream->offer(pcm); });
    return status;
  }
  // One that has been answered, so that it is on the stream.
  std::unique_ptr<RawPeer> listening(int receive_buffer = 0) {
    auto peer = std::make_unique<RawPeer>(server.port, receive_buffer);
    peer->say("GET /hear HTTP/1.1\r\nHost: localhost\r\n\r\n");
    peer->until("\r\n\r\n");
    peer->until(std::string(*wavOpening(kRate_hz)));
    return peer;
  }
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
  void hear() {
    REQUIRE(eventually([&] { return !interest.empty() && interest.back(); }));
  }

  LeapingClock clock;
  std::mutex mutex;  // guards the lists
  std::condition_variable changed;
  std::vector<bool> interest, lives;
  std::vector<std::weak_ptr<int>> tokens;
  std::vector<std::weak_ptr<net::HttpStream>> listeners;
  std::vector<net::Loop*> loops_seen;
  TestServer server;
  net::Loop& owner;
  std::shared_ptr<SoundStream> stream;

 private:
  void note(std::vector<bool>& list, bool value) {
    std::lock_guard lock(mutex);
    list.push_back(value);
    changed.notify_all();
  }
};

}  // namespace

TEST_CASE("The opening is that of a WAV without an end") {
  const std::string head(*wavOpening(16000));
  REQUIRE(head.size() == 44);
  CHECK(head.substr(0, 4) == "RIFF");
  CHECK(head.substr(8, 8) == "WAVEfmt ");
  CHECK(head.substr(20, 4) == std::string("\x01\0\x01\0", 4));  // PCM, one channel
  CHECK(head.substr(24, 4) == std::string("\x80\x3e\0\0", 4));  // 16000 a second
  CHECK(head.substr(28, 4) == std::string("\0\x7d\0\0", 4));    // 32000 bytes a second
  CHECK(head.substr(32, 4) == std::string("\x02\0\x10\0", 4));  // 2 bytes, 16 bits
  CHECK(head.substr(36) == "data" + std::string(4, '\xff'));
}

TEST_CASE("Listeners on every loop hear what comes from when they came, and nothing of before") {
  Studio studio;
  const auto first = studio.listening();
  studio.hear();
  REQUIRE(studio.offer(chunk('a')));
  CHECK(first->until(chunk('a')) == chunk('a'));
  std::vector<std::unique_ptr<RawPeer>> others;
  for (int i = 0; i < 5; ++i) others.push_back(studio.listening());
  REQUIRE(studio.offer(chunk('b')));
  CHECK(first->until(chunk('b')) == chunk('b'));
  for (const auto& each : others) CHECK(each->until(chunk('b')) == chunk('b'));
}

TEST_CASE("The microphone works from the first listener to the last one's end") {
  Studio studio;
  CHECK(studio.offer(chunk('a')));  // without a word: it is on its way when nobody listens any more
  CHECK_FALSE(studio.stream->newestAt());
  auto first = studio.listening(), second = studio.listening();
  studio.hear();
  first.reset();
  CHECK(studio.wanted());
  second.reset();
  CHECK(studio.eventually([&] { return studio.interest == std::vector<bool>{true, false}; }));
  for (const auto& token : studio.tokens) CHECK(studio.eventually([&] { return token.expired(); }));
}

TEST_CASE("A listener that does not read loses the oldest, and the others hear everything") {
  Studio studio;
  const auto slow = studio.listening(4096);
  const auto good = studio.listening();
  studio.hear();
  std::size_t dropped = 0, most_waiting = 0;
  for (int i = 0; i < 20'000 && dropped < 100; ++i) {
    studio.clock.leap(40ms);
    const std::string sent = chunk(static_cast<char>('a' + i % 26));
    REQUIRE(studio.offer(sent));
    REQUIRE(good->until(sent) == sent);
    bool there = false;
    studio.server.on(*studio.loops_seen[0], [&] {
      std::lock_guard lock(studio.mutex);
      const auto stream = studio.listeners[0].lock();
      if (!stream) return;
      there = true;
      dropped = stream->counts().dropped_sound;
      most_waiting = std::max(most_waiting, stream->queuedBytes());
    });
    REQUIRE(there);
  }
  CHECK(dropped >= 100);
  CHECK(most_waiting <= net::OutputLimits{}.sound_bytes);
}

TEST_CASE("Much more sound than its rate allows is refused, a moment's is not") {
  Studio studio;
  const auto peer = studio.listening();
  studio.hear();
  int taken = 0;
  while (taken < 1000 && studio.offer(chunk('x'))) ++taken;
  CHECK(taken >= 50);   // two seconds
  CHECK(taken <= 100);  // and not four
  CHECK(studio.offer(chunk('x')).error().code == ErrorCode::exhausted);
  studio.clock.leap(1s);
  CHECK(studio.offer(chunk('x')));
}

TEST_CASE("It is live while sound comes, and not a moment longer than it takes to be sure") {
  Studio studio;
  const auto peer = studio.listening();
  studio.hear();
  REQUIRE(studio.offer(chunk('x')));
  CHECK(studio.eventually([&] { return studio.lives == std::vector<bool>{true}; }));
  CHECK(studio.stream->newestAt());
  studio.clock.leap(2s);
  CHECK(studio.eventually([&] { return studio.lives == std::vector<bool>{true, false}; }));
  REQUIRE(studio.offer(chunk('x')));
  studio.server.on(studio.owner, [&] { studio.stream->sourceLost(); });
  CHECK(studio.eventually([&] { return studio.lives == std::vector<bool>{true, false, true, false}; }));
}

TEST_CASE("A listener that is closed, and a stream that ends, let go of everything") {
  Studio studio;
  const auto first = studio.listening(), second = studio.listening();
  studio.hear();
  net::Loop& loop = *studio.loops_seen[0];
  studio.server.on(loop, [&] { studio.stream->close(*studio.listeners[0].lock(), loop); });
  CHECK(studio.tokens[0].expired());
  CHECK(studio.wanted());
  studio.stream->end();
  CHECK(studio.eventually([&] { return studio.tokens[1].expired() && studio.interest.back() == false; }));
  const auto late = std::make_unique<RawPeer>(studio.server.port);
  late->say("GET /hear HTTP/1.1\r\nHost: localhost\r\n\r\n");
  late->until("\r\n\r\n");
  CHECK(studio.eventually([&] { return studio.tokens.size() == 3 && studio.tokens[2].expired(); }));
}

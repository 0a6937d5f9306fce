// Captures out of pictures: names, segments, what came before a movement, and files that a player can play.
#include <catch2/catch.hpp>

#include <map>

#include "cloud_camera/jpeg.hpp"
#include "cloud_camera/lab/scene.hpp"
#include "cloud_camera/recorder.hpp"
#include "unit/cloud_camera/video.hpp"
#include "unit/store/temp_folder.hpp"

using namespace cloud_camera;
using namespace cloud_camera::test;

namespace {

constexpr int kFps = 10;

struct Rig {
  struct Segment {
    std::string key, trigger;
    std::int64_t started_ms;
    std::uint32_t number;
    std::string file;
  };
  robohub::test::TempFolder temp;
  std::vector<Segment> segments;
  std::vector<std::pair<std::string, std::uint32_t>> ends;
  std::vector<std::string> complaints;
  std::int64_t wall_s = 1'700'000'000;
  bool taken = true;
  double t_s = 1000;
  Scene scene{160, 96, 1, 20};
  Recorder recorder;

  explicit Rig(RecordSettings settings = {2, 1, 3, 20, 400})
      : recorder(settings, kFps, temp.path(),
                 {[this](const std::string& key, const std::string& trigger, std::int64_t started_ms,
                         std::uint32_t number, const std::string& file) {
                    segments.push_back({key, trigger, started_ms, number, file});
                    return taken;
                  },
                  [this](const std::string& key, std::uint32_t n) { ends.emplace_back(key, n); },
                  [this] { return wall_s; }, [this](const std::string& text) { complaints.push_back(text); }, [] {}}) {}

  void run(double seconds, bool armed, bool moving) {
    for (int i = 0; i < static_cast<int>(seconds * kFps + 0.5); ++i, t_s += 1.0 / kFps) {
      auto frame = std::make_shared<Frame>(scene.draw(t_s));
      frame->t_ns = static_cast<std::int64_t>(t_s * 1e9);
      recorder.take(frame, armed, moving);
    }
  }
  Video video(std::size_t i) const { return readVideo(temp.path() / segments.at(i).file); }
};

}  // namespace

TEST_CASE("a movement is recorded with what came before it, in segments that play one behind another") {
  Rig rig;
  rig.run(3, true, false);
  CHECK(rig.segments.empty());
  rig.run(4, true, true);
  CHECK(rig.recorder.capturing());
  rig.run(1, true, false);
  CHECK_FALSE(rig.recorder.capturing());

  REQUIRE(rig.segments.size() == 3);  // 1 s of before, 4 s, and the picture that ended it
  REQUIRE(rig.ends == std::vector<std::pair<std::string, std::uint32_t>>{{"pir.1700000000", 3}});
  double total_s = 0;
  std::size_t pictures = 0;
  for (std::size_t i = 0; i < rig.segments.size(); ++i) {
    INFO(i);
    const auto& segment = rig.segments[i];
    CHECK(segment.key == "pir.1700000000");
    CHECK(segment.trigger == "pir");
    CHECK(segment.started_ms == 1'700'000'000'000);
    CHECK(segment.number == i);
    CHECK(segment.file == "pir.1700000000." + std::to_string(i) + ".mp4");
    const Video video = rig.video(i);
    REQUIRE(video.good);
    CHECK(video.width == 160);
    CHECK(video.height == 96);
    CHECK((video.pixel_aspect.num == 1 && video.pixel_aspect.den == 1));
    REQUIRE_FALSE(video.keys.empty());
    CHECK(video.keys.front());
    CHECK(video.times_s.front() == Approx(0).margin(1e-6));
    for (std::size_t p = 1; p < video.times_s.size(); ++p)
      CHECK(video.times_s[p] - video.times_s[p - 1] == Approx(1.0 / kFps).margin(2e-4));
    // What joins segments without encoding needs the same parameters in each.
    CHECK(video.parameters == rig.video(0).parameters);
    total_s += video.duration_s;
    pictures += video.times_s.size();
  }
  CHECK(total_s == Approx(static_cast<double>(pictures) / kFps).margin(2e-3));
  CHECK(total_s == Approx(5.1).margin(0.15));
}

TEST_CASE("an asked capture has its length, armed or not, and asking again prolongs it") {
  Rig rig;
  rig.run(1, false, false);
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
  rig.run(2, false, false);
  CHECK(rig.recorder.capturing());
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
  rig.run(2.5, false, true);  // disarmed: what moves keeps nothing going
  CHECK(rig.recorder.capturing());
  rig.run(1, false, true);
  CHECK_FALSE(rig.recorder.capturing());
  REQUIRE(rig.segments.size() == 3);
  CHECK(rig.segments[0].trigger == "request");
  CHECK(rig.segments[0].file == "cap.1700000000.0.mp4");
}

TEST_CASE("captures within one second, and behind a clock that was set back, have names of their own") {
  Rig rig({1, 0, 1, 20, 400});
  for (int i = 0; i < 3; ++i) {
    rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
    rig.run(1.5, false, false);
  }
  rig.wall_s -= 1000;
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
  rig.run(1.5, false, false);
  REQUIRE(rig.ends.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(rig.ends[i].first == "cap." + std::to_string(1'700'000'000 + i));
  // When it was is another matter: that is what the clock says.
  CHECK(rig.segments.front().started_ms == 1'700'000'000'000);
  CHECK(rig.segments.back().started_ms == 1'699'999'000'000);
}

TEST_CASE("what moves on and on becomes several captures") {
  Rig rig({2, 1, 3, 5, 400});
  rig.run(12, true, true);
  CHECK(rig.ends.size() == 2);
  CHECK(rig.recorder.capturing());
  rig.recorder.endMoved();
  CHECK(rig.ends.size() == 3);
}

TEST_CASE("what is asked for again and again becomes several captures, without a picture lost between them") {
  Rig rig({2, 1, 3, 5, 400});
  for (int i = 0; i < 6; ++i, rig.wall_s += 2) {
    rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
    rig.run(2, false, false);
  }
  CHECK(rig.ends.size() == 2);
  CHECK(rig.recorder.capturing());
  rig.recorder.end();
  CHECK(rig.complaints.empty());
  REQUIRE(rig.ends.size() == 3);
  CHECK(rig.ends[0].first == "cap.1700000000");
  std::size_t pictures = 0;
  std::map<std::string, std::uint32_t> numbers;
  for (std::size_t i = 0; i < rig.segments.size(); ++i) {
    const auto& segment = rig.segments[i];
    CHECK(segment.trigger == "request");
    CHECK(segment.number == numbers[segment.key]++);
    pictures += rig.video(i).times_s.size();
  }
  CHECK(numbers.size() == 3);
  for (const auto& [key, count] : rig.ends) CHECK(numbers[key] == count);
  CHECK(pictures == 120);
}

TEST_CASE("one request is one capture, also where it is longer than what a movement may be") {
  Rig rig({2, 1, 8, 5, 400});
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
  rig.run(9, false, false);
  CHECK_FALSE(rig.recorder.capturing());
  REQUIRE(rig.ends.size() == 1);
  CHECK(rig.ends[0].second == rig.segments.size());
}

TEST_CASE("disarming ends what a movement began, but not what was asked for") {
  Rig rig;
  rig.run(2, true, true);
  rig.recorder.endMoved();
  CHECK_FALSE(rig.recorder.capturing());
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
  rig.run(1, true, false);
  rig.recorder.endMoved();
  CHECK(rig.recorder.capturing());
}

TEST_CASE("pictures that change their size, or whose time stands still, end a capture in order") {
  Rig rig;
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
  rig.run(2.5, false, false);
  auto frame = std::make_shared<Frame>(rig.scene.draw(1));
  frame->t_ns = static_cast<std::int64_t>((rig.t_s - 1) * 1e9);  // older than the last
  rig.recorder.take(frame, false, false);
  CHECK(rig.complaints.empty());
  auto other = std::make_shared<Frame>(320, 240);
  other->t_ns = static_cast<std::int64_t>((rig.t_s + 0.1) * 1e9);
  rig.recorder.take(other, false, false);
  CHECK_FALSE(rig.recorder.capturing());
  REQUIRE(rig.complaints.size() == 1);
  CHECK(rig.complaints[0].find("changed their size") != std::string::npos);
  // The segment that was broken off is a gap, not a file that ends somewhere.
  REQUIRE(rig.ends.size() == 1);
  CHECK(rig.ends[0].second == 2);
  REQUIRE(rig.segments.size() == 1);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(rig.temp.path())) files += entry.is_regular_file();
  CHECK(files == 1);
}

TEST_CASE("a disk that cannot be written is told, and the next capture tries again") {
  Rig rig;
  std::filesystem::create_directory(rig.temp.path() / "cap.1700000000.0.mp4.part");  // in the way
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
  rig.run(1, false, false);
  CHECK(rig.complaints.size() == 1);
  CHECK(rig.ends.empty());
  ++rig.wall_s;
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));  // somebody asks: at once
  rig.run(4, false, false);
  CHECK(rig.ends.size() == 1);
}

TEST_CASE("a movement before a disk that cannot be written is tried now and then, not with every picture") {
  Rig rig;
  std::filesystem::remove(rig.temp.path());
  rig.run(9, true, true);
  CHECK(rig.complaints.size() == 1);
  CHECK_FALSE(rig.recorder.capturing());
  rig.run(9, true, true);
  CHECK(rig.complaints.size() == 2);
  std::filesystem::create_directory(rig.temp.path());
  rig.run(9, true, true);
  CHECK(rig.complaints.size() == 2);
  CHECK(rig.recorder.capturing());
  REQUIRE_FALSE(rig.segments.empty());
  // Names do not run ahead of the clock with what never became a capture.
  CHECK(rig.segments[0].key == "pir.1700000000");
}

TEST_CASE("segments that nobody takes are deleted") {
  Rig rig;
  rig.taken = false;
  rig.recorder.request(static_cast<std::int64_t>(rig.t_s * 1e9));
  rig.run(4, false, false);
  CHECK(rig.segments.size() == 2);
  CHECK(rig.ends.empty());
  CHECK(std::filesystem::is_empty(rig.temp.path()));
}

TEST_CASE("a picture survives its JPEG, and what is none is refused") {
  Scene scene(160, 96, 1, 20);
  const Frame& frame = scene.draw(5);
  const auto jpeg = encodeJpeg(frame, 95);
  REQUIRE_FALSE(jpeg.empty());
  const std::string bytes(jpeg.begin(), jpeg.end());
  Frame back;
  REQUIRE(decodeJpeg(bytes, back));
  REQUIRE(back.y.size() == frame.y.size());
  double difference = 0;
  for (std::size_t i = 0; i < frame.y.size(); ++i) difference += std::abs(int(frame.y[i]) - int(back.y[i]));
  CHECK(difference / static_cast<double>(frame.y.size()) < 4);
  for (const std::size_t length : {std::size_t(0), std::size_t(3), bytes.size() / 2, bytes.size() - 100}) {
    INFO(length);
    CHECK_FALSE(decodeJpeg(bytes.substr(0, length), back));
  }
  CHECK_FALSE(decodeJpeg("no picture at all", back));
}

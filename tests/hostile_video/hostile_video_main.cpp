// Hostile videos, one after another, on their whole way through captures: sent, ended, joined by the real worker in its
// confinement. Whatever a video does, its capture ends as ready or failed with a reason, the good segments beside it
// are joined, what is not in the video keeps its original, and nothing appears elsewhere on the disk.
//
//   hostile_video [--runs N] [--seed N]
//
// The last line is the figures; the exit code is 0 only when all of it held.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "hostile_video/mutations.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;
using hostile::Mutant;

namespace {

constexpr std::size_t kShortestReason = 10;
constexpr auto kPatience = std::chrono::seconds(150);  // the worker is given up after a minute, and tried once more

struct Figures {
  std::size_t joined = 0, refused = 0, contained = 0, faults = 0;
};

class Trial {
 public:
  Trial(std::vector<hostile::Seed> seeds, std::uint64_t seed) : seeds_(std::move(seeds)), seed_(seed) {}

  void run(std::size_t number) {
    std::mt19937_64 random(seed_ * 1'000'003 + number);
    const Mutant mutant = hostile::mutate(seeds_, random, number);
    what_ = "run " + std::to_string(number) + ", " + seeds_[mutant.seed].name + ": " + mutant.what;
    // A file of no bytes is no segment, and is refused where it comes in.
    if (mutant.bytes.empty()) return sendNothing(number);
    std::vector<std::string> segments{mutant.bytes};
    const bool beside_good = number / hostile::kKinds % 2 == 0;
    if (beside_good) {
      const auto& good = seeds_[mutant.seed].segments;
      segments = {good[0], mutant.bytes, good[2]};
    }
    const auto id = bench_.begin("../hostile/" + std::to_string(number));
    if (!id) return fault("it could not be begun: " + id.error().message);
    for (std::uint32_t i = 0; i < segments.size(); ++i)
      if (const Status sent = bench_.send(*id, i, segments[i], seeds_[mutant.seed].format); !sent)
        return fault("it was not taken: " + sent.error().message);
    if (!bench_.end(*id, static_cast<std::uint32_t>(segments.size()))) return fault("it could not be ended");
    const CapturePtr capture = bench_.until(*id, {CaptureState::ready, CaptureState::failed}, kPatience);
    if (!capture) return fault("it is gone");
    judge(*capture, segments, beside_good ? 1 : 0);
    if (!bench_.erase(*id)) fault("it cannot be deleted");
  }

  // What lies beside the folders of captures, which the hub alone names.
  void lookAround() {
    what_ = "afterwards";
    for (const auto& entry : fs::directory_iterator(bench_.file(1, "").parent_path().parent_path())) {
      const std::string name = entry.path().filename().string();
      const bool is_mark = name == "database-id";
      if (!is_mark && name.find_first_not_of("0123456789") != std::string::npos) fault("there is a file " + name);
    }
  }
  const Figures& figures() const { return figures_; }

 private:
  void fault(const std::string& text) {
    ++figures_.faults;
    std::cout << what_ << ": " << text << "\n";
  }

  void sendNothing(std::size_t number) {
    const auto id = bench_.begin("nothing-" + std::to_string(number));
    if (!id) return fault("it could not be begun: " + id.error().message);
    const Status sent = bench_.send(*id, 0, "", "mp4");
    if (sent || sent.error().message.size() < kShortestReason) fault("nothing was taken for a segment");
    ++figures_.refused;
    if (!bench_.erase(*id)) fault("it cannot be deleted");
  }

  void judge(const Capture& capture, const std::vector<std::string>& segments, std::uint32_t hostile_one) {
    const auto rows = bench_.segments(capture.id);
    bool complete = capture.state == CaptureState::ready && rows.size() == segments.size();
    for (const auto& row : rows) {
      if (row.state == SegmentState::joined) continue;
      complete = false;
      if (row.state == SegmentState::refused && row.message.size() < kShortestReason)
        fault("segment " + std::to_string(row.number) + " is refused without a reason");
      if (capture.state == CaptureState::ready && row.number != hostile_one)
        fault("a good segment beside it is not in the video: " + row.message);
    }
    if (capture.state == CaptureState::failed && capture.message.size() < kShortestReason)
      fault("it failed without a reason");
    if (capture.state == CaptureState::failed && segments.size() > 1)
      fault("it took the good segments beside it with it: " + capture.message);
    if (capture.state == CaptureState::ready && readFile(bench_.file(capture.id, "video.mp4")).substr(4, 4) != "ftyp")
      fault("its video is none");
    if (!complete)
      for (std::uint32_t i = 0; i < segments.size(); ++i)
        if (readFile(bench_.file(capture.id, segmentName(i))) != segments[i])
          fault("the original of segment " + std::to_string(i) + " is gone or another one");
    ++(complete ? figures_.joined : figures_.refused);
    countContained(capture, rows);
  }

  void countContained(const Capture& capture, const std::vector<CaptureSegment>& rows) {
    static constexpr std::string_view kBroke = "The program that reads videos ";
    std::string how;
    if (capture.message.find(kBroke) != std::string::npos) how = capture.message;
    for (const auto& row : rows)
      if (row.message.starts_with(kBroke)) how = row.message;
    if (how.empty()) return;
    ++figures_.contained;
    std::cout << what_ << ": contained: " << how << "\n";
  }

  static std::string segmentName(std::uint32_t number) { return "0000" + std::to_string(number) + ".seg"; }

  const std::vector<hostile::Seed> seeds_;
  const std::uint64_t seed_;
  CaptureBench bench_;
  std::string what_;
  Figures figures_;
};

std::uint64_t option(int argc, char** argv, const char* name, std::uint64_t otherwise) {
  for (int i = 1; i + 1 < argc; ++i)
    if (std::strcmp(argv[i], name) == 0) {
      const std::string_view text = argv[i + 1];
      std::from_chars(text.data(), text.data() + text.size(), otherwise);
    }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const auto runs = static_cast<std::size_t>(option(argc, argv, "--runs", 36));
  const std::uint64_t seed = option(argc, argv, "--seed", 1);
  const std::string front = "-segment_format_options movflags=+faststart";
  const std::string pieces = "-segment_format_options movflags=+frag_keyframe+empty_moov";
  Trial trial({{"MP4 with sound", "mp4", mp4WithSound()},
               {"MP4 with pictures out of order", "mp4", mp4Silent()},
               {"MP4 with its index in front", "mp4", makeSegments("front", "-map 0 " + front, "mp4")},
               {"fragmented MP4", "mp4", makeSegments("pieces", "-map 0 " + pieces, "mp4")},
               {"MPEG-TS with sound", "ts", tsWithSound()},
               {"MPEG-TS", "ts", tsSilent()}},
              seed);
  for (std::size_t number = 0; number < runs; ++number) trial.run(number);
  trial.lookAround();
  const Figures& figures = trial.figures();
  std::cout << "hostile_video: " << runs << " videos of seed " << seed << ": " << figures.joined << " joined whole, "
            << figures.refused << " refused or in part, " << figures.contained << " ends of the worker contained, "
            << figures.faults << " faults" << std::endl;
  return figures.faults == 0 ? 0 : 1;
}

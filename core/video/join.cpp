#include "video/join.hpp"

#include <array>
#include <optional>

#include "media/worker_words.hpp"
#include "video/input.hpp"
#include "video/output.hpp"
#include "video/scan.hpp"

namespace robohub::video {

namespace {

namespace words = media::words;
constexpr AVRational kMicroseconds{1, 1'000'000};

Failure failureOf(const Error& error) {
  const std::string_view code = error.code == ErrorCode::exhausted          ? words::kFull
                                : error.code == ErrorCode::invalid_argument ? words::kInput
                                                                            : words::kInternal;
  return {std::string(code), error.message};
}

// A copy of what the first segment said: the muxer changes its own.
using Parameters = Av<AVCodecParameters>;
Parameters copyOf(const AVCodecParameters& from) {
  Parameters copy(avcodec_parameters_alloc());
  if (copy && avcodec_parameters_copy(copy.get(), &from) < 0) copy.reset();
  return copy;
}

// SPS and PPS of H.264, the AudioSpecificConfig of AAC, and their like of others. As MPEG-TS carries them (ITU-T H.264,
// annex B) they stand behind start codes, with zeros in between that mean nothing.
std::string settingsOf(const AVCodecParameters& parameters) {
  const std::string all(reinterpret_cast<const char*>(parameters.extradata),
                        static_cast<std::size_t>(parameters.extradata ? parameters.extradata_size : 0));
  static const std::string kStart("\0\0\1", 3);
  if (!all.starts_with(kStart) && !all.starts_with(std::string(1, '\0') + kStart)) return all;
  std::string units;
  for (std::size_t at = all.find(kStart); at != std::string::npos;) {
    const std::size_t next = all.find(kStart, at + kStart.size());
    std::string unit = all.substr(at + kStart.size(), next == std::string::npos ? next : next - at - kStart.size());
    while (!unit.empty() && unit.back() == '\0') unit.pop_back();
    units += kStart + unit;
    at = next;
  }
  return units;
}

const char* difference(const AVCodecParameters& first, const AVCodecParameters& next) {
  if (first.codec_id != next.codec_id) return "is coded in another way";
  if (first.width != next.width || first.height != next.height) return "has another size";
  if (first.sample_rate != next.sample_rate || first.ch_layout.nb_channels != next.ch_layout.nb_channels)
    return "has another sampling rate or number of channels";
  if (settingsOf(first) != settingsOf(next)) return "comes from another encoder, or from one with other settings";
  return nullptr;
}

// One of the two streams of the joined video.
struct Track {
  Parameters parameters;
  AVStream* stream = nullptr;
  std::int64_t last_dts = INT64_MIN;
};

class Join {
 public:
  Join(HubChannel& hub, int output, std::int64_t most_bytes) : hub_(hub), file_(output), most_bytes_(most_bytes) {}

  // Nothing: done and said so.
  std::optional<Failure> run() {
    while (auto segment = hub_.next()) {
      const std::uint32_t number = segment->number;
      auto scanned = look(segment->file.get());
      if (!scanned) {
        if (scanned.error().code != ErrorCode::invalid_argument) return failureOf(scanned.error());
        hub_.refused(number, scanned.error().message);
        if (first_refusal_.empty()) first_refusal_ = scanned.error().message;
        continue;
      }
      // From here on a fault is inside the joined video, so that all must begin again without this segment.
      Status copied = copy(segment->file.get(), *scanned);
      if (!copied && copied.error().code == ErrorCode::invalid_argument)
        return Failure{std::string(words::kSegment), copied.error().message};
      if (!copied) return failureOf(copied.error());
      if (!scanned->note.empty()) note_ = "Segment " + std::to_string(number) + ": " + scanned->note;
      offset_us_ += scanned->duration_us;
      packets_ += scanned->packets;
      hub_.joined(number, scanned->duration_us / 1000);
    }
    if (!output_)
      return Failure{std::string(words::kInput),
                     "No segment of it can be read. " + (first_refusal_.empty() ? "None came." : first_refusal_)};
    if (Status finished = output_->finish(); !finished) return failureOf(finished.error());
    output_.reset();
    if (Status good = readBack(); !good) return failureOf(good.error());
    const AVCodecParameters& pictures = *tracks_[0].parameters;
    hub_.done(offset_us_ / 1000, pictures.width, pictures.height, noteOf(pictures));
    return std::nullopt;
  }

 private:
  Result<Scan> look(int file) {
    auto input = Input::open(file);
    if (!input) return fail(std::move(input.error()));
    if (output_) {
      if (Status fits = compare(**input); !fits) return fail(fits.error());
    }
    return scan(**input);
  }

  Status compare(const Input& input) const {
    const auto refuse = [](const std::string& why) { return fail(ErrorCode::invalid_argument, why); };
    if (input.container() != container_) return refuse("It is of another container format than the first segment.");
    if ((input.audio() != nullptr) != (tracks_[1].stream != nullptr))
      return refuse(input.audio() ? "It has sound, and the first segment has none."
                                  : "It has no sound, and the first segment has.");
    if (const char* why = difference(*tracks_[0].parameters, *input.video()->codecpar))
      return refuse(std::string("It ") + why + " than the first segment.");
    if (!input.audio()) return {};
    if (const char* why = difference(*tracks_[1].parameters, *input.audio()->codecpar))
      return refuse(std::string("Its sound ") + why + " than that of the first segment.");
    return {};
  }

  Status begin(const Input& input) {
    auto output = Output::create(file_, most_bytes_, Output::Index::front);
    if (!output) return fail(std::move(output.error()));
    output_ = std::move(*output);
    container_ = input.container();
    const AVStream* streams[] = {input.video(), input.audio()};
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      if (!streams[i]) continue;
      tracks_[i].parameters = copyOf(*streams[i]->codecpar);
      tracks_[i].stream = output_->add(*streams[i]->codecpar, streams[i]->time_base);
      if (!tracks_[i].parameters || !tracks_[i].stream) return fail(ErrorCode::internal, "There is no memory.");
    }
    return output_->begin();
  }

  Status copy(int file, const Scan& scanned) {
    auto input = Input::open(file);
    if (!input) return fail(std::move(input.error()));
    if (!output_) {
      if (Status begun = begin(**input); !begun) return begun;
    }
    Av<AVPacket> packet(av_packet_alloc());
    if (!packet) return fail(ErrorCode::internal, "There is no memory.");
    for (std::int64_t i = 0; i < scanned.packets; ++i) {
      std::string why;
      if ((*input)->read(*packet, why) != Input::Read::packet)
        return fail(ErrorCode::invalid_argument, "It does not read twice alike.");
      const bool sound = packet->stream_index != (*input)->video()->index;
      const AVStream& from = sound ? *(*input)->audio() : *(*input)->video();
      Track& to = tracks_[sound ? 1 : 0];
      place(*packet, from.time_base, to, scanned.start_us);
      if (Status wrote = output_->write(*packet); !wrote) return wrote;
    }
    return {};
  }

  // Behind what is there. Sound begins a little before the pictures (the priming of AAC), which at a joint would be
  // before the end of what is there: it is pushed to just behind it.
  void place(AVPacket& packet, AVRational from, Track& track, std::int64_t start_us) const {
    const AVRational to = track.stream->time_base;
    const std::int64_t shift = av_rescale_q(offset_us_, kMicroseconds, to) - av_rescale_q(start_us, kMicroseconds, to);
    av_packet_rescale_ts(&packet, from, to);
    packet.pts += shift;
    packet.dts += shift;
    if (track.last_dts != INT64_MIN) packet.dts = std::max(packet.dts, track.last_dts + 1);
    packet.pts = std::max(packet.pts, packet.dts);
    track.last_dts = packet.dts;
    packet.stream_index = track.stream->index;
    packet.pos = -1;
  }

  // Whoever deletes the originals relies on it.
  Status readBack() const {
    const auto damaged = [](const std::string& why) {
      return fail(ErrorCode::internal, "The joined video does not read back: " + why);
    };
    auto input = Input::open(file_);
    if (!input) return damaged(input.error().message);
    auto found = scan(**input);
    if (!found) return damaged(found.error().message);
    if (found->packets != packets_)
      return damaged(std::to_string(found->packets) + " of " + std::to_string(packets_) + " pieces are there.");
    return {};
  }

  std::string noteOf(const AVCodecParameters& pictures) const {
    std::string note = note_;
    if (pictures.codec_id == AV_CODEC_ID_HEVC || pictures.codec_id == AV_CODEC_ID_MPEG4) {
      if (!note.empty()) note += " ";
      note += std::string("It is coded as ") + avcodec_get_name(pictures.codec_id) +
              ", which most browsers do not play; download it instead.";
    }
    return note;
  }

  HubChannel& hub_;
  const int file_;
  const std::int64_t most_bytes_;
  std::unique_ptr<Output> output_;
  Container container_ = Container::mp4;
  std::array<Track, 2> tracks_;
  std::int64_t offset_us_ = 0, packets_ = 0;
  std::string first_refusal_, note_;
};

}  // namespace

void runJoin(HubChannel& hub, int output, std::int64_t most_bytes) {
  if (const auto failure = Join(hub, output, most_bytes).run()) hub.failed(*failure);
}

}  // namespace robohub::video

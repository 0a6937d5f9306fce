#include "video/scan.hpp"

#include <algorithm>

#include "video/input.hpp"

namespace robohub::video {

namespace {

constexpr std::int64_t kMostPackets = 20'000'000;
constexpr std::int64_t kLongestUs = 24LL * 3600 * 1'000'000;

}  // namespace

Result<Scan> scan(Input& input) {
  constexpr AVRational kMicroseconds{1, 1'000'000};
  const AVStream& video = *input.video();
  Av<AVPacket> packet(av_packet_alloc());
  if (!packet) return fail(ErrorCode::internal, "There is no memory.");
  Scan found;
  std::int64_t first_pts = INT64_MAX, end_pts = INT64_MIN, first_dts = INT64_MAX, last_dts = INT64_MIN, last_pts = 0;
  bool last_has_length = false;
  for (;;) {
    std::string why;
    const Input::Read read = input.read(*packet, why);
    if (read == Input::Read::end) break;
    if (read == Input::Read::damaged) {
      if (found.pictures == 0 || !input.fragmented())
        return fail(ErrorCode::invalid_argument, "It is damaged or cut short (" + why + ").");
      found.note = "Its end is missing.";
      break;
    }
    if (++found.packets > kMostPackets) return fail(ErrorCode::invalid_argument, "It has too many pieces.");
    if (packet->stream_index != video.index) continue;
    ++found.pictures;
    first_pts = std::min(first_pts, packet->pts);
    first_dts = std::min(first_dts, packet->dts);
    last_dts = std::max(last_dts, packet->dts);
    if (packet->pts >= last_pts || found.pictures == 1) {
      last_pts = packet->pts;
      last_has_length = packet->duration > 0;
    }
    end_pts = std::max(end_pts, packet->pts + packet->duration);
  }
  if (found.pictures == 0) return fail(ErrorCode::invalid_argument, "There is no picture in it.");
  // Of an MP4 that is whole the index says how many there are.
  if (found.note.empty() && video.nb_frames > 0 && found.pictures < video.nb_frames && !input.fragmented())
    return fail(ErrorCode::invalid_argument, "It is cut short: " + std::to_string(found.pictures) + " of " +
                                                 std::to_string(video.nb_frames) + " pictures are there.");
  // MPEG-TS does not say how long the last picture stands: as long as the others on average.
  if (!last_has_length && found.pictures > 1) end_pts += (last_dts - first_dts) / (found.pictures - 1);
  found.start_us = av_rescale_q(first_pts, video.time_base, kMicroseconds);
  found.duration_us = av_rescale_q(end_pts - first_pts, video.time_base, kMicroseconds);
  if (found.duration_us < 0 || found.duration_us > kLongestUs)
    return fail(ErrorCode::invalid_argument, "Its time stamps make no sense.");
  if (found.duration_us == 0) found.duration_us = 40'000;  // one picture: as long as one of 25 a second
  return found;
}

}  // namespace robohub::video

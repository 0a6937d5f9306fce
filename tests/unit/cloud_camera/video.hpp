// What a player would see of a segment.
#pragma once
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <cstdint>
#include <filesystem>
#include <vector>

namespace cloud_camera::test {

struct Video {
  bool good = false;
  int width = 0, height = 0;
  AVRational pixel_aspect{0, 1};
  std::vector<double> times_s;  // of pictures
  std::vector<bool> keys;
  double duration_s = 0;
  std::vector<std::uint8_t> parameters;  // SPS and PPS
};

inline Video readVideo(const std::filesystem::path& file) {
  Video video;
  AVFormatContext* context = nullptr;
  if (avformat_open_input(&context, file.c_str(), nullptr, nullptr) < 0) return video;
  if (avformat_find_stream_info(context, nullptr) >= 0 && context->nb_streams == 1 &&
      context->streams[0]->codecpar->codec_id == AV_CODEC_ID_H264) {
    const AVStream& stream = *context->streams[0];
    video.good = true;
    video.width = stream.codecpar->width;
    video.height = stream.codecpar->height;
    video.pixel_aspect = stream.codecpar->sample_aspect_ratio;
    video.duration_s = static_cast<double>(stream.duration) * av_q2d(stream.time_base);
    video.parameters.assign(stream.codecpar->extradata, stream.codecpar->extradata + stream.codecpar->extradata_size);
    AVPacket* packet = av_packet_alloc();
    while (av_read_frame(context, packet) >= 0) {
      video.times_s.push_back(static_cast<double>(packet->pts) * av_q2d(stream.time_base));
      video.keys.push_back((packet->flags & AV_PKT_FLAG_KEY) != 0);
      av_packet_unref(packet);
    }
    av_packet_free(&packet);
  }
  avformat_close_input(&context);
  return video;
}

}  // namespace cloud_camera::test

// What of libavformat and libavcodec writes segments, loaded when the first one is begun: whoever only asks this plugin
// what it is (the hub, which loads every plugin and holds no parser of video) has none of it.
// The functions have libav's own names and types, so that libav is called within cloud_camera as it is everywhere.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

namespace cloud_camera {

// Loads the libraries of the versions that the headers are of, once. Throws std::runtime_error with a sentence when
// they are not installed. Any thread; none of the functions may be called before.
void loadLibav();

// By library; each name stands here and nowhere else.
#define CLOUD_CAMERA_AVFORMAT(each)                                                          \
  each(avformat_alloc_output_context2) each(avformat_free_context) each(avformat_new_stream) \
      each(avformat_write_header) each(av_write_frame) each(av_write_trailer) each(avio_open) each(avio_closep)
#define CLOUD_CAMERA_AVCODEC(each)                                                                               \
  each(avcodec_find_encoder_by_name) each(avcodec_alloc_context3) each(avcodec_free_context) each(avcodec_open2) \
      each(avcodec_parameters_from_context) each(avcodec_receive_packet) each(avcodec_send_frame)                \
          each(av_packet_alloc) each(av_packet_free) each(av_packet_move_ref) each(av_packet_rescale_ts)         \
              each(av_packet_unref)
#define CLOUD_CAMERA_AVUTIL(each)                                                                         \
  each(av_dict_free) each(av_dict_set) each(av_frame_alloc) each(av_frame_free) each(av_frame_get_buffer) \
      each(av_frame_make_writable) each(av_opt_set) each(av_rescale_q) each(av_strerror)

namespace libav {
#define CLOUD_CAMERA_DECLARE(name) extern decltype(&::name) name;
CLOUD_CAMERA_AVFORMAT(CLOUD_CAMERA_DECLARE)
CLOUD_CAMERA_AVCODEC(CLOUD_CAMERA_DECLARE)
CLOUD_CAMERA_AVUTIL(CLOUD_CAMERA_DECLARE)
#undef CLOUD_CAMERA_DECLARE
}  // namespace libav

using namespace libav;  // found before the global functions of the same names, which nobody links

}  // namespace cloud_camera

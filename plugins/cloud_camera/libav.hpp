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

namespace libav {
#define CLOUD_CAMERA_LIBAV(name) extern decltype(&::name) name
CLOUD_CAMERA_LIBAV(avformat_alloc_output_context2);
CLOUD_CAMERA_LIBAV(avformat_free_context);
CLOUD_CAMERA_LIBAV(avformat_new_stream);
CLOUD_CAMERA_LIBAV(avformat_write_header);
CLOUD_CAMERA_LIBAV(av_write_frame);
CLOUD_CAMERA_LIBAV(av_write_trailer);
CLOUD_CAMERA_LIBAV(avio_open);
CLOUD_CAMERA_LIBAV(avio_closep);
CLOUD_CAMERA_LIBAV(avcodec_find_encoder_by_name);
CLOUD_CAMERA_LIBAV(avcodec_alloc_context3);
CLOUD_CAMERA_LIBAV(avcodec_free_context);
CLOUD_CAMERA_LIBAV(avcodec_open2);
CLOUD_CAMERA_LIBAV(avcodec_parameters_from_context);
CLOUD_CAMERA_LIBAV(avcodec_receive_packet);
CLOUD_CAMERA_LIBAV(avcodec_send_frame);
CLOUD_CAMERA_LIBAV(av_packet_alloc);
CLOUD_CAMERA_LIBAV(av_packet_free);
CLOUD_CAMERA_LIBAV(av_packet_move_ref);
CLOUD_CAMERA_LIBAV(av_packet_rescale_ts);
CLOUD_CAMERA_LIBAV(av_packet_unref);
CLOUD_CAMERA_LIBAV(av_dict_free);
CLOUD_CAMERA_LIBAV(av_dict_set);
CLOUD_CAMERA_LIBAV(av_frame_alloc);
CLOUD_CAMERA_LIBAV(av_frame_free);
CLOUD_CAMERA_LIBAV(av_frame_get_buffer);
CLOUD_CAMERA_LIBAV(av_frame_make_writable);
CLOUD_CAMERA_LIBAV(av_opt_set);
CLOUD_CAMERA_LIBAV(av_rescale_q);
CLOUD_CAMERA_LIBAV(av_strerror);
#undef CLOUD_CAMERA_LIBAV
}  // namespace libav

using namespace libav;  // found before the global functions of the same names, which nobody links

}  // namespace cloud_camera

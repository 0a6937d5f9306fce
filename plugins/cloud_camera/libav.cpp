#include "cloud_camera/libav.hpp"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace cloud_camera {

namespace libav {
#define CLOUD_CAMERA_LIBAV(name) decltype(&::name) name = nullptr
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

namespace {

class Library {
 public:
  // For the rest of the process: libav registers handlers that nobody takes back.
  explicit Library(const std::string& name)
      : name_(name), handle_(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
    if (handle_ == nullptr) throw std::runtime_error("Segments cannot be encoded: " + name + " is not installed.");
  }
  template <typename Function>
  void find(const char* function, Function* found) const {
    *found = reinterpret_cast<Function>(::dlsym(handle_, function));
    if (*found == nullptr)
      throw std::runtime_error("Segments cannot be encoded: " + name_ + " has no " + function + ".");
  }

 private:
  const std::string name_;
  void* const handle_;
};

bool findAll() {
  const Library format("libavformat.so." + std::to_string(LIBAVFORMAT_VERSION_MAJOR));
  format.find("avformat_alloc_output_context2", &avformat_alloc_output_context2);
  format.find("avformat_free_context", &avformat_free_context);
  format.find("avformat_new_stream", &avformat_new_stream);
  format.find("avformat_write_header", &avformat_write_header);
  format.find("av_write_frame", &av_write_frame);
  format.find("av_write_trailer", &av_write_trailer);
  format.find("avio_open", &avio_open);
  format.find("avio_closep", &avio_closep);
  const Library codec("libavcodec.so." + std::to_string(LIBAVCODEC_VERSION_MAJOR));
  codec.find("avcodec_find_encoder_by_name", &avcodec_find_encoder_by_name);
  codec.find("avcodec_alloc_context3", &avcodec_alloc_context3);
  codec.find("avcodec_free_context", &avcodec_free_context);
  codec.find("avcodec_open2", &avcodec_open2);
  codec.find("avcodec_parameters_from_context", &avcodec_parameters_from_context);
  codec.find("avcodec_receive_packet", &avcodec_receive_packet);
  codec.find("avcodec_send_frame", &avcodec_send_frame);
  codec.find("av_packet_alloc", &av_packet_alloc);
  codec.find("av_packet_free", &av_packet_free);
  codec.find("av_packet_move_ref", &av_packet_move_ref);
  codec.find("av_packet_rescale_ts", &av_packet_rescale_ts);
  codec.find("av_packet_unref", &av_packet_unref);
  const Library util("libavutil.so." + std::to_string(LIBAVUTIL_VERSION_MAJOR));
  util.find("av_dict_free", &av_dict_free);
  util.find("av_dict_set", &av_dict_set);
  util.find("av_frame_alloc", &av_frame_alloc);
  util.find("av_frame_free", &av_frame_free);
  util.find("av_frame_get_buffer", &av_frame_get_buffer);
  util.find("av_frame_make_writable", &av_frame_make_writable);
  util.find("av_opt_set", &av_opt_set);
  util.find("av_rescale_q", &av_rescale_q);
  util.find("av_strerror", &av_strerror);
  return true;
}

}  // namespace

void loadLibav() {
  static const bool loaded = findAll();  // tried again when it has failed
  (void)loaded;
}

}  // namespace cloud_camera

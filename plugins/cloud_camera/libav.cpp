#include "cloud_camera/libav.hpp"

#include <dlfcn.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace cloud_camera {

namespace libav {
#define CLOUD_CAMERA_DEFINE(name) decltype(&::name) name = nullptr;
CLOUD_CAMERA_AVFORMAT(CLOUD_CAMERA_DEFINE)
CLOUD_CAMERA_AVCODEC(CLOUD_CAMERA_DEFINE)
CLOUD_CAMERA_AVUTIL(CLOUD_CAMERA_DEFINE)
#undef CLOUD_CAMERA_DEFINE
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
#define CLOUD_CAMERA_FIND(name) library->find(#name, &libav::name);
  std::optional<Library> library;
  library.emplace("libavformat.so." + std::to_string(LIBAVFORMAT_VERSION_MAJOR));
  CLOUD_CAMERA_AVFORMAT(CLOUD_CAMERA_FIND)
  library.emplace("libavcodec.so." + std::to_string(LIBAVCODEC_VERSION_MAJOR));
  CLOUD_CAMERA_AVCODEC(CLOUD_CAMERA_FIND)
  library.emplace("libavutil.so." + std::to_string(LIBAVUTIL_VERSION_MAJOR));
  CLOUD_CAMERA_AVUTIL(CLOUD_CAMERA_FIND)
#undef CLOUD_CAMERA_FIND
  return true;
}

}  // namespace

void loadLibav() {
  static const bool loaded = findAll();  // tried again when it has failed
  (void)loaded;
}

}  // namespace cloud_camera

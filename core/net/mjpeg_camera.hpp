// A camera that speaks MJPEG over HTTP (mjpg-streamer, ustreamer, motion, ffmpeg): read only while somebody watches,
// dialled again when it goes, and one sentence for each change between coming and not coming.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/mjpeg_reader.hpp"
#include "net/redial_delay.hpp"

namespace robohub::net {

// Owned by its loop; destroying it ends the reading.
class MjpegCamera {
 public:
  // A stream that has lasted so long is dialled again at once when it goes; others wait longer each time.
  static constexpr Duration kLasting = std::chrono::seconds(2);

  // `random` gives [0, 1). `on_picture`: the view is valid during the call. `on_change`: empty when pictures come
  // (again), else a sentence why none do; once for each change.
  MjpegCamera(Loop& loop, HttpUrl url, MjpegOptions options, std::function<double()> random,
              std::function<void(std::string_view jpeg)> on_picture,
              std::function<void(const std::string& fault)> on_change);
  ~MjpegCamera();
  MjpegCamera(const MjpegCamera&) = delete;
  MjpegCamera& operator=(const MjpegCamera&) = delete;

  // Idempotent. While nobody watches nothing is known of the camera.
  void watch(bool on);

 private:
  enum class State { unknown, delivers, fails };
  void read();
  void ended(const Error& why);

  Loop& loop_;
  const HttpUrl url_;
  const MjpegOptions options_;
  const std::function<double()> random_;
  std::function<void(std::string_view)> on_picture_;
  std::function<void(const std::string&)> on_change_;
  std::unique_ptr<Pending> reading_;
  TimerId timer_ = 0;
  MonoTime began_{};
  RedialDelay delay_;
  bool wanted_ = false;
  State state_ = State::unknown;
  std::string fault_;
};

}  // namespace robohub::net

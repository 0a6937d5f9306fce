// A camera beside the agent that speaks MJPEG over HTTP (mjpg-streamer, ustreamer): read only while somebody watches,
// dialled again when it goes.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/redial_delay.hpp"
#include "net/mjpeg_reader.hpp"

namespace robohub::agent {

// Owned by its loop; destroying it ends the reading.
class MjpegCamera {
 public:
  // `on_picture`: the view is valid during the call. `on_change`: empty when pictures come (again), else a sentence why
  // none do; once for each change.
  MjpegCamera(net::Loop& loop, net::HttpUrl url, std::function<void(std::string_view jpeg)> on_picture,
              std::function<void(const std::string& fault)> on_change);
  ~MjpegCamera();
  MjpegCamera(const MjpegCamera&) = delete;
  MjpegCamera& operator=(const MjpegCamera&) = delete;

  // Idempotent.
  void watch(bool on);

 private:
  enum class State { unknown, delivers, fails };
  void read();
  void ended(const Error& why);

  net::Loop& loop_;
  const net::HttpUrl url_;
  std::function<void(std::string_view)> on_picture_;
  std::function<void(const std::string&)> on_change_;
  std::unique_ptr<net::Pending> reading_;
  net::TimerId timer_ = 0;
  RedialDelay delay_;
  bool wanted_ = false;
  State state_ = State::unknown;
};

}  // namespace robohub::agent

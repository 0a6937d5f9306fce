#include "net/mjpeg_camera.hpp"

namespace robohub::net {

MjpegCamera::MjpegCamera(Loop& loop, HttpUrl url, MjpegOptions options, std::function<double()> random,
                         std::function<void(std::string_view)> on_picture,
                         std::function<void(const std::string&)> on_change)
    : loop_(loop),
      url_(std::move(url)),
      options_(std::move(options)),
      random_(std::move(random)),
      on_picture_(std::move(on_picture)),
      on_change_(std::move(on_change)) {}

MjpegCamera::~MjpegCamera() {
  if (timer_ != 0) loop_.cancel(timer_);
}

void MjpegCamera::watch(bool on) {
  if (on == wanted_) return;
  wanted_ = on;
  state_ = State::unknown;
  fault_.clear();
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  reading_.reset();
  if (on) read();
}

void MjpegCamera::read() {
  timer_ = 0;
  began_ = loop_.now();
  reading_ = readMjpeg(
      loop_, url_, options_,
      [this](std::string_view jpeg) {
        if (loop_.now() - began_ >= kLasting) delay_.succeeded();
        if (state_ != State::delivers) {
          const bool failed = state_ == State::fails;
          state_ = State::delivers;
          fault_.clear();
          if (failed) on_change_({});
        }
        on_picture_(jpeg);
      },
      [this](Error why) { ended(why); });
}

void MjpegCamera::ended(const Error& why) {
  // Kept until the end of this function, which may run inside of it.
  const auto reading = std::move(reading_);
  timer_ = loop_.after(delay_.next(random_()), [this] { read(); });
  std::string fault = "The camera at " + url_.endpoint.hostField() + " delivers no pictures: " + why.message;
  state_ = State::fails;
  if (fault == fault_) return;
  fault_ = std::move(fault);
  on_change_(fault_);
}

}  // namespace robohub::net

#include "agent/mjpeg_camera.hpp"

#include "agent/random.hpp"

namespace robohub::agent {

MjpegCamera::MjpegCamera(net::Loop& loop, net::HttpUrl url, std::function<void(std::string_view)> on_picture,
                         std::function<void(const std::string&)> on_change)
    : loop_(loop), url_(std::move(url)), on_picture_(std::move(on_picture)), on_change_(std::move(on_change)) {}

MjpegCamera::~MjpegCamera() {
  if (timer_ != 0) loop_.cancel(timer_);
}

void MjpegCamera::watch(bool on) {
  if (on == wanted_) return;
  wanted_ = on;
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  reading_.reset();
  if (on) read();
}

void MjpegCamera::read() {
  timer_ = 0;
  reading_ = net::readMjpeg(
      loop_, url_, {},
      [this](std::string_view jpeg) {
        delay_.succeeded();
        if (state_ != State::delivers) {
          const bool failed = state_ == State::fails;
          state_ = State::delivers;
          if (failed) on_change_({});
        }
        on_picture_(jpeg);
      },
      [this](Error why) { ended(why); });
}

void MjpegCamera::ended(const Error& why) {
  // Kept until the end of this function, which may run inside of it.
  const auto reading = std::move(reading_);
  timer_ = loop_.after(delay_.next(randomFraction()), [this] { read(); });
  if (state_ == State::fails) return;
  state_ = State::fails;
  on_change_("The camera at " + url_.endpoint.hostField() + " delivers no pictures: " + why.message);
}

}  // namespace robohub::agent

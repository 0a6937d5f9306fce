// Reads a camera's MJPEG stream over HTTP (mjpg-streamer, ustreamer, ffmpeg, motion): whole JPEGs, or the reason why
// not.
#pragma once
#include "net/dial.hpp"
#include "net/http_message.hpp"

namespace robohub::net {

struct MjpegOptions {
  Duration connect_timeout = std::chrono::seconds(5);  // to the end of the answer's head
  Duration stall = std::chrono::seconds(5);            // without a whole picture
  std::size_t max_picture_bytes = 4 * 1024 * 1024;
  std::size_t max_bytes_per_s = 0;  // what comes faster waits in the camera; 0 = as it comes
  Headers headers;                  // Authorization ...
  // Told of each part that is no picture, or not a whole one, with a sentence why. [loop]
  std::function<void(const std::string& why)> on_bad;
};

// Calls `on_picture` with each whole JPEG (it begins with FF D8 FF and ends with FF D9, zero padding aside; the view is
// valid during the call; other parts are skipped), and `on_ended` once when there is nothing more: unavailable, timeout
// (stalled), too_large, corrupt, or the server's refusal. Redirections are not followed. Destroying the result ends it
// silently. Dialling again is the caller's. [loop]
std::unique_ptr<Pending> readMjpeg(Loop& loop, const HttpUrl& url, MjpegOptions options,
                                   std::function<void(std::string_view jpeg)> on_picture,
                                   std::function<void(Error)> on_ended);

}  // namespace robohub::net

#include "cloud_camera/local/intake.hpp"

#include <algorithm>
#include <utility>

#include "rh/json.hpp"

namespace cloud_camera {
namespace {

// What a stranger's program said, for a log line.
std::string shown(const std::string& text) {
  std::string out = text.substr(0, 200);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

}  // namespace

bool LocalIntake::message(const std::string& text) {
  rh::Json json;
  try {
    json = rh::Json::parse(text);
  } catch (const std::exception&) {
    return false;
  }
  if (!json.isObject()) return false;
  if (const rh::Json* path = json.find("segment"); path != nullptr && path->isText()) {
    segment(path->asText());
  } else if (const rh::Json* event = json.find("event");
             event != nullptr && event->isText() && event->asText() == "alarm") {
    const rh::Json* pin = json.find("gpio");
    const bool known = pin != nullptr && pin->isInteger() && pin->asInteger() >= 0 && pin->asInteger() < 1024;
    ways_.alarm(known ? "gpio " + std::to_string(pin->asInteger()) : std::string("program"));
  } else {
    ways_.complain("A program beside the agent said something unknown: " + shown(text));
  }
  return true;
}

void LocalIntake::segment(const std::string& path) {
  try {
    const Spool::Copy copy = spool_.copy(path);
    if (copy.key() != key_) {
      end();
      key_ = copy.key();
      segments_ = 0;
    }
    if (!ways_.segment(copy)) throw rh::unavailable("captures of this device are not kept");
    segments_ = std::max(segments_, copy.name.number + 1);
  } catch (const std::exception& fault) {
    ways_.complain("The segment " + shown(path) + " was not taken: " + fault.what() + ".");
  }
}

void LocalIntake::end() {
  if (key_.empty()) return;
  const std::string key = std::exchange(key_, {});
  if (segments_ > 0) ways_.end(key, segments_);
}

}  // namespace cloud_camera

// What the camera declares: commands without a turn, state and alarms, its picture, its panel.
#include <chrono>

#include "cloud_camera/driver.hpp"

namespace cloud_camera {

rh::Type<Driver> Driver::type() {
  constexpr std::int64_t kLatest = 9'007'199'254'740'991;
  // They wait for a disk, onto which video is written meanwhile: a slow card takes seconds.
  constexpr std::chrono::seconds kDiskPatience(30);
  const auto source = [] { return rh::text("source", 64).title("Of"); };
  return rh::Type<Driver>("cloud_camera", "1.0.0")
      .title("Cloud camera")
      .vendor("Robohub")
      .licence("Apache-2.0")
      .permission("video")
      .permission("gpio")
      .permission("network")
      .description("A camera that watches over a place: armed, it records what moves.")
      .halts("Nothing moves here; recording goes on")
      .command<&Driver::arm>("arm", "Watch over the place: record what moves")
      .turnNone()
      .ttl(kDiskPatience)
      .panel()
      .command<&Driver::disarm>("disarm", "Record nothing by itself any more")
      .turnNone()
      .ttl(kDiskPatience)
      .panel()
      .command<&Driver::capture>("capture", "Record what is there now")
      .turnNone()
      .panel()
      .channel("state", {rh::boolean("armed").title("Armed"), rh::boolean("capturing").title("Recording"),
                         rh::integer("segments", 0, 1'000'000).title("Segments of this capture"),
                         rh::integer("uploading", 0, 1'000'000).title("Segments on their way").optional(),
                         rh::boolean("away").title("Camera is away").optional()})
      .channel("alarm", {rh::integer("at_ms", 0, kLatest).title("When"), source()})
      .title("Newest alarm")
      .channel("alarms", {rh::array("recent", rh::object("alarm", {rh::text("at", 32).title("When"), source()}), 0, 20)
                              .title("Newest alarms")})
      .title("Alarms")
      .stream("main", 640, 360)
      .panel("rh-cloud-camera", "panel.js", "side", "Camera");
}

}  // namespace cloud_camera

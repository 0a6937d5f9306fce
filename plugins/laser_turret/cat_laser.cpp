#include "laser_turret/cat_laser.hpp"

#include <cmath>

#include "rh/fault.hpp"

namespace laser_turret {
namespace {

constexpr const char* kTopic = "catlaser/target";

// What of the driver's settings means something for a turret whose hardware is somebody else's.
Settings settingsOf(const rh::Json& config) {
  for (const auto& member : config.members())
    if (member.key != "topic" && member.key != "calibration_file" && member.key != "servo" && member.key != "keep_out")
      throw rh::invalid("/" + member.key + " is not known; known here are: topic, calibration_file, servo, keep_out.");
  rh::Json known = config;
  known.erase("topic");
  Settings settings = Settings::fromJson(known);
  if (settings.calibration_file.empty())
    throw rh::invalid(
        "The turret's calibration file is needed here: the older program ends when it is sent to a point that its "
        "servos cannot reach, and only the calibration tells which those are.");
  return settings;
}

std::string text(long x, long y) {
  return "(" + std::to_string(x) + ", " + std::to_string(y) + ")";
}

}  // namespace

CatLaser::CatLaser(rh::Context context)
    : topic_(context.config().get<std::string>("topic", kTopic)),
      settings_(settingsOf(context.config())),
      calibration_(Calibration::importFile(settings_.calibration_file)) {
  if (topic_.empty() || topic_.find_first_of(std::string("+#\0", 3)) != std::string::npos)
    throw rh::invalid("/topic must be a topic without wildcards.");
}

bool CatLaser::encode(const rh::LinkCommand& command, const rh::Outbox& out) {
  if (command.name != "aim") throw rh::Fault(RH_UNSUPPORTED, "The older program can only aim.");
  // It ignores what is no whole number, so the point that counts is the rounded one: halves to the even neighbour, as a
  // template of the configuration writes them, which may be what is sent once this was asked.
  const long x = std::lrint(command.params.get<double>("x_px")), y = std::lrint(command.params.get<double>("y_px"));
  const Point pixel{static_cast<double>(x), static_cast<double>(y)};
  for (const KeepOut& area : settings_.keep_out)
    if (area.contains(pixel)) throw rh::invalid("The point " + text(x, y) + " is kept out. Nothing was sent.");
  const auto counts = calibration_.countsOf(pixel);
  if (!counts)
    throw rh::invalid("The point " + text(x, y) + " is beyond the horizon of the calibration. Nothing was sent.");
  if (!settings_.servo.allows(counts->x) || !settings_.servo.allows(counts->y))
    throw rh::invalid("The point " + text(x, y) + " is out of the servos' reach (x " + std::to_string(counts->x) +
                      ", y " + std::to_string(counts->y) + " counts; allowed are " +
                      std::to_string(settings_.servo.min_counts) + " to " + std::to_string(settings_.servo.max_counts) +
                      "). Nothing was sent.");
  out.send(topic_, std::to_string(x) + "," + std::to_string(y));
  return false;
}

}  // namespace laser_turret

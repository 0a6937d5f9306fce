#include "laser_turret/settings.hpp"

#include "rh/fields.hpp"

namespace laser_turret {
namespace {

KeepOut keepOut(const rh::Json& json, const std::string& where) {
  KeepOut area;
  rh::Fields fields(json, where);
  fields.number("x_px", area.x_px, -10000, 10000, true);
  fields.number("y_px", area.y_px, -10000, 10000, true);
  fields.number("width_px", area.width_px, 0, 20000, true);
  fields.number("height_px", area.height_px, 0, 20000, true);
  fields.finish();
  return area;
}

ServoLimits servoLimits(const rh::Json& json, const std::string& where) {
  ServoLimits limits;
  rh::Fields fields(json, where);
  fields.integer("min_counts", limits.min_counts, 150, 600);
  fields.integer("max_counts", limits.max_counts, 150, 600);
  fields.integer("centre_counts", limits.centre_counts, 150, 600);
  fields.finish();
  if (limits.min_counts >= limits.max_counts) fields.refuse("min_counts", "must be below max_counts");
  if (!limits.allows(limits.centre_counts)) fields.refuse("centre_counts", "must lie within min_counts..max_counts");
  return limits;
}

}  // namespace

bool KeepOut::contains(Point pixel) const {
  return pixel.x >= x_px && pixel.x <= x_px + width_px && pixel.y >= y_px && pixel.y <= y_px + height_px;
}

Settings Settings::fromJson(const rh::Json& config) {
  Settings settings;
  rh::Fields fields(config, "");
  std::string hardware = "linux";
  fields.text("hardware", hardware);
  if (hardware != "linux" && hardware != "model") fields.refuse("hardware", "must be linux or model");
  settings.model = hardware == "model";
  fields.text("i2c", settings.i2c);
  fields.integer("address", settings.address, 0x08, 0x77);
  fields.number("frequency_hz", settings.frequency_hz, 40, 400);
  fields.integer("x_channel", settings.x_channel, 0, 15);
  fields.integer("y_channel", settings.y_channel, 0, 15);
  if (settings.x_channel == settings.y_channel) fields.refuse("y_channel", "must be another one than x_channel");
  if (const rh::Json* gpio = fields.take("laser_gpio")) {
    rh::Fields inner(*gpio, "/laser_gpio");
    inner.text("chip", settings.laser_chip);
    inner.integer("line", settings.laser_line, 0, 1023);
    inner.finish();
  }
  if (const rh::Json* servo = fields.take("servo")) settings.servo = servoLimits(*servo, "/servo");
  if (const rh::Json* areas = fields.take("keep_out")) {
    if (!areas->isArray() || areas->items().size() > 64) fields.refuse("keep_out", "must be a list of up to 64 areas");
    for (const rh::Json& area : areas->items()) {
      settings.keep_out.push_back(keepOut(area, "/keep_out/" + std::to_string(settings.keep_out.size())));
    }
  }
  settings.allow_calibration = settings.keep_out.empty();
  fields.flag("allow_calibration", settings.allow_calibration);
  fields.text("calibration_file", settings.calibration_file);
  fields.flag("laser_follows_turn", settings.laser_follows_turn);
  if (const rh::Json* model = fields.take("model")) {
    rh::Fields inner(*model, "/model");
    inner.integer("fps", settings.model_fps, 1, 30);
    inner.integer("seed", settings.model_seed, 0, INT64_MAX);
    inner.text("edges", settings.model_edges);
    inner.finish();
  }
  fields.finish();
  return settings;
}

}  // namespace laser_turret

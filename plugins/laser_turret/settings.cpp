#include "laser_turret/settings.hpp"

#include <utility>

#include "rh/fault.hpp"

namespace laser_turret {
namespace {

// The members of one object, each asked for once; finish() refuses what nobody asked for.
class Fields {
 public:
  Fields(const rh::Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.isObject()) refuse("", "must be a mapping");
  }

  void text(const char* key, std::string& value) {
    if (const rh::Json* json = take(key)) {
      if (!json->isText()) refuse(key, "must be a text");
      value = json->asText();
    }
  }
  void flag(const char* key, bool& value) {
    if (const rh::Json* json = take(key)) {
      if (!json->isBool()) refuse(key, "must be true or false");
      value = json->asBool();
    }
  }
  template <class T>
  void integer(const char* key, T& value, std::int64_t min, std::int64_t max) {
    if (const rh::Json* json = take(key)) {
      if (!json->isInteger() || json->asInteger() < min || json->asInteger() > max) {
        refuse(key, "must be an integer of " + std::to_string(min) + ".." + std::to_string(max));
      }
      value = static_cast<T>(json->asInteger());
    }
  }
  void number(const char* key, double& value, double min, double max, bool required = false) {
    const rh::Json* json = take(key);
    if (json == nullptr && !required) return;
    if (json == nullptr || !json->isNumber() || !(json->asNumber() >= min && json->asNumber() <= max)) {
      refuse(key, "must be a number of " + rh::Json(min).dump() + ".." + rh::Json(max).dump());
    }
    value = json->asNumber();
  }
  const rh::Json* take(const char* key) {
    known_.emplace_back(key);
    return object_.find(key);
  }
  std::string pointer(const std::string& key) const { return where_ + "/" + key; }

  void finish() const {
    for (const auto& member : object_.members()) {
      bool known = false;
      for (const std::string& key : known_) known = known || key == member.key;
      if (known) continue;
      std::string all;
      for (const std::string& key : known_) all += (all.empty() ? "" : ", ") + key;
      throw rh::invalid(pointer(member.key) + " is not known; known here are: " + all + ".");
    }
  }
  [[noreturn]] void refuse(const std::string& key, const std::string& sentence) const {
    throw rh::invalid((key.empty() ? where_ : pointer(key)) + " " + sentence + ".");
  }

 private:
  const rh::Json& object_;
  std::string where_;
  std::vector<std::string> known_;
};

KeepOut keepOut(const rh::Json& json, const std::string& where) {
  KeepOut area;
  Fields fields(json, where);
  fields.number("x_px", area.x_px, -10000, 10000, true);
  fields.number("y_px", area.y_px, -10000, 10000, true);
  fields.number("width_px", area.width_px, 0, 20000, true);
  fields.number("height_px", area.height_px, 0, 20000, true);
  fields.finish();
  return area;
}

ServoLimits servoLimits(const rh::Json& json, const std::string& where) {
  ServoLimits limits;
  Fields fields(json, where);
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
  Fields fields(config, "");
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
    Fields inner(*gpio, "/laser_gpio");
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
    Fields inner(*model, "/model");
    inner.integer("fps", settings.model_fps, 1, 30);
    inner.integer("seed", settings.model_seed, 0, INT64_MAX);
    inner.text("edges", settings.model_edges);
    inner.finish();
  }
  fields.finish();
  return settings;
}

}  // namespace laser_turret

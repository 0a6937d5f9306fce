#include "laser_turret/calibration.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>

#include "rh/fault.hpp"

namespace laser_turret {
namespace {

constexpr std::size_t kLargestFile = 65536;
constexpr double kLargestCoordinate = 100000;

Quad pixels(const Pairs& pairs) {
  Quad quad;
  for (std::size_t i = 0; i < 4; ++i) quad[i] = {pairs[i].x_px, pairs[i].y_px};
  return quad;
}

Quad counts(const Pairs& pairs) {
  Quad quad;
  for (std::size_t i = 0; i < 4; ++i) quad[i] = {pairs[i].x_counts, pairs[i].y_counts};
  return quad;
}

[[noreturn]] void refuse(const std::string& where, const std::string& sentence) {
  throw rh::Fault(RH_INVALID_ARGUMENT, where + ": " + sentence);
}

// A number, or a string that is one from its first to its last character.
double coordinate(const rh::Json* json, const std::string& where) {
  if (json == nullptr) refuse(where, "a number is missing here.");
  double value = 0;
  if (json->isNumber()) {
    value = json->asNumber();
  } else if (json->isText()) {
    const std::string& text = json->asText();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) refuse(where, "\"" + text + "\" is not a number.");
  } else {
    refuse(where, "this must be a number.");
  }
  if (!(std::fabs(value) <= kLargestCoordinate)) refuse(where, "this number is out of any range.");
  return value;
}

Quad oldQuad(const rh::Json& root, const char* key, const std::string& file) {
  const std::string where = file + " /" + key;
  const rh::Json* list = root.find(key);
  if (list == nullptr || !list->isArray()) refuse(where, "a list of four points {x, y} must stand here.");
  const auto& items = list->items();
  if (items.size() != 4) refuse(where, "four points are needed, found " + std::to_string(items.size()) + ".");
  Quad quad;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string point = where + "/" + std::to_string(i);
    if (!items[i].isObject()) refuse(point, "this must be a point {x, y}.");
    quad[i] = {coordinate(items[i].find("x"), point + "/x"), coordinate(items[i].find("y"), point + "/y")};
  }
  return quad;
}

}  // namespace

Pair Pair::fromJson(const rh::Json& json) {
  return {json.get<double>("x_px"), json.get<double>("y_px"), json.get<double>("x_counts"),
          json.get<double>("y_counts")};
}

rh::Json Pair::toJson() const {
  return rh::Json{{"x_px", x_px}, {"y_px", y_px}, {"x_counts", x_counts}, {"y_counts", y_counts}};
}

Calibration::Calibration(const Pairs& pairs)
    : pairs_(pairs),
      to_counts_(Perspective::fit(pixels(pairs), counts(pairs), "picture", "servos")),
      to_pixels_(to_counts_.inverse()) {
  for (const Pair& pair : pairs_) {
    const Point got = to_counts_.map({pair.x_px, pair.y_px}).value_or(Point{});
    residual_counts_ = std::max(residual_counts_, std::hypot(got.x - pair.x_counts, got.y - pair.y_counts));
  }
}

std::string Calibration::toState() const {
  rh::Json list = rh::Json::array();
  for (const Pair& pair : pairs_) list.push(pair.toJson());
  return rh::Json{{"pairs", list}}.dump();
}

Calibration Calibration::fromState(std::string_view json) {
  const rh::Json root = rh::Json::parse(json);
  const auto list = root.get<std::vector<Pair>>("pairs");
  if (list.size() != 4) throw rh::Fault(RH_CORRUPT, "The kept calibration has not four pairs.");
  Pairs pairs;
  std::copy(list.begin(), list.end(), pairs.begin());
  return Calibration(pairs);
}

Calibration Calibration::fromOldFile(std::string_view json, const std::string& file) {
  rh::Json root;
  try {
    root = rh::Json::parse(json);
  } catch (const rh::Fault& fault) {
    refuse(file, std::string("this is not JSON: ") + fault.what());
  }
  if (!root.isObject()) refuse(file, "an object with targetCalibration and servoCalibration must stand here.");
  const Quad picture = oldQuad(root, "targetCalibration", file);
  const Quad servos = oldQuad(root, "servoCalibration", file);
  Pairs pairs;
  for (std::size_t i = 0; i < 4; ++i) pairs[i] = {picture[i].x, picture[i].y, servos[i].x, servos[i].y};
  try {
    return Calibration(pairs);
  } catch (const rh::Fault& fault) {
    refuse(file, fault.what());
  }
}

Calibration Calibration::importFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) refuse(file, "the calibration file cannot be opened.");
  std::string text(kLargestFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) refuse(file, "the calibration file cannot be read.");
  if (text.size() > kLargestFile) refuse(file, "this is larger than 64 KiB and no calibration.");
  return fromOldFile(text, file);
}

std::optional<Counts> Calibration::countsOf(Point pixel) const {
  const auto found = to_counts_.map(pixel);
  // Far beyond any servo: no int holds it, so it is unreachable like the horizon.
  if (!found || std::fabs(found->x) > kLargestCoordinate || std::fabs(found->y) > kLargestCoordinate) {
    return std::nullopt;
  }
  return Counts{static_cast<int>(std::lround(found->x)), static_cast<int>(std::lround(found->y))};
}

std::optional<Point> Calibration::pixelOf(Counts counts) const {
  return to_pixels_.map({static_cast<double>(counts.x), static_cast<double>(counts.y)});
}

}  // namespace laser_turret

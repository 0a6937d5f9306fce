#include "laser_turret/lab/lab_room.hpp"

#include <cmath>
#include <cstring>

#include "laser_turret/lab/dot_painter.hpp"
#include "laser_turret/lab/room_painter.hpp"

namespace laser_turret {

std::optional<Vec> LabRoom::beamEnd(float x_counts, float y_counts) const {
  const auto hit = scene_.trace(turret_.position(), turret_.beam(x_counts, y_counts));
  if (!hit) return std::nullopt;
  return hit->position;
}

std::optional<Point> LabRoom::dotAt(float x_counts, float y_counts) const {
  const auto end = beamEnd(x_counts, y_counts);
  if (!end || !scene_.sees(camera_.position(), *end)) return std::nullopt;
  const auto pixel = camera_.project(*end);
  if (!pixel || pixel->x < 0 || pixel->y < 0 || pixel->x >= kPictureWidth || pixel->y >= kPictureHeight) {
    return std::nullopt;
  }
  return pixel;
}

Pairs LabRoom::measuredPairs() const {
  Pairs pairs;
  std::size_t i = 0;
  for (const Point corner : {Point{165, 205}, Point{475, 205}, Point{475, 435}, Point{165, 435}}) {
    const Vec ray = camera_.ray(static_cast<float>(corner.x), static_cast<float>(corner.y));
    float x_counts = 0, y_counts = 0;
    turret_.aimAt(camera_.position() + ray * (-camera_.position().y / ray.y), x_counts, y_counts);
    x_counts = std::round(x_counts);
    y_counts = std::round(y_counts);
    const Point seen = dotAt(x_counts, y_counts).value_or(corner);
    pairs[i++] = {std::round(seen.x * 100) / 100, std::round(seen.y * 100) / 100, x_counts, y_counts};
  }
  return pairs;
}

const Image& LabRoom::draw(double seconds, const TurretOutputs& outputs) {
  if (!room_) {
    room_ = sharedRoom(scene_, camera_);
    picture_ = *room_;
  }
  restore(cat_box_);
  restore(dot_box_);
  const auto lit = outputs.laser ? beamEnd(outputs.x_counts, outputs.y_counts) : std::nullopt;
  cat_.live(seconds, lit);
  cat_box_ = cat_painter_.paint(picture_, camera_, cat_.pose());
  dot_box_ = {};
  if (const auto dot = lit ? dotAt(outputs.x_counts, outputs.y_counts) : std::nullopt)
    dot_box_ = paintDot(picture_, *dot);
  return picture_;
}

void LabRoom::restore(PixelBox box) {
  if (box.left >= box.right) return;
  const auto bytes = static_cast<std::size_t>(box.right - box.left) * 3;
  for (int y = box.top; y < box.bottom; ++y) std::memcpy(picture_.at(box.left, y), room_->at(box.left, y), bytes);
}

}  // namespace laser_turret

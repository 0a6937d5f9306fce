// The simulated room as a whole: the beam ends where geometry says, the camera sees it there, the cat lives.
#pragma once
#include <memory>
#include <optional>

#include "laser_turret/calibration.hpp"
#include "laser_turret/lab/camera.hpp"
#include "laser_turret/lab/cat_painter.hpp"
#include "laser_turret/lab/image.hpp"
#include "laser_turret/lab/room_scene.hpp"
#include "laser_turret/lab/turret_geometry.hpp"

namespace laser_turret {

// What the outputs do at one moment.
struct TurretOutputs {
  float x_counts = 375, y_counts = 375;  // where the servos really stand
  bool laser = false;
};

class LabRoom {
 public:
  explicit LabRoom(std::uint64_t seed) : cat_(seed) {}

  // Where a lit beam of these positions is seen: on whatever it meets first; nothing outside the picture or hidden
  // behind furniture. The cat does not stop it (it would jump aside). [any-thread]
  std::optional<Point> dotAt(float x_counts, float y_counts) const;
  // Four measured pairs, as a careful person would find them: whole servo counts, and where the dot then is seen.
  // [any-thread]
  Pairs measuredPairs() const;

  // The picture `seconds` after the one before. Valid until the next call. The first one paints the room and takes a
  // fraction of a second. Not thread-safe.
  const Image& draw(double seconds, const TurretOutputs& outputs);

 private:
  std::optional<Vec> beamEnd(float x_counts, float y_counts) const;
  void restore(PixelBox box);

  RoomScene scene_;
  Camera camera_;
  TurretGeometry turret_;
  CatMind cat_;
  CatPainter cat_painter_;
  std::shared_ptr<const Image> room_;
  Image picture_;
  PixelBox cat_box_, dot_box_;  // what the last picture changed
};

}  // namespace laser_turret

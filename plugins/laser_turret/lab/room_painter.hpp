// The room without the cat and the dot, painted once: everything that stands still.
#pragma once
#include <memory>

#include "laser_turret/lab/camera.hpp"
#include "laser_turret/lab/image.hpp"
#include "laser_turret/lab/room_scene.hpp"

namespace laser_turret {

// Takes a fraction of a second.
Image paintRoom(const RoomScene& scene, const Camera& camera);

// The painted room, shared by all lab turrets of the process for as long as one of them uses it. The first caller
// paints; callers meanwhile wait. [any-thread]
std::shared_ptr<const Image> sharedRoom(const RoomScene& scene, const Camera& camera);

}  // namespace laser_turret

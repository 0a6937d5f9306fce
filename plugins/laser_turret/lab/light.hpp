// The light in the lab's room: a low sun through a window in the left wall (out of the picture), and the sky.
#pragma once
#include "laser_turret/lab/room_scene.hpp"
#include "laser_turret/lab/surfaces.hpp"

namespace laser_turret {

// Unit direction towards the sun.
Vec towardsSun();

// How much of the sun a point gets through the window, 0..1, without asking for shadows of furniture.
float sunThroughWindow(Vec p);

// How light reaches a place; slow to find, the same all over a pixel.
struct Exposure {
  float openness = 1;  // to the sky, 0..1
  float sun = 0;       // 0..1
};
Exposure exposureOf(const RoomScene& scene, const SurfaceHit& hit);

// Linear light that leaves a surface towards `eye`.
Vec lightFrom(const SurfaceHit& hit, const Appearance& look, Exposure exposure, Vec eye);
// The same for a dull body anywhere in the room.
Vec lightFrom(Vec normal, Vec albedo, Exposure exposure);

// Brings light into what a picture can show, without hard clipping.
Vec expose(Vec light);

}  // namespace laser_turret

// What the lab's surfaces look like: wooden floor, rug, walls with a window and pictures, fabrics. Nothing here is
// strongly red, so that the laser's dot is the reddest spot of any picture.
#pragma once
#include "laser_turret/lab/room_scene.hpp"

namespace laser_turret {

struct Appearance {
  Vec albedo;       // linear, 0..1
  Vec glow;         // light of its own: the sky in the window, the lamp
  float gloss = 0;  // how much it mirrors the window
};

// `footprint_m` is the width of a pixel on the surface: finer detail is faded, so that it does not flicker or alias.
Appearance appearanceOf(const SurfaceHit& hit, float footprint_m);

// Smooth noise in -1..1, the same for the same point.
float noise(float x, float y);

}  // namespace laser_turret

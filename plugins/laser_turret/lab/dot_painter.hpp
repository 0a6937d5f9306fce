// The laser's dot: a saturated red disc with a soft glow, the reddest spot of any picture.
#pragma once
#include "laser_turret/lab/cat_painter.hpp"
#include "laser_turret/lab/image.hpp"

namespace laser_turret {

// Draws it around a point of the picture (continuous coordinates: pixel column 100 covers 100..101). Returns the box
// around the pixels that it touched; empty when the point lies outside.
PixelBox paintDot(Image& image, Point at);

}  // namespace laser_turret

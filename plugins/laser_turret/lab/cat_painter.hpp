// Draws the cat and its shadow over the painted room, each picture anew: only the pixels around the cat are touched.
#pragma once
#include <vector>

#include "laser_turret/lab/camera.hpp"
#include "laser_turret/lab/cat_body.hpp"
#include "laser_turret/lab/image.hpp"

namespace laser_turret {

// Pixels of a picture; `right` and `bottom` lie just outside.
struct PixelBox {
  int left = 0, top = 0, right = 0, bottom = 0;
};

// Not thread-safe; keeps its buffers between pictures.
class CatPainter {
 public:
  // Returns the box around all pixels that it touched.
  PixelBox paint(Image& image, const Camera& camera, const CatPose& pose);

 private:
  struct Fragment {
    Vec ray;
    float distance = 1e9f;
    Vec normal;
    float along = 0;
    const Limb* limb = nullptr;
  };
  PixelBox shadow(Image& image, const Camera& camera, const CatPose& pose, const std::vector<Limb>& body, PixelBox cat);
  void contact(const CatPose& pose);
  static Vec furLight(const Fragment& fragment, Vec eye, float sun);

  void soften(int wide, int high);

  std::vector<Fragment> fragments_;
  std::vector<float> shade_;  // on a coarse grid: how much light is left, and the floor there
  std::vector<Vec> floor_;
};

}  // namespace laser_turret

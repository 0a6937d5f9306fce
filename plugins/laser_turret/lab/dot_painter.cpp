#include "laser_turret/lab/dot_painter.hpp"

namespace laser_turret {

PixelBox paintDot(Image& image, Point at) {
  constexpr float kCore = 4.8f, kGlow = 17;  // radii in pixels
  // Brightest in its middle, so that even the one reddest pixel lies there.
  constexpr Vec kMiddle{1.0f, 0.002f, 0.004f}, kRim{0.66f, 0.006f, 0.012f};
  const auto cx = static_cast<float>(at.x), cy = static_cast<float>(at.y);
  const auto width = static_cast<float>(image.width), height = static_cast<float>(image.height);
  if (!(cx > -kGlow && cy > -kGlow && cx < width + kGlow && cy < height + kGlow)) return {};
  const PixelBox box{static_cast<int>(std::max(0.0f, cx - kGlow)), static_cast<int>(std::max(0.0f, cy - kGlow)),
                     static_cast<int>(std::min(width, cx + kGlow + 1)),
                     static_cast<int>(std::min(height, cy + kGlow + 1))};
  for (int y = box.top; y < box.bottom; ++y) {
    for (int x = box.left; x < box.right; ++x) {
      const float away = std::hypot(static_cast<float>(x) + 0.5f - cx, static_cast<float>(y) + 0.5f - cy);
      const float core = clamp01(kCore + 0.5f - away);
      const float glow = 0.42f * std::pow(clamp01(1 - (away - kCore) / (kGlow - kCore)), 2.4f);
      const float outward = clamp01(away / kCore);
      blend(image.at(x, y), mix(kMiddle, kRim, outward * outward), std::max(core, glow));
    }
  }
  return box;
}

}  // namespace laser_turret

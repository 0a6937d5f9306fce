// The lab's scene: a gate in the evening, past which somebody walks now and then, under a sky whose light changes.
// Everything follows from the seed and the time. Not thread-safe.
#pragma once
#include <cstdint>

#include "cloud_camera/frame.hpp"

namespace cloud_camera {

class Scene {
 public:
  // Somebody comes by every `every_s` seconds, give or take a third, and needs about six seconds.
  Scene(int width, int height, std::uint64_t seed, double every_s);

  // The picture `t_s` seconds after the beginning.
  const Frame& draw(double t_s);
  // Whether somebody is in the picture then.
  bool busy(double t_s) const;

 private:
  struct Walk {
    double begin_s, length_s;
    bool leftwards;
    int coat;
  };
  Walk walk(std::int64_t number) const;
  // Where the walker is, 0..1 across the picture; negative: nobody is there.
  double walker(double t_s, Walk& who) const;
  void paintBackground();
  void paintWalker(double at, const Walk& who, double t_s);
  void box(double left, double top, double right, double bottom, int y, int u, int v);
  void disc(double x, double y, double radius, int luma, int u, int v);

  const std::uint64_t seed_;
  const double every_s_;
  Frame background_, frame_;
};

}  // namespace cloud_camera

// A flat floor seen by a camera and lit by a turret: picture pixels and beam positions are two pictures of one plane,
// so four pairs of points fix the whole mapping (a homography of the plane). Source: Hartley and Zisserman, Multiple
// View Geometry, 2nd ed., sections 4.1 (linear solution), 4.4.4 (normalising).
#pragma once
#include <array>
#include <optional>

namespace laser_turret {

struct Point {
  double x = 0;
  double y = 0;
};

using Quad = std::array<Point, 4>;

// Immutable.
class Perspective {
 public:
  // The mapping that takes from[i] to to[i] exactly (but for rounding in the last digits). Throws rh::Fault with a
  // sentence that names the points (numbered from 1; `from_name` and `to_name` say of what: "picture", "servo") when
  // two coincide, three lie on a line (less than one unit beside it), or the two quads run around differently.
  static Perspective fit(const Quad& from, const Quad& to, const char* from_name, const char* to_name);

  // Where a point goes; nothing for a point on or beyond the horizon of the mapping.
  std::optional<Point> map(Point from) const;
  // The way back, from the same four pairs.
  Perspective inverse() const;

 private:
  using Matrix = std::array<double, 9>;  // row by row; scaled so that the third component is positive inside the quad
  explicit Perspective(const Matrix& matrix) : matrix_(matrix) {}
  static Matrix multiply(const Matrix& a, const Matrix& b);
  Matrix matrix_;
};

}  // namespace laser_turret

#include "laser_turret/perspective.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "rh/fault.hpp"

namespace laser_turret {
namespace {

constexpr double kSameDistance = 1.0;  // of the quad's own unit, a pixel or a count: nearer than that is no information
constexpr double kLineDistance = 1.0;

std::string ofWhat(const char* name) {
  return std::string(" of the ") + name + " ";
}

void requireGeneral(const Quad& quad, const char* name) {
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = i + 1; j < 4; ++j) {
      if (std::hypot(quad[i].x - quad[j].x, quad[i].y - quad[j].y) < kSameDistance) {
        throw rh::Fault(RH_INVALID_ARGUMENT, "Points " + std::to_string(i + 1) + " and " + std::to_string(j + 1) +
                                                 ofWhat(name) +
                                                 "are the same; a calibration needs four different ones.");
      }
    }
  }
  for (std::size_t left_out = 4; left_out-- > 0;) {
    std::array<std::size_t, 3> three{};
    for (std::size_t i = 0, n = 0; i < 4; ++i) {
      if (i != left_out) three[n++] = i;
    }
    const Point a = quad[three[0]], b = quad[three[1]], c = quad[three[2]];
    const double twice_area = std::fabs((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y));
    const double longest = std::max(
        {std::hypot(b.x - a.x, b.y - a.y), std::hypot(c.x - a.x, c.y - a.y), std::hypot(c.x - b.x, c.y - b.y)});
    if (twice_area < kLineDistance * longest) {
      throw rh::Fault(RH_INVALID_ARGUMENT, "Points " + std::to_string(three[0] + 1) + ", " +
                                               std::to_string(three[1] + 1) + " and " + std::to_string(three[2] + 1) +
                                               ofWhat(name) +
                                               "lie on one line; a calibration needs a proper quadrangle.");
    }
  }
}

// Moves the centre to the origin and the mean distance to 1, so that the system below is well conditioned.
struct Normal {
  Point centre;
  double scale = 1;
  explicit Normal(const Quad& quad) {
    for (const Point& p : quad) {
      centre.x += p.x / 4;
      centre.y += p.y / 4;
    }
    double distance = 0;
    for (const Point& p : quad) distance += std::hypot(p.x - centre.x, p.y - centre.y) / 4;
    scale = 1 / distance;
  }
  Point operator()(Point p) const { return {(p.x - centre.x) * scale, (p.y - centre.y) * scale}; }
  std::array<double, 9> matrix() const { return {scale, 0, -centre.x * scale, 0, scale, -centre.y * scale, 0, 0, 1}; }
  std::array<double, 9> inverse() const { return {1 / scale, 0, centre.x, 0, 1 / scale, centre.y, 0, 0, 1}; }
};

using System = std::array<std::array<double, 9>, 8>;  // 8 equations, the right side last

// Gaussian elimination with partial pivoting. False when the system is singular.
bool solve(System& rows, std::array<double, 8>& solution) {
  for (std::size_t column = 0; column < 8; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < 8; ++row) {
      if (std::fabs(rows[row][column]) > std::fabs(rows[pivot][column])) pivot = row;
    }
    if (std::fabs(rows[pivot][column]) < 1e-12) return false;
    std::swap(rows[column], rows[pivot]);
    for (std::size_t row = column + 1; row < 8; ++row) {
      const double factor = rows[row][column] / rows[column][column];
      for (std::size_t i = column; i < 9; ++i) rows[row][i] -= factor * rows[column][i];
    }
  }
  for (std::size_t row = 8; row-- > 0;) {
    double sum = rows[row][8];
    for (std::size_t i = row + 1; i < 8; ++i) sum -= rows[row][i] * solution[i];
    solution[row] = sum / rows[row][row];
  }
  return true;
}

double third(const std::array<double, 9>& m, Point p) {
  return m[6] * p.x + m[7] * p.y + m[8];
}

}  // namespace

Perspective Perspective::fit(const Quad& from, const Quad& to, const char* from_name, const char* to_name) {
  requireGeneral(from, from_name);
  requireGeneral(to, to_name);
  const Normal from_normal(from), to_normal(to);
  System rows{};
  for (std::size_t i = 0; i < 4; ++i) {
    const Point p = from_normal(from[i]), q = to_normal(to[i]);
    rows[2 * i] = {p.x, p.y, 1, 0, 0, 0, -p.x * q.x, -p.y * q.x, q.x};
    rows[2 * i + 1] = {0, 0, 0, p.x, p.y, 1, -p.x * q.y, -p.y * q.y, q.y};
  }
  std::array<double, 8> h{};
  const std::string order = std::string("The points run around differently in the ") + from_name + " and in the " +
                            to_name + "; pair them in the same order.";
  if (!solve(rows, h)) throw rh::Fault(RH_INVALID_ARGUMENT, order);
  const Matrix normalised{h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1};
  // In a true picture of a plane the horizon never cuts through the quad, so all four lie on one side of it.
  for (const Point& p : from) {
    if (third(normalised, from_normal(p)) <= 1e-9) throw rh::Fault(RH_INVALID_ARGUMENT, order);
  }
  return Perspective(multiply(to_normal.inverse(), multiply(normalised, from_normal.matrix())));
}

std::optional<Point> Perspective::map(Point from) const {
  const double w = third(matrix_, from);
  if (!(w > 1e-9)) return std::nullopt;
  return Point{(matrix_[0] * from.x + matrix_[1] * from.y + matrix_[2]) / w,
               (matrix_[3] * from.x + matrix_[4] * from.y + matrix_[5]) / w};
}

Perspective Perspective::inverse() const {
  const Matrix& m = matrix_;
  Matrix adjugate{m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
                  m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
                  m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
  // Dividing by the determinant makes it the true inverse, whose third component is 1/w: positive where w is.
  const double determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
  for (double& value : adjugate) value /= determinant;
  return Perspective(adjugate);
}

Perspective::Matrix Perspective::multiply(const Matrix& a, const Matrix& b) {
  Matrix product{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      for (std::size_t i = 0; i < 3; ++i) product[3 * row + column] += a[3 * row + i] * b[3 * i + column];
    }
  }
  return product;
}

}  // namespace laser_turret

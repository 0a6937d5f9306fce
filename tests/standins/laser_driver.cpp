// Stands in for the older laser turret's driver program, as brittle as that is: it hears catlaser/target without a
// user, moves the servos to "X,Y" and ignores other text; bytes that are no ASCII, and a point that a servo cannot
// reach, end it, the x servo moved and the laser still lit; it ends too when the broker goes.
//
//   laser_driver PORT px py sx sy (four times: picture point and servo counts) [MIN MAX (of the servos)]
//
// Prints what happens to its hardware: "laser on", "servo x 440", "servo y 298", and "died: REASON" at its end.
#include <mqtt/async_client.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace {

using Equations = std::array<std::array<double, 9>, 8>;

long servo_min = 150, servo_max = 600;

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

[[noreturn]] void die(const std::string& why) {
  say("died: " + why);
  std::_Exit(1);
}

// The eight numbers of the transform that takes four points to four others (h33 = 1).
std::array<double, 8> transform(const std::array<double, 16>& p) {
  Equations e{};
  for (std::size_t i = 0; i < 4; ++i) {
    const double x = p[4 * i], y = p[4 * i + 1], u = p[4 * i + 2], v = p[4 * i + 3];
    e[2 * i] = {x, y, 1, 0, 0, 0, -u * x, -u * y, u};
    e[2 * i + 1] = {0, 0, 0, x, y, 1, -v * x, -v * y, v};
  }
  for (std::size_t c = 0; c < 8; ++c) {
    std::size_t best = c;
    for (std::size_t r = c; r < 8; ++r)
      if (std::fabs(e[r][c]) > std::fabs(e[best][c])) best = r;
    std::swap(e[c], e[best]);
    if (e[c][c] == 0) die("the calibration is degenerate");
    for (std::size_t r = 0; r < 8; ++r) {
      if (r == c) continue;
      const double f = e[r][c] / e[c][c];
      for (std::size_t k = c; k < 9; ++k) e[r][k] -= f * e[c][k];
    }
  }
  std::array<double, 8> h{};
  for (std::size_t i = 0; i < 8; ++i) h[i] = e[i][8] / e[i][i];
  return h;
}

// One register of the servo board: within its limits, or the end.
void servo(const char* axis, double counts) {
  const long value = std::lround(counts);
  if (value < servo_min || value > servo_max)
    die(std::string("servo ") + axis + " " + std::to_string(value) + " is out of range");
  say(std::string("servo ") + axis + " " + std::to_string(value));
}

void hear(const std::string& text, const std::array<double, 8>& h) {
  for (const char c : text)
    if ((c & 0x80) != 0) die("a byte is no ASCII");
  int x = 0, y = 0, end = 0;
  if (std::sscanf(text.c_str(), "%d,%d%n", &x, &y, &end) != 2 || static_cast<std::size_t>(end) != text.size()) return;
  const double w = h[6] * x + h[7] * y + 1;
  servo("x", (h[0] * x + h[1] * y + h[2]) / w);
  servo("y", (h[3] * x + h[4] * y + h[5]) / w);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 18 && argc != 20) return 2;
  if (argc == 20) {
    servo_min = std::atol(argv[18]);
    servo_max = std::atol(argv[19]);
  }
  std::array<double, 16> points{};
  for (std::size_t i = 0; i < 16; ++i) points[i] = std::atof(argv[i + 2]);
  const auto h = transform(points);
  try {
    mqtt::async_client client(std::string("tcp://127.0.0.1:") + argv[1], "");
    client.start_consuming();
    client.connect()->wait();
    client.subscribe("catlaser/target", 0)->wait();
    say("laser on");
    while (const auto message = client.consume_message()) hear(message->to_string(), h);
  } catch (const mqtt::exception& error) {
    die(error.what());
  }
  die("the broker is gone");
}

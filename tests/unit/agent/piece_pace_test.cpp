#include "agent/piece_pace.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace robohub;
using namespace std::chrono_literals;
using agent::PiecePace;

namespace {

struct Carried {
  int pieces = 0, pictures = 0;
};

// A minute of a line while a camera gives fifteen pictures a second and captures wait at every moment. The frame that
// was begun goes on, then comes the piece, then the newest picture.
Carried minute(double line_bytes_per_s, double picture_bytes) {
  enum class Frame { none, piece, picture };
  constexpr double kPieceBytes = 32 * 1024;
  PiecePace pace;
  Carried carried;
  Frame begun = Frame::none;
  double left = 0;
  bool piece_waits = false, picture_waits = false;
  for (int ms = 0; ms < 60'000; ms += 3) {
    if (ms % 66 == 0) picture_waits = true;
    double room = line_bytes_per_s * 0.003;
    while (room > 0) {
      if (begun == Frame::none) {
        if (!piece_waits && !picture_waits) break;
        begun = piece_waits ? Frame::piece : Frame::picture;
        left = piece_waits ? kPieceBytes : picture_bytes;
        if (begun == Frame::picture) picture_waits = false;
      }
      const double sent = std::min(room, left);
      room -= sent;
      left -= sent;
      if (left > 0) continue;
      if (begun == Frame::piece) piece_waits = false;
      ++(begun == Frame::piece ? carried.pieces : carried.pictures);
      begun = Frame::none;
    }
    const MonoTime now = MonoTime{1h} + std::chrono::milliseconds(ms);
    const bool idle = begun == Frame::none && !piece_waits && !picture_waits;
    if (!pace.mayGo(idle, piece_waits, now)) continue;
    pace.went(now);
    piece_waits = true;
  }
  return carried;
}

}  // namespace

TEST_CASE("on a line that is narrower than the pictures captures go all the same, and half of it is the pictures'") {
  struct Line {
    double bytes_per_s, picture_bytes;
    int least_pieces;
  };
  for (const Line& line :
       {Line{625'000, 150'000, 60}, Line{125'000, 15'000, 60}, Line{125'000, 50'000, 40}, Line{25'000, 15'000, 10}}) {
    INFO(line.bytes_per_s << " bytes a second, pictures of " << line.picture_bytes);
    const Carried carried = minute(line.bytes_per_s, line.picture_bytes);
    CHECK(carried.pieces >= line.least_pieces);
    CHECK(2 * carried.pictures >= static_cast<int>(60 * line.bytes_per_s / line.picture_bytes) - 2);
  }
}

TEST_CASE("on a wide line every picture goes, and captures fill what they leave") {
  const Carried carried = minute(12'500'000, 50'000);
  CHECK(carried.pictures >= 900);
  CHECK(carried.pieces >= 1000);
}

TEST_CASE("no piece goes while another waits, and the first look after a long pause holds none back for long") {
  PiecePace pace;
  MonoTime now{1h};
  CHECK(pace.mayGo(false, false, now));
  pace.went(now);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(pace.mayGo(false, true, now += 1s));
  CHECK_FALSE(pace.mayGo(false, false, now));
  CHECK(pace.mayGo(true, false, now));
  CHECK(pace.mayGo(false, false, now + PiecePace::kMost));
}

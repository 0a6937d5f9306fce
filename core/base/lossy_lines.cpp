#include "base/lossy_lines.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace robohub {

void LossyLines::write(int file, std::string_view line, const Notice& notice) {
  if (lost_ > 0) {
    if (!writeNow(file, (cut_ ? "\n" : "") + notice(lost_))) {
      ++lost_;
      return;
    }
    lost_ = 0;
  }
  if (!writeNow(file, line)) ++lost_;
}

bool LossyLines::writeNow(int file, std::string_view text) {
  // What says that it has room takes at least so much: a pipe a page, a terminal a little less.
  constexpr std::size_t kPiece = 1024;
  const std::size_t whole = text.size();
  while (!text.empty()) {
    pollfd taker{file, POLLOUT, 0};
    ssize_t written = -1;
    if (::poll(&taker, 1, 0) == 1 && (taker.revents & POLLOUT))
      written = ::write(file, text.data(), std::min(text.size(), kPiece));
    if (written <= 0) {
      cut_ = cut_ || text.size() < whole;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  cut_ = false;
  return true;
}

}  // namespace robohub

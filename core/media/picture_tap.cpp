#include "media/picture_tap.hpp"

namespace robohub::media {

namespace {

// The JPEG within a part: behind its head, before the boundary that closes it.
std::string_view jpegOf(std::string_view part) {
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  const std::size_t begin = part.find(kHeadEnd);
  const std::size_t behind = kBoundary.size() + 6;  // "\r\n--" boundary "\r\n"
  if (begin == std::string_view::npos || part.size() < begin + kHeadEnd.size() + behind) return {};
  return part.substr(begin + kHeadEnd.size(), part.size() - begin - kHeadEnd.size() - behind);
}

}  // namespace

std::optional<PictureTap::Taken> PictureTap::take(Duration patience) {
  Lock lock(mutex_);
  changed_.wait_for(lock, patience, [this]() RH_REQUIRES(mutex_) { return newest_ || !open_; });
  return std::exchange(newest_, std::nullopt);
}

bool PictureTap::open() const {
  Lock lock(mutex_);
  return open_;
}

bool PictureTap::send(std::span<const SharedBytes> parts, net::SendClass send_class) {
  Lock lock(mutex_);
  if (!open_) return false;
  if (send_class != net::SendClass::picture || parts.size() != 1) return true;
  const std::string_view jpeg = jpegOf(*parts[0]);
  if (!jpeg.empty()) newest_ = Taken{parts[0], jpeg, clock_.now()};
  changed_.notify_one();
  return true;
}

void PictureTap::close() {
  Lock lock(mutex_);
  open_ = false;
  changed_.notify_one();
}

}  // namespace robohub::media

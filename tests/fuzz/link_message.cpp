// What hub and agent read from each other: text, and pictures of the bulk link. What was read can be written, and reads
// the same again.
#include "link/messages.hpp"
#include "link/picture.hpp"
#include "target.hpp"

using namespace robohub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  if (const auto message = link::parseFromAgent(bytes)) {
    const auto written = link::encode(*message);
    const auto again = link::parseFromAgent(written);
    fuzz::promise(again.has_value(), "what the hub read, it can write and read again");
    fuzz::promise(link::encode(*again) == written, "writing is stable");
  }
  if (const auto message = link::parseFromHub(bytes)) {
    const auto written = link::encode(*message);
    const auto again = link::parseFromHub(written);
    fuzz::promise(again.has_value(), "what the agent read, it can write and read again");
    fuzz::promise(link::encode(*again) == written, "writing is stable");
  }
  if (const auto picture = link::parsePicture(bytes))
    fuzz::promise(picture->jpeg.size() + picture->stream.size() < size, "a picture lies within its message");
  return 0;
}

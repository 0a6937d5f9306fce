// A packet of a plugin's process, which is not trusted: it is none, or reads the same again.
#include "plugin/packet.hpp"
#include "target.hpp"

using namespace robohub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  const auto packet = plugin::decode(bytes.data(), bytes.size());
  if (!packet) return 0;
  std::size_t held = 0;
  for (const auto& text : packet->texts) held += text.size();
  fuzz::promise(held <= size, "texts lie within their packet");
  fuzz::promise(packet->text(packet->texts.size()).empty(), "a text that was not sent is empty");
  const auto written = plugin::encode(*packet);
  const auto again = plugin::decode(written.data(), written.size());
  fuzz::promise(again && plugin::encode(*again) == written, "what was read can be written, and reads the same again");
  return 0;
}

// What devices of older kinds say: JSON objects with nothing between them, cut anywhere, and the messages in them.
#include <string>
#include <vector>

#include "gateway/cloudtalker/messages.hpp"
#include "gateway/robot_tcp/json_splitter.hpp"
#include "gateway/robot_tcp/message.hpp"
#include "target.hpp"

using namespace robohub;

namespace {

constexpr std::size_t kLongest = 1024;

struct Read {
  std::vector<std::string> objects;
  bool good = true;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, std::size_t step) {
  Read out;
  gateway::JsonSplitter splitter(kLongest);
  while (out.good && !bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    out.good = splitter
                   .feed(piece,
                         [&](std::string_view object) {
                           fuzz::promise(object.size() <= kLongest, "an object is never longer than its limit");
                           out.objects.emplace_back(object);
                           return true;
                         })
                   .has_value();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  const auto whole = read(bytes, size ? size : 1);
  fuzz::promise(whole == read(bytes, 1), "how objects are cut changes nothing");
  fuzz::promise(whole == read(bytes, 255), "how objects are cut changes nothing");
  gateway::RobotReader reader;
  for (const auto& object : whole.objects) {
    (void)reader.read(object);
    (void)gateway::parseTalker(object);
    (void)gateway::meantCapture(object);
  }
  (void)reader.read(bytes);
  if (const auto said = gateway::parseTalker(bytes))
    if (const auto* state = std::get_if<gateway::TalkerState>(&*said))
      fuzz::promise(state->heartbeat_s == state->heartbeat_s, "a period is a number");
  const std::string format = gateway::segmentFormat(bytes);
  fuzz::promise(format == "ts" || format == "mp4", "a segment is of one format or the other, however short it is");
  return 0;
}

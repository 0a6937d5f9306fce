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

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool same(const Result<const gateway::RobotMessage*>& one, const Result<const gateway::RobotMessage*>& other) {
  if (!one || !other) return one.has_value() == other.has_value();
  const auto &a = (*one)->fields, &b = (*other)->fields;
  if ((*one)->type != (*other)->type || (*one)->has_data != (*other)->has_data || a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].in != b[i].in || a[i].key != b[i].key || a[i].kind != b[i].kind || a[i].boolean != b[i].boolean ||
        a[i].whole != b[i].whole || a[i].number != b[i].number || a[i].integer != b[i].integer ||
        a[i].text != b[i].text)
      return false;
  return true;
}

// A reader that has seen all inputs before says what one says that has seen none.
void readAsBefore(std::string_view bytes, const std::vector<std::string>& objects) {
  static gateway::RobotReader learnt;
  for (const auto& object : objects) {
    gateway::RobotReader fresh;
    fuzz::promise(same(learnt.read(object), fresh.read(object)), "what was learnt changes nothing");
  }
  gateway::RobotReader fresh;
  fuzz::promise(same(learnt.read(bytes), fresh.read(bytes)), "what was learnt changes nothing");
  std::size_t size = 0;
  for (std::size_t i = 0; learnt.readFront(bytes, size) && size <= kLongest; ++i) {
    fuzz::promise(i < objects.size() && trimmed(bytes.substr(0, size)) == objects[i],
                  "what is found at the beginning is the next object");
    bytes.remove_prefix(size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  const auto whole = read(bytes, size ? size : 1);
  fuzz::promise(whole == read(bytes, 1), "how objects are cut changes nothing");
  fuzz::promise(whole == read(bytes, 255), "how objects are cut changes nothing");
  readAsBefore(bytes, whole.objects);
  for (const auto& object : whole.objects) {
    (void)gateway::parseTalker(object);
    (void)gateway::meantCapture(object);
  }
  if (const auto said = gateway::parseTalker(bytes))
    if (const auto* state = std::get_if<gateway::TalkerState>(&*said))
      fuzz::promise(state->heartbeat_s == state->heartbeat_s, "a period is a number");
  const std::string format = gateway::segmentFormat(bytes);
  fuzz::promise(format == "ts" || format == "mp4", "a segment is of one format or the other, however short it is");
  return 0;
}

// robohub-media-worker: reads and writes videos for the hub, and may do nothing else. Started by the hub, never by
// hand.
#include <signal.h>

#include <charconv>
#include <iostream>
#include <string_view>

#include "media/worker_words.hpp"
#include "video/av.hpp"
#include "video/confine.hpp"
#include "video/hub_channel.hpp"
#include "video/join.hpp"
#include "video/record.hpp"
#include "video/still.hpp"

namespace {

bool readNumber(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out > 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace robohub;
  namespace words = media::words;
  // They go to all processes of a service or a terminal when the hub is to end. When this one is to, the hub says by
  // the socket: so a recording is finished, and no segment is taken for one that breaks it.
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) ::signal(number, SIG_IGN);
  video::Confinement limits;
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (argc != 5 || !readNumber(argv[2], limits.cpu_s) || !readNumber(argv[3], limits.memory_bytes) ||
      !readNumber(argv[4], limits.file_bytes)) {
    std::cerr << "robohub-media-worker is started by the hub.\n";
    return 2;
  }
  av_log_set_level(AV_LOG_QUIET);
  video::HubChannel hub(words::kSocket);
  const std::int64_t most_bytes = limits.file_bytes;
  if (const Status confined = video::confine(limits); !confined) {
    hub.failed({std::string(words::kInternal), confined.error().message});
    return 1;
  }
  if (mode == words::kJoin)
    video::runJoin(hub, words::kOutput, most_bytes);
  else if (mode == words::kStill)
    video::runStill(hub, words::kOutput);
  else if (mode == words::kRecord)
    video::runRecord(hub, words::kPictures, words::kOutput, most_bytes);
  else
    hub.failed({std::string(words::kInternal), "There is no such job."});
  return 0;
}

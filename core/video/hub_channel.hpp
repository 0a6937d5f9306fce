// The worker's side of the words between the hub and it (media/worker_words.hpp). Not thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "process/fd_packet.hpp"

namespace robohub::video {

struct Segment {
  std::uint32_t number = 0;
  process::FileDescriptor file;
};

// How a job has failed; `code` is one of the words.
struct Failure {
  std::string code;
  std::string sentence;
};

class HubChannel {
 public:
  explicit HubChannel(int socket) : socket_(socket) {}

  // Asks for the next segment and waits for it; nothing at the end of the list. The hub gone ends the program: nobody
  // is left for whom to work.
  std::optional<Segment> next();
  void joined(std::uint32_t number, std::int64_t ms);
  void refused(std::uint32_t number, const std::string& sentence);
  void done(std::int64_t ms, int width, int height, const std::string& note);
  void failed(const Failure& failure);

 private:
  void send(const std::string& text) const;
  const int socket_;
};

}  // namespace robohub::video

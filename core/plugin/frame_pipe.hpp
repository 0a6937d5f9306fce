// Pictures and sound from a child to its agent, on a stream socket of their own so that a large one never stands before
// an answer. Each end holds only so many waiting frames a stream (of pictures one): a newer one takes the oldest one's
// place; streams take turns. On the wire: one byte length of the stream's name, 3 zero bytes, uint32 size of the frame,
// int64 t_ns, name, frame (a JPEG, or samples).
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.hpp"

namespace robohub::plugin {

// The child's end. [any-thread]
class FrameWriter {
 public:
  // The socket blocks, and must outlive this; shut it down to end a write that hangs.
  explicit FrameWriter(int socket);
  ~FrameWriter();

  // `kept`: how many of this stream may wait, at least 1.
  void put(std::string_view stream, std::string_view frame, std::int64_t t_ns, std::size_t kept = 1);

 private:
  void run();
  bool writeAll(std::string_view bytes);

  const int socket_;
  Mutex mutex_;
  Condition wake_;
  std::map<std::string, std::deque<std::string>> waiting_ RH_GUARDED_BY(mutex_);  // by stream: whole messages
  bool stopping_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// The agent's end: puts frames together from what the socket gives. Owned by one thread.
class FrameReader {
 public:
  using Take = std::function<void(std::string stream, std::string frame, std::int64_t t_ns)>;
  // Reads what is there from a non-blocking socket. False when it ended or sent what is no frame.
  bool read(int socket, const Take& take);

 private:
  std::string head_;
  std::string stream_;
  std::string frame_;
  std::size_t have_ = 0;  // of stream_ and frame_
  std::int64_t t_ns_ = 0;
};

}  // namespace robohub::plugin

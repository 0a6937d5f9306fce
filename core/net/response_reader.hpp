// Reads one HTTP answer piece by piece, whatever way its body ends. Pure. Not thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/http_parse.hpp"

namespace robohub::net {

class ResponseReader {
 public:
  // `max_body_bytes` bounds what body() holds at any time: who takes pieces out of it may read for ever.
  ResponseReader(bool to_head_request, std::size_t max_body_bytes, std::size_t max_head_bytes = 16 * 1024)
      : max_body_bytes_(max_body_bytes), max_head_bytes_(max_head_bytes), to_head_request_(to_head_request) {}

  // Errors: corrupt, too_large. Interim answers (1xx but 101) are skipped. Bytes behind a complete answer are kept in
  // rest().
  Status feed(std::string_view bytes);
  // The server ended the connection. Error: corrupt when the answer is not whole.
  Status end();

  bool headDone() const { return head_done_; }
  bool complete() const { return complete_; }
  const ParsedResponse& response() const { return response_; }
  std::string& body() { return body_; }
  const std::string& rest() const { return head_; }

 private:
  Status takeHead();
  Status takeBody(std::string_view& bytes);

  const std::size_t max_body_bytes_, max_head_bytes_;
  const bool to_head_request_;
  bool head_done_ = false;
  bool complete_ = false;
  std::size_t scanned_ = 0;
  std::string head_;  // what was received of it; later what comes behind the answer
  std::string body_;
  std::uint64_t left_ = 0;
  ParsedResponse response_;
  ChunkedDecoder chunks_;
};

}  // namespace robohub::net

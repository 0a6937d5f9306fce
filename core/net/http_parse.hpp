// The strict reading of HTTP/1.1 from hostile bytes, without sockets. Two programs that read the same bytes differently
// are how requests are smuggled past one of them, so whatever RFC 9112 lets a server refuse is refused: obsolete
// folding, bare CR or LF, blanks before the colon, both lengths at once, repeated lengths, encodings other than
// chunked. [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "net/http_message.hpp"

namespace robohub::net {

// Why bytes are not a request: the status to answer with, and a sentence.
struct HttpRefusal {
  int status = 400;
  std::string message;
};

// How the body of a message is delimited.
struct BodyFraming {
  enum class Kind { none, length, chunked, until_close } kind = Kind::none;
  std::uint64_t length = 0;
};

struct ParsedRequest {
  HttpHead head;  // peer, scheme and listener are the caller's to fill in
  BodyFraming body;
  bool expects_continue = false;
};

struct ParsedResponse {
  int status = 0;
  std::string reason;
  Headers headers;
  BodyFraming body;
  bool keep_alive = false;
};

// Length of a complete head (to and including the empty line) at the front of `bytes`; 0 when it is not complete yet.
// `from` = how many bytes were looked at before. Refuses at once: NUL, bare CR, bare LF, more than `max_bytes` (431).
tl::expected<std::size_t, HttpRefusal> findHeadEnd(std::string_view bytes, std::size_t from, std::size_t max_bytes);

// `head` ends with the empty line. At most 100 fields.
tl::expected<ParsedRequest, HttpRefusal> parseRequestHead(std::string_view head);
// Of a server; `to_head_request`: the answer has no body whatever it says.
tl::expected<ParsedResponse, HttpRefusal> parseResponseHead(std::string_view head, bool to_head_request);

// "%41" -> "A"; empty when an escape is broken. `plus_is_space` for query parameters.
std::optional<std::string> percentDecode(std::string_view text, bool plus_is_space);

// Reads a chunked body piece by piece (RFC 9112, 7.1). Extensions are skipped (at most 256 bytes a line), trailers are
// read and thrown away (at most 4 KiB).
class ChunkedDecoder {
 public:
  enum class State { more, done, bad, too_large };
  // Consumes from the front of `in` (all of it unless done or bad) and appends content to `out`, which never grows
  // beyond `limit`.
  State feed(std::string_view& in, std::string& out, std::size_t limit);

 private:
  enum class At : std::uint8_t {
    size,
    extension,
    size_lf,
    content,
    content_cr,
    content_lf,
    trailer,
    trailer_lf,

    done
  };
  At at_ = At::size;
  std::uint64_t left_ = 0;
  std::uint32_t digits_ = 0;
  std::uint32_t skipped_ = 0;
  bool line_empty_ = true;
};

}  // namespace robohub::net

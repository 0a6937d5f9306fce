// The first bytes of anybody who connects: a request's head, an answer's head, a chunked body.
#include <string>

#include "net/http_parse.hpp"
#include "target.hpp"

using namespace robohub;

namespace {

constexpr std::string_view kLineEnds("\r\n\0", 3);

void asSent(const net::Headers& fields, std::string_view head) {
  for (const auto& [name, value] : fields.all()) {
    fuzz::promise(value.find_first_of(kLineEnds) == std::string::npos, "no line end or NUL in a field");
    fuzz::promise(head.find(value) != std::string_view::npos, "a field's value is what was sent");
  }
}

std::string dechunk(std::string_view body, std::size_t step, net::ChunkedDecoder::State& state) {
  net::ChunkedDecoder decoder;
  std::string out;
  state = net::ChunkedDecoder::State::more;
  while (!body.empty() && state == net::ChunkedDecoder::State::more) {
    std::string_view piece = body.substr(0, step);
    body.remove_prefix(piece.size());
    state = decoder.feed(piece, out, 4096);
  }
  fuzz::promise(out.size() <= 4096, "a body never grows beyond its limit");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  const auto end = net::findHeadEnd(bytes, 0, 16384);
  if (end && *end > 0) {
    fuzz::promise(*end <= size, "a head ends within what came");
    const auto head = bytes.substr(0, *end);
    if (const auto request = net::parseRequestHead(head)) {
      fuzz::promise(request->head.target.find_first_of(kLineEnds) == std::string::npos,
                    "no line end or NUL in a request's target");
      asSent(request->head.headers, head);
    }
    if (const auto answer = net::parseResponseHead(head, false)) asSent(answer->headers, head);
    (void)net::parseResponseHead(head, true);
  }
  net::ChunkedDecoder::State whole_state, split_state;
  const auto whole = dechunk(bytes, size ? size : 1, whole_state);
  const auto split = dechunk(bytes, 1, split_state);
  fuzz::promise(whole_state == split_state, "how a body is cut changes nothing of its end");
  if (whole_state == net::ChunkedDecoder::State::done)
    fuzz::promise(whole == split, "how a body is cut changes nothing of its content");
  (void)net::percentDecode(bytes, true);
  return 0;
}

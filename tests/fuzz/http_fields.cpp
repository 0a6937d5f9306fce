// What stands in the fields of a request: lines of a range, a cookie, addresses of proxies, an origin, a host. And an
// answer from elsewhere, read by the hub as a client.
#include <array>
#include <string>

#include "api/byte_range.hpp"
#include "identity/cookie.hpp"
#include "net/forwarded.hpp"
#include "net/origin.hpp"
#include "net/response_reader.hpp"
#include "target.hpp"

using namespace robohub;

namespace {

constexpr std::size_t kLongest = 4096;

struct Read {
  bool good = true, complete = false;
  std::string body;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, std::size_t step) {
  Read out;
  net::ResponseReader reader(false, kLongest, 1024);
  while (out.good && !reader.complete() && !bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    out.good = reader.feed(piece).has_value();
    fuzz::promise(reader.body().size() <= kLongest, "a body never grows beyond its limit");
  }
  if (out.good && !reader.complete()) out.good = reader.end().has_value();
  out.complete = reader.complete();
  if (out.good) out.body = reader.body();
  return out;
}

void ranges(std::string_view range, std::string_view if_range) {
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, UINT64_MAX}) {
    const auto wanted = api::wantedBytes(range, if_range, "\"tag\"", bytes);
    if (!wanted.range) continue;
    fuzz::promise(wanted.satisfiable, "a range that is given can be given");
    fuzz::promise(wanted.range->first <= wanted.range->last && wanted.range->last < bytes,
                  "a range lies within its file");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  std::array<std::string_view, 5> lines;
  auto rest = bytes;
  for (auto& line : lines) {
    const auto end = rest.find('\n');
    line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  ranges(lines[0], {});
  ranges(lines[0], lines[1]);
  for (const bool tls : {false, true})
    if (const auto token = identity::tokenFromCookies(lines[1], tls))
      fuzz::promise(token->find(';') == std::string::npos, "a cookie ends at its semicolon");

  net::HttpHead head;
  head.method = "GET";
  head.target = "/";
  head.headers.add("X-Forwarded-For", std::string(lines[2]));
  head.headers.add("X-Forwarded-Proto", std::string(lines[3]));
  head.headers.add("Origin", std::string(lines[3]));
  head.headers.add("Host", std::string(lines[4]));
  head.peer = *net::PeerAddress::parse("192.0.2.1", 80);
  auto stranger = head;
  net::applyForwarded(stranger, {});
  fuzz::promise(stranger.peer.bytes() == head.peer.bytes(), "a stranger's word about addresses does not count");
  const auto proxy = net::Network::parse("192.0.2.0/24");
  net::applyForwarded(head, {*proxy});
  fuzz::promise(head.scheme == "http" || head.scheme == "https" || head.scheme == net::HttpHead().scheme,
                "a scheme is one of two");
  if (net::checkOrigin(head) == net::OriginCheck::same)
    fuzz::promise(!lines[4].empty() && lines[3].starts_with("http"), "the page's own origin is an address of this hub");

  const auto whole = read(bytes, size ? size : 1);
  fuzz::promise(whole == read(bytes, 1), "how an answer is cut changes nothing");
  return 0;
}

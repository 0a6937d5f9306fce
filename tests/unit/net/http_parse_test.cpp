#include "net/http_parse.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace robohub;
using namespace robohub::net;

namespace {

// The status that a whole request's head is refused with; 0 when it is taken.
int refusal(const std::string& head) {
  const auto end = findHeadEnd(head, 0, 16 * 1024);
  if (!end) return end.error().status;
  REQUIRE(*end == head.size());
  const auto parsed = parseRequestHead(head);
  return parsed ? 0 : parsed.error().status;
}

std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("an ordinary request is read") {
  const std::string raw =
      "POST /api/v1/x%20y?wait_ms=20&name=A%26B+C HTTP/1.1\r\nHost: hub.local:8080\r\nCookie: a=1; session=abc ;b=\r\n"
      "content-length: 5\r\nConnection: Keep-Alive, x\r\n\r\n";
  const auto parsed = parseRequestHead(raw);
  REQUIRE(parsed);
  const auto& head = parsed->head;
  CHECK(head.method == "POST");
  CHECK(head.target == "/api/v1/x%20y?wait_ms=20&name=A%26B+C");
  CHECK(head.path == "/api/v1/x y");
  CHECK(head.queryParam("wait_ms") == "20");
  CHECK(head.queryParam("name") == "A&B C");
  CHECK_FALSE(head.queryParam("nam"));
  CHECK(head.host() == "hub.local:8080");
  CHECK(head.cookie("session") == "abc");
  CHECK(head.cookie("b") == "");
  CHECK_FALSE(head.cookie("c"));
  CHECK(head.headers.get("CONTENT-LENGTH") == "5");
  CHECK(head.headers.hasToken("connection", "keep-alive"));
  CHECK(head.keepAlive());
  CHECK(parsed->body.kind == BodyFraming::Kind::length);
  CHECK(parsed->body.length == 5);
}

TEST_CASE("requests that two readers could read differently are refused") {
  std::string with_nul = "GET / HTTP/1.1\r\nHost: a\r\nX: 0\r\n\r\n";
  with_nul[with_nul.find('0', 20)] = '\0';
  const std::pair<std::string, int> corpus[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501},
      {"GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\tfolded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer\x0b-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01 b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400},
      {"GET / HTTP/1.1\n\n", 400},
      {with_nul, 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", 400},
      {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\r\nHost: a\r\n\r\n", 400},
      {"G\tET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"(GET) / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417},
      {"PRI * HTTP/2.0\r\n\r\n", 505},
      // Encoded words are of mail (RFC 2047); who decodes them here sees lengths and line ends that nobody else sees.
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: =?us-ascii?q?chunked?=\r\n\r\n", 501},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: =?us-ascii?q?5?=\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: =?us-ascii?q?a?=\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x01\x01\r\n\r\n", 400},
  };
  for (const auto& [raw, status] : corpus) {
    INFO(raw);
    CHECK(refusal(raw) == status);
  }
}

TEST_CASE("paths that mean something else to somebody are refused") {
  for (const auto* target :
       {"/a/../b",    "/..",    "/a/..",     "/./a",    "/a/.",       "/%2e%2e/a", "/a/%2E%2e", "/.%2e/",
        "/a%2fb",     "/a%2Fb", "/a%5cb",    "/a\\b",   "/a%00b",     "/a%0ab",    "/a%7f",     "/%",
        "/%4",        "/%zz",   "/a%c0%afb", "/%ff",    "/%ed%a0%80", "/a#b",      "/a\"b",     "/<a>",
        "/a\xc3\xa4", "/?a=%",  "/?a=%00",   "/?a=%ff", "a",          "//%2e%2e/"}) {
    INFO(target);
    CHECK(refusal(get(target)) == 400);
  }
  for (const auto* target : {"/", "/a", "/a%20b", "/%C3%A4", "/...", "/a/..b", "/.well-known/x", "/a?b=../c", "/?",
                             "//a", "/?x=%2f%2e%2e"}) {
    INFO(target);
    CHECK(refusal(get(target)) == 0);
  }
}

TEST_CASE("a field's value is what stands there, without the blanks around it") {
  const std::string word = "=?utf-8?q?a=0D=0Ab=00?=";
  const auto request = parseRequestHead(get("/", "X: " + word + "\r\nY:\t a b \t\r\nZ:\r\nY: \xe4\r\n"));
  REQUIRE(request);
  const Headers& fields = request->head.headers;
  CHECK(fields.get("X") == word);
  CHECK(fields.get("y") == "a b");
  CHECK(fields.find("Z"));
  CHECK(fields.get("Z").empty());
  CHECK(fields.count("Y") == 2);
  CHECK(fields.all().back().second == "\xe4");
  const auto answer = parseResponseHead("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: " + word + "\r\n\r\n", false);
  REQUIRE(answer);
  CHECK(answer->headers.get("X") == word);
  CHECK_FALSE(parseResponseHead("HTTP/1.1 200 OK\r\nContent-Length: =?us-ascii?q?3?=\r\n\r\n", false));
}

TEST_CASE("heads are bounded in length, fields and field length") {
  const std::string fields = "X: " + std::string(16 * 1024, 'x') + "\r\n";
  CHECK(findHeadEnd(get("/", fields), 0, 16 * 1024).error().status == 431);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  CHECK(refusal(get("/", many)) == 431);
  CHECK(refusal(get("/", "X: " + std::string(8200, 'x') + "\r\n")) == 431);
  std::string long_name(300, 'X');
  long_name.append(": x\r\n");
  CHECK(refusal(get("/", long_name)) == 431);
  CHECK(refusal(get("/", "X: " + std::string(8000, 'x') + "\r\n")) == 0);
  CHECK(refusal(get("/" + std::string(9000, 'x'))) == 0);
}

TEST_CASE("a head is found however it is cut, and not a byte too early") {
  const auto raw = get("/a", "X: y\r\n");
  for (std::size_t cut = 0; cut < raw.size(); ++cut) {
    const auto first = findHeadEnd(std::string_view(raw).substr(0, cut), 0, 16 * 1024);
    REQUIRE(first);
    REQUIRE(*first == 0);
    REQUIRE(findHeadEnd(raw, cut, 16 * 1024) == raw.size());
  }
  CHECK(findHeadEnd(raw + "GET /next", 0, 16 * 1024) == raw.size());
}

TEST_CASE("a chunked body is decoded however it is cut") {
  const std::string raw = "5;name=value\r\nhello\r\n6\r\n world\r\n000\r\nTrailer: x\r\n\r\nrest";
  for (std::size_t cut = 0; cut <= raw.size(); ++cut) {
    ChunkedDecoder decoder;
    std::string out;
    std::string_view first = std::string_view(raw).substr(0, cut), second = std::string_view(raw).substr(cut);
    auto state = decoder.feed(first, out, 100);
    if (state == ChunkedDecoder::State::more) {
      REQUIRE(first.empty());
      state = decoder.feed(second, out, 100);
    }
    REQUIRE(state == ChunkedDecoder::State::done);
    REQUIRE(out == "hello world");
    REQUIRE(std::string(first) + std::string(second) == "rest");
  }
}

TEST_CASE("malformed chunks are refused, and content over the limit too") {
  using State = ChunkedDecoder::State;
  const std::pair<const char*, State> corpus[] = {
      {"g\r\n", State::bad},
      {"\r\n", State::bad},
      {" 5\r\n", State::bad},
      {"5 \r\n", State::bad},
      {"0x5\r\n", State::bad},
      {"-5\r\n", State::bad},
      {"5\nhello", State::bad},
      {"5\rhello", State::bad},
      {"5\r\nhello5", State::bad},
      {"5\r\nhello\n", State::bad},
      {"fffffffff\r\n", State::bad},
      {"000000005\r\n", State::bad},
      {"ffffffff\r\n", State::too_large},
      {"b\r\n", State::too_large},
      {"5\r\nhello\r\n6\r\nworld!", State::too_large},
      {"5;\x01\r\n", State::bad},
      {"0\r\nX: y\n", State::bad},
  };
  for (const auto& [raw, wanted] : corpus) {
    INFO(raw);
    ChunkedDecoder decoder;
    std::string out;
    std::string_view in = raw;
    CHECK(decoder.feed(in, out, 10) == wanted);
    CHECK(out.size() <= 10);
  }
  ChunkedDecoder decoder;
  std::string out;
  const auto endless = "1;" + std::string(300, 'x');
  std::string_view in = endless;
  CHECK(decoder.feed(in, out, 10) == State::bad);
}

TEST_CASE("answers of servers are read with every way to end a body") {
  using Kind = BodyFraming::Kind;
  const auto parse = [](const std::string& raw, bool head = false) {
    return parseResponseHead(raw + "\r\n", head).value();
  };
  CHECK(parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n").body.length == 3);
  CHECK(parse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n").body.kind == Kind::none);
  CHECK(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n").body.kind == Kind::chunked);
  CHECK(parse("HTTP/1.0 200 OK\r\n").body.kind == Kind::until_close);
  CHECK(parse("HTTP/1.1 204 No Content\r\n").body.kind == Kind::none);
  CHECK(parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", true).body.kind == Kind::none);
  CHECK(parse("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n").reason == "Not Found");
  CHECK(parse("HTTP/1.1 200\r\nContent-Length: 3\r\n").status == 200);
  for (const auto* raw :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "HTTP/1.1 900 X\r\n\r\n"}) {
    INFO(raw);
    CHECK_FALSE(parseResponseHead(raw, false));
  }
}

TEST_CASE("a second of mutated heads neither crashes the reader nor gets past its rules") {
  std::mt19937 random(7);
  const std::string seeds[] = {
      "POST /api/v1/x%20y?a=b HTTP/1.1\r\nHost: hub:8080\r\nContent-Length: 5\r\nCookie: a=b\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: a\r\nX: =?utf-8?q?a=0D=0Ab=00?=\r\n\r\n",
      "GET /a/b/c HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
      "GET /ws HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"};
  const std::string spice = " \t\r\n\0:/%.,;ac0\x7f\xff\\?#";
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
  int taken = 0;
  for (int round = 0; round < 200'000 && std::chrono::steady_clock::now() < until; ++round) {
    std::string raw = seeds[random() % std::size(seeds)];
    for (auto edits = random() % 4 + 1; edits > 0; --edits) {
      const auto at = random() % raw.size();
      switch (random() % 3) {
        case 0: raw[at] = spice[random() % spice.size()]; break;
        case 1: raw.insert(at, 1, spice[random() % spice.size()]); break;
        default: raw.erase(at, random() % 3 + 1);
      }
      if (raw.empty()) raw = "x";
    }
    const auto end = findHeadEnd(raw, 0, 16 * 1024);
    if (!end || *end == 0) continue;
    const auto head = raw.substr(0, *end);
    const auto parsed = parseRequestHead(head);
    parseResponseHead(head, false);
    if (!parsed) continue;
    ++taken;
    REQUIRE(parsed->head.path.front() == '/');
    REQUIRE(parsed->head.path.find('\0') == std::string::npos);
    REQUIRE(("/" + parsed->head.path + "/").find("/../") == std::string::npos);
    REQUIRE(parsed->head.headers.count("Host") <= 1);
    REQUIRE(parsed->head.headers.count("Content-Length") + parsed->head.headers.count("Transfer-Encoding") <= 1);
    for (const auto& [name, value] : parsed->head.headers.all())
      REQUIRE((name + value).find_first_of(std::string("\r\n\0", 3)) == std::string::npos);
  }
  CHECK(taken > 100);
}

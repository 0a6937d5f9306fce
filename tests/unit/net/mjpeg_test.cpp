#include <catch2/catch.hpp>
#include <random>

#include "net/mjpeg_reader.hpp"
#include "net/multipart.hpp"
#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using std::chrono::milliseconds;

namespace {

// Something that begins like a JPEG and holds what could be taken for line ends and boundaries.
std::string picture(int number) {
  return "\xff\xd8\xff\xe0 picture\r\n--\r\n\n " + std::to_string(number) + "\xff\xd9";
}

struct Dialect {
  const char* name;
  const char* content_type;
  std::function<std::string(int)> part;  // the n-th picture with all that stands around it
};

std::string sized(const std::string& boundary, int n, const std::string& more = "", const char* eol = "\r\n") {
  return boundary + eol + "Content-Type: image/jpeg" + eol + "Content-Length: " + std::to_string(picture(n).size()) +
         eol + more + eol + picture(n) + eol;
}

const std::vector<Dialect>& dialects() {
  static const std::vector<Dialect> all = {
      {"mjpg-streamer", "multipart/x-mixed-replace;boundary=boundarydonotcross",
       [](int n) { return sized("--boundarydonotcross", n, "X-Timestamp: 1.5\r\n"); }},
      {"ustreamer", "multipart/x-mixed-replace;boundary=boundarydonotcross",
       [](int n) {
         return (n == 0 ? "--boundarydonotcross\r\n" : "") + sized("--boundarydonotcross", n).substr(22) +
                "--boundarydonotcross\r\n";
       }},
      {"ffmpeg mpjpeg", "multipart/x-mixed-replace;boundary=ffmpeg",
       [](int n) {
         return "--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: " + std::to_string(picture(n).size()) +
                "\r\n\r\n" + picture(n) + "\r\n";
       }},
      {"motion", "multipart/x-mixed-replace; boundary=BoundaryString",
       [](int n) { return sized("--BoundaryString", n); }},
      {"dashes in the header", "multipart/x-mixed-replace; boundary=--myboundary",
       [](int n) { return sized("--myboundary", n); }},
      {"dashes on top of dashes", "multipart/x-mixed-replace; boundary=--myboundary",
       [](int n) { return sized("----myboundary", n); }},
      {"quoted", "Multipart/X-Mixed-Replace; charset=x; BOUNDARY=\"a b;c\"", [](int n) { return sized("--a b;c", n); }},
      {"no length", "multipart/x-mixed-replace;boundary=frame",
       [](int n) { return "--frame\r\nContent-Type: image/jpeg\r\n\r\n" + picture(n) + "\r\n"; }},
      {"no length, bare line feeds", "multipart/x-mixed-replace;boundary=frame",
       [](int n) { return "--frame\nContent-Type: image/jpeg\n\n" + picture(n) + "\n"; }},
      {"no dashes in the body", "multipart/x-mixed-replace;boundary=frame", [](int n) { return sized("frame", n); }},
      {"a preamble", "multipart/x-mixed-replace;boundary=frame",
       [](int n) { return (n == 0 ? "this is ignored\r\n\r\n" : "") + sized("--frame", n); }},
      {"other parts between", "multipart/x-mixed-replace;boundary=frame",
       [](int n) {
         return "--frame\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi\r\n" + sized("--frame", n);
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("the pictures of every camera's dialect are found however the bytes are cut") {
  for (const auto& dialect : dialects()) {
    INFO(dialect.name);
    const auto boundary = multipartBoundary(dialect.content_type);
    REQUIRE(boundary);
    std::string raw;
    for (int n = 0; n < 5; ++n) raw += dialect.part(n);
    raw += dialect.part(5);  // ends the fifth where parts have no length
    for (const std::size_t piece : {1, 2, 3, 7, 50, 100'000}) {
      std::vector<std::string> seen;
      MultipartReader reader(*boundary, {}, [&](std::string_view, std::string_view body) {
        if (body.substr(0, 3) == "\xff\xd8\xff") seen.emplace_back(body);
      });
      for (std::size_t at = 0; at < raw.size(); at += piece)
        REQUIRE(reader.feed(std::string_view(raw).substr(at, piece)));
      REQUIRE(seen.size() >= 5);
      for (int n = 0; n < 5; ++n) CHECK(seen[static_cast<std::size_t>(n)] == picture(n));
    }
  }
}

TEST_CASE("boundaries are found in the header, quoted or not") {
  CHECK(multipartBoundary("multipart/x-mixed-replace;boundary=\"a b;c\"") == "a b;c");
  CHECK(multipartBoundary("multipart/x-mixed-replace; charset=\"x;boundary=no\"; Boundary=--yes") == "yes");
  for (const auto* bad : {"", "image/jpeg", "multipart/x-mixed-replace",
                          "multipart/x-mixed-replace; boundary=", "multipart/x-mixed-replace; boundary=----"})
    CHECK(multipartBoundary(bad).error().code == ErrorCode::corrupt);
}

TEST_CASE("a hostile camera is bounded") {
  const auto code = [](const std::string& raw) {
    MultipartReader::Limits limits;
    limits.max_part_bytes = 10'000;
    MultipartReader reader("b", limits, [](std::string_view, std::string_view) {});
    for (std::size_t at = 0; at < raw.size(); at += 1000)
      if (auto status = reader.feed(std::string_view(raw).substr(at, 1000)); !status) return status.error().code;
    return ErrorCode::internal;
  };
  CHECK(code("--b\r\nContent-Length: 10001\r\n\r\n") == ErrorCode::too_large);
  CHECK(code("--b\r\nContent-Length: 99999999999999999999\r\n\r\n") == ErrorCode::corrupt);
  CHECK(code("--b\r\nContent-Length: -1\r\n\r\n") == ErrorCode::corrupt);
  CHECK(code("--b\r\nno colon\r\n\r\n") == ErrorCode::corrupt);
  CHECK(code("--b\r\n\r\n" + std::string(20'000, 'x')) == ErrorCode::too_large);
  CHECK(code("--b\r\n" + std::string(20'000, 'x')) == ErrorCode::corrupt);
  CHECK(code(std::string(20'000, 'x')) == ErrorCode::corrupt);
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "x\n";
  CHECK(code(lines) == ErrorCode::corrupt);
  std::string fields = "--b\r\n";
  for (int i = 0; i < 10'000; ++i) fields += "X: y\r\n";
  CHECK(code(fields) == ErrorCode::corrupt);
}

TEST_CASE("mutated multipart streams neither crash the reader nor get past its limits") {
  std::mt19937 random(3);
  std::string seed;
  for (int n = 0; n < 4; ++n) seed += dialects()[static_cast<std::size_t>(n) % 2].part(n);
  for (int round = 0; round < 5'000; ++round) {
    auto raw = seed;
    for (auto edits = random() % 6 + 1; edits > 0; --edits) raw[random() % raw.size()] = static_cast<char>(random());
    MultipartReader::Limits limits;
    limits.max_part_bytes = 100;
    MultipartReader reader("boundarydonotcross", limits,
                           [&](std::string_view, std::string_view body) { REQUIRE(body.size() <= 100); });
    const auto piece = random() % 40 + 1;
    for (std::size_t at = 0; at < raw.size(); at += piece)
      if (!reader.feed(std::string_view(raw).substr(at, piece))) break;
  }
}

TEST_CASE("a camera's stream is read over HTTP until it ends, stalls or turns out to be something else") {
  TestServer camera({}, 1);
  std::string content_type = "multipart/x-mixed-replace;boundary=frame";
  int status = 200;
  bool stall = false;
  std::shared_ptr<HttpStream> stream;
  camera.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    HttpResponse head;
    head.status = status;
    head.content_type = content_type;
    stream = exchange->stream(std::move(head));
    for (int n = 0; n < 3; ++n) stream->send(shareBytes(sized("--frame", n)), SendClass::control);
    if (!stall) stream->close();
  };
  const auto read = [&](MjpegOptions options) {
    Loop loop;
    std::vector<std::string> seen;
    Error ended;
    HttpUrl url = parseHttpUrl("http://127.0.0.1:" + std::to_string(camera.port) + "/stream").value();
    auto pending = readMjpeg(
        loop, url, options, [&](std::string_view jpeg) { seen.emplace_back(jpeg); },
        [&](Error error) {
          ended = std::move(error);
          loop.stop();
        });
    loop.run();
    return std::pair(seen, ended);
  };
  MjpegOptions options;
  options.stall = milliseconds(500);
  auto [seen, ended] = read(options);
  CHECK(seen == std::vector<std::string>{picture(0), picture(1), picture(2)});
  CHECK(ended.code == ErrorCode::unavailable);
  stall = true;
  std::tie(seen, ended) = read(options);
  CHECK(seen.size() == 3);
  CHECK(ended.code == ErrorCode::timeout);
  options.max_picture_bytes = 10;
  std::tie(seen, ended) = read(options);
  CHECK(seen.empty());
  CHECK(ended.code == ErrorCode::too_large);
  content_type = "text/html";
  CHECK(read(options).second.code == ErrorCode::corrupt);
  status = 404;
  CHECK(read(options).second.code == ErrorCode::unavailable);
  camera.on(camera.loops.at(0), [&] { stream.reset(); });
}

TEST_CASE("who reads a camera may stop at any picture") {
  TestServer camera({}, 1);
  std::shared_ptr<HttpStream> stream;
  Signal gone;
  camera.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    HttpResponse head;
    head.content_type = "multipart/x-mixed-replace;boundary=frame";
    stream = exchange->stream(std::move(head));
    stream->onClosed([&] { gone.raise(); });
    std::string parts;
    for (int n = 0; n < 9; ++n) parts += sized("--frame", n);
    stream->send(shareBytes(parts), SendClass::control);
  };
  Loop loop;
  int seen = 0;
  std::unique_ptr<Pending> pending;
  HttpUrl url = parseHttpUrl("http://127.0.0.1:" + std::to_string(camera.port) + "/stream").value();
  pending = readMjpeg(
      loop, url, {},
      [&](std::string_view) {
        if (++seen < 3) return;
        pending.reset();
        loop.stop();
      },
      [](Error) { FAIL("ended"); });
  loop.run();
  CHECK(seen == 3);
  CHECK(gone.wait());
  camera.on(camera.loops.at(0), [&] { stream.reset(); });
}

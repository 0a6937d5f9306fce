#include "net/static_files.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

using namespace robohub;
using namespace robohub::net;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() : path(fs::temp_directory_path() / ("rh-static-" + std::to_string(getpid()))) {
    fs::create_directories(path / "assets");
    write("index.html", "<p>page");
    write("assets/app-3f9Kd2aX.js", "plain script");
    write("assets/app-3f9Kd2aX.js.br", "brotli");
    write("assets/app-3f9Kd2aX.js.gz", "gzip");
    write("assets/robot-controls.js", "no hash");
    write("archive.gz", "a file of its own");
    write(".secret", "hidden");
    fs::create_directories(path / ".git");
    write(".git/config", "hidden");
    fs::create_symlink("/etc/passwd", path / "link.txt");
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) { std::ofstream(path / name) << text; }
  fs::path path;
};

HttpHead ask(const std::string& method, Headers headers = {}) {
  HttpHead head;
  head.method = method;
  head.headers = std::move(headers);
  return head;
}

}  // namespace

TEST_CASE("files are answered from memory with type, tag and caching") {
  Folder folder;
  const auto files = StaticFiles::load(folder.path);
  REQUIRE(files);
  CHECK(files->size() == 4);
  const auto page = files->answer(ask("GET"), "/");
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(*page->body == "<p>page");
  CHECK(page->content_type == "text/html; charset=utf-8");
  CHECK(page->headers.get("Cache-Control") == "no-cache");
  CHECK(page->headers.get("X-Content-Type-Options") == "nosniff");
  CHECK_FALSE(page->headers.has("Vary"));
  const auto script = files->answer(ask("HEAD"), "/assets/app-3f9Kd2aX.js");
  CHECK(script->headers.get("Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(script->content_type == "text/javascript; charset=utf-8");
  CHECK(files->answer(ask("GET"), "/assets/robot-controls.js")->headers.get("Cache-Control") == "no-cache");
  CHECK(*files->answer(ask("GET"), "/archive.gz")->body == "a file of its own");
  CHECK(files->answer(ask("POST"), "/")->status == 405);
}

TEST_CASE("nothing outside of the folder, hidden or linked is there") {
  Folder folder;
  const auto files = StaticFiles::load(folder.path);
  for (const auto* path :
       {"", "/..", "/../etc/passwd", "/assets/../index.html", "/.secret", "/.git/config", "/link.txt", "/assets",
        "/assets/", "/index.html/", "/assets/app-3f9Kd2aX.js.br", "//index.html"})
    CHECK_FALSE(files->answer(ask("GET"), path));
  CHECK(StaticFiles::load(folder.path / "none").error().code == ErrorCode::not_found);
}

TEST_CASE("the best encoding that the browser takes is sent, with a tag of its own") {
  Folder folder;
  const auto files = StaticFiles::load(folder.path);
  const auto body = [&](const std::string& accepted) {
    const auto answer = files->answer(ask("GET", {{"Accept-Encoding", accepted}}), "/assets/app-3f9Kd2aX.js");
    CHECK(answer->headers.get("Vary") == "Accept-Encoding");
    return *answer->body + ":" + std::string(answer->headers.get("Content-Encoding"));
  };
  CHECK(body("gzip, deflate, br") == "brotli:br");
  CHECK(body("GZIP;q=0.5") == "gzip:gzip");
  CHECK(body("br;q=0, gzip") == "gzip:gzip");
  CHECK(body("br; q=0.000, *") == "gzip:gzip");
  CHECK(body("*") == "brotli:br");
  CHECK(body("") == "plain script:");
  CHECK(body("identity") == "plain script:");
  CHECK(body("brx") == "plain script:");
  const auto tag = [&](const std::string& accepted) {
    return std::string(
        files->answer(ask("GET", {{"Accept-Encoding", accepted}}), "/assets/app-3f9Kd2aX.js")->headers.get("ETag"));
  };
  CHECK(tag("br") != tag("gzip"));
}

TEST_CASE("a page that the browser has already is not sent again") {
  Folder folder;
  const auto files = StaticFiles::load(folder.path);
  const std::string tag(files->answer(ask("GET"), "/")->headers.get("ETag"));
  for (const auto& value : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const auto answer = files->answer(ask("GET", {{"If-None-Match", value}}), "/");
    CHECK(answer->status == 304);
    CHECK_FALSE(answer->body);
    CHECK(answer->headers.get("ETag") == tag);
  }
  CHECK(files->answer(ask("GET", {{"If-None-Match", "\"x\""}}), "/")->status == 200);
}

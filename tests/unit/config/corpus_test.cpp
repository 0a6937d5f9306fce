// Files as nobody should write them, and ten thousand small mistakes in the shipped one: never a crash, never a hang,
// and never a value that nobody wrote.
#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "config/file.hpp"
#include "config/listing.hpp"

using namespace robohub;
using namespace robohub::config;
using namespace std::chrono_literals;

namespace {

// Sections, lists, maps and values, as a hub's settings have them.
struct Kept {
  Address listen{"127.0.0.1", 8080};
  Duration length = 60s;
  bool insecure = false;
  std::int64_t loops = 0;
  std::vector<std::string> origins;
  std::string level = "info";
};

void fill(Section& file, Kept& kept) {
  file.section("server", [&](Section& section) {
    section.address("listen", &kept.listen);
    section.boolean("insecure", &kept.insecure);
    section.integer("loops", &kept.loops, {0, 64});
    section.list("origins", &kept.origins);
  });
  file.section("turns", [&](Section& section) { section.duration("length", &kept.length, {1s, 24h}); });
  file.map("devices", [&](const std::string&, Section& device) {
    Duration length = kept.length;
    device.section("turns", [&](Section& section) { section.duration("length", &length, {1s, 24h}); });
  });
  file.section("log", [&](Section& section) { section.choice("level", &kept.level, {"info", "debug"}); });
}

Errors read(const std::string& text, Kept& kept) {
  const auto began = std::chrono::steady_clock::now();
  Errors errors = readText(text, "file.yaml", "/", [&](Section& section) { fill(section, kept); });
  CHECK(std::chrono::steady_clock::now() - began < 5s);
  CHECK(errors.size() <= kMaxErrors + 1);
  for (const Error& error : errors) {
    CHECK(error.where.starts_with("file.yaml:"));
    CHECK_FALSE(error.message.empty());
  }
  return errors;
}

bool refused(const std::string& text) {
  Kept kept;
  return !read(text, kept).empty();
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// What would be read out of the section lines of `text` by somebody who only knows "key: value".
bool says(const std::string& text, const std::string& value) {
  return text.find(value) != std::string::npos;
}

}  // namespace

TEST_CASE("Anchors, aliases and bombs of them are refused at once") {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(last + ",", 8) + last + "]\n";
  }
  CHECK(refused(bomb));
  CHECK(refused("server: &s {loops: *s}\n"));
  CHECK(refused("a: &a [*a]\n"));
  CHECK(refused("&a a: *a\n"));
  CHECK(refused("server: *nobody\n"));
  CHECK(refused("base: &b {loops: 1}\nserver: {<<: *b}\n"));
  CHECK(refused("server: {<<: {loops: 1}}\n"));
}

TEST_CASE("Duplicates, tags, second documents and odd keys are refused") {
  for (const char* text : {"server: {loops: 1}\nserver: {loops: 2}\n",
                           "server: {loops: 1, loops: 2}\n",
                           "server: {loops: 1, \"loops\": 2}\n",
                           "server: !!map {loops: 1}\n",
                           "server: {loops: !!int 1}\n",
                           "server: {loops: !local 1}\n",
                           "server: {loops: 1}\n---\nserver: {loops: 2}\n",
                           "? [a, b]\n: c\n",
                           "{a: b}: c\n",
                           "[server]: {}\n",
                           "- server\n",
                           "server\n",
                           "%YAML 9.9\n---\nserver: {}\nx: 1\n",
                           "server: {loops: 0x}\n",
                           "server: {loops: 1e3}\n",
                           "server: {insecure: yes}\n",
                           "server: {insecure: !!bool yes}\n",
                           "turns: {length: 60}\n",
                           "server: {origins: {a: b}}\n",
                           "server: {origins: [[a]]}\n",
                           "server: {loops: ~x}\n"}) {
    INFO(text);
    CHECK(refused(text));
  }
}

TEST_CASE("What is nested ten thousand deep is refused, and nothing overflows") {
  for (const char* open : {"[", "{a: ", "- ", "? ", "a: [", "{? "}) {
    INFO(open);
    CHECK(refused("server: " + repeated(open, 10'000)));
    CHECK(refused(repeated(open, 10'000)));
  }
  CHECK(refused(repeated("[", 10'000) + repeated("]", 10'000)));
  std::string indented;
  for (std::size_t i = 0; i < 1'200; ++i) indented += std::string(i, ' ') + "a:\n";
  CHECK(refused(indented));
}

TEST_CASE("Huge, binary and strange files are refused in bounded time") {
  CHECK(refused(repeated("-", kMaxBytes)));
  CHECK(refused(repeated("- ", kMaxBytes / 2)));
  CHECK(refused(repeated("-\n", kMaxBytes / 2)));
  CHECK(refused(repeated("{},", kMaxBytes / 3)));
  CHECK(refused(repeated("a", kMaxBytes)));
  CHECK(refused(repeated("#", kMaxBytes + 1)));
  CHECK(refused("server: {listen: \"" + repeated("x", kMaxBytes - 64) + "\"}"));
  CHECK(refused("log: {level: " + repeated("x", 100'000) + "}"));
  CHECK(refused(repeated("x", 100'000) + ": 1\n"));
  CHECK(refused("log: {level: |\n" + repeated("  line\n", 100'000)));
  std::string many;
  for (int i = 0; i < 40'000; ++i) many += "key" + std::to_string(i) + ": 1\n";
  CHECK(refused(many));

  CHECK(refused(std::string("server: {loops: 1\0}\n", 20)));
  CHECK(refused(std::string("\0", 1)));
  CHECK(refused("\xef\xbb\xbfserver: {lops: 1}\n"));
  CHECK(refused(std::string("\xff\xfes\0e\0r\0v\0e\0r\0:\0 \0{\0}\0", 22)));
  CHECK(refused(std::string("\xfe\xff\0s\0e\0r\0v\0e\0r\0:\0 \0{\0}", 22)));
  CHECK(
      refused(std::string("\x7f"
                          "ELF\x02\x01\x01\0",
                          8)));
  CHECK(refused("\x1f\x8b\x08"));
  CHECK(refused("server: {log\xc3\x28: 1}\n"));
  CHECK(refused("server:\n\tloops: 1\n"));
  CHECK(refused("server: \"unfinished\n"));
  CHECK(refused("server: {loops: 1\n"));
  CHECK(refused("server: 'it''s\n"));
  CHECK(refused("server:\n  loops: 1\n loops: 2\n"));
}

TEST_CASE("A byte order mark before a good file is taken, or refused with its place") {
  Kept kept;
  const Errors errors = read("\xef\xbb\xbfserver: {loops: 3}\n", kept);
  if (errors.empty())
    CHECK(kept.loops == 3);
  else
    CHECK(kept.loops == 0);
}

TEST_CASE("Random bytes are refused") {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    std::string text(1 + random() % 400, '\0');
    for (char& c : text) c = static_cast<char>(random() & 0xff);
    Kept kept;
    if (!read(text, kept).empty()) continue;
    // What is empty for YAML (spaces, a comment) is an empty file.
    CHECK(kept.loops == 0);
  }
}

TEST_CASE("Ten thousand small mistakes in a good file are told, or mean what they say") {
  const std::string good =
      "# the settings\n"
      "server:\n"
      "  listen: 127.0.0.1:8080   # where\n"
      "  insecure: false\n"
      "  loops: 2\n"
      "  origins: [https://a.example, \"https://b.example\"]\n"
      "turns:\n"
      "  length: 90s\n"
      "devices:\n"
      "  my-turret:\n"
      "    turns: {length: 2m}\n"
      "log:\n"
      "  level: info\n";
  {
    Kept kept;
    REQUIRE(read(good, kept).empty());
    REQUIRE(kept.loops == 2);
  }
  std::mt19937 random(20260101);
  const std::string letters = "abz019:-,#&*!|>'\"%@`{}[]? \t\n\r\x01\x80\xc3.~<=";
  int accepted = 0;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) {
    std::string text = good;
    for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char c = letters[random() % letters.size()];
      switch (random() % 5) {
        case 0: text[at] = c; break;
        case 1: text.insert(at, 1, c); break;
        case 2: text.erase(at, 1 + random() % 3); break;
        case 3: text.insert(at, text.substr(random() % text.size(), 1 + random() % 12)); break;
        case 4: std::swap(text[at], text[random() % text.size()]); break;
      }
    }
    Kept kept;
    std::vector<KeyInfo> keys;
    const Errors errors = readText(
        text, "file.yaml", "/", [&](Section& section) { fill(section, kept); }, &keys);
    if (!errors.empty()) continue;
    ++accepted;
    INFO(text);
    // Whatever counts and is not the default stands in the file.
    if (kept.loops != 0) CHECK(says(text, std::to_string(kept.loops)));
    if (kept.insecure) CHECK(says(text, "true"));
    for (const std::string& origin : kept.origins) CHECK(says(text, origin.substr(0, origin.find_first_of(" \n\r\t"))));
    for (const KeyInfo& key : keys)
      if (!key.where.empty()) CHECK(key.where.starts_with("file.yaml:"));
  }
  CHECK(accepted > 100);
  CHECK(accepted < 8'000);
  CHECK(std::chrono::steady_clock::now() - began < 30s);
}

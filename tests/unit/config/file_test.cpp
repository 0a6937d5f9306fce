#include "config/file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <random>

using namespace robohub;
using namespace robohub::config;

namespace {

// A folder of its own under the system's temporary one; gone with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "robohub-config-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::filesystem::path write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const auto path = path_ / name;
    std::ofstream(path, std::ios::binary) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Errors read(std::string_view text) {
  return readText(text, "x.yaml", "/", [](Section& s) {
    std::string json;
    for (const char* key : {"a", "b", "c"}) s.json(key, &json);
  });
}

bool says(const Errors& errors, std::string_view part) {
  return std::any_of(errors.begin(), errors.end(),
                     [&](const Error& e) { return e.message.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("what settings need not have is refused with its place") {
  struct Case {
    const char* text;
    const char* where;
    const char* says;
  };
  const auto c = GENERATE(values<Case>({
      {"a: 1\nb: 2\na: 3", "x.yaml:3:1", "second time; the first is in line 1"},
      {"a: {k: 1, \"k\": 2}", "x.yaml:1:11", "second time"},
      {"a: &x 1", "x.yaml:1:4", "Anchors"},
      {"a: &x {k: 1}", "x.yaml:1:4", "Anchors"},
      {"a: !!int 5", "x.yaml:1:4", "Tags"},
      {"a: !shell rm", "x.yaml:1:4", "Tags"},
      {"a: 1\n---\nb: 2", "x.yaml:2:1", "second document"},
      {"a: 1\n...\n---\nb: 2", "x.yaml:3:1", "second document"},
      {"? [k]\n: 1", "x.yaml:1:3", "A key must be text"},
      {"~: 1", "x.yaml:1:1", "A key must be text"},
      {"a: {<<: {k: 1}}", "x.yaml:1:5", "Merge keys"},
      {"a: [1", "x.yaml:1:6", "no valid YAML"},
      {"a: 1\n b: 2", "x.yaml:2:3", "no valid YAML"},
      {"a: \"\\q\"", "x.yaml:1:7", "no valid YAML"},
      {"a: *nobody", "x.yaml:1:4", "no valid YAML"},
      {"a: \x01", "x.yaml:1:4", "control character"},
      {"a: 1\nb: \xff", "x.yaml:2:4", "UTF-8"},
      {"a: \xc0\x80", "x.yaml:1:4", "UTF-8"},
      {"a: \xed\xa0\x80", "x.yaml:1:4", "UTF-8"},
      {"a: \xf4\x90\x80\x80", "x.yaml:1:4", "UTF-8"},
      {"a: \xe2\x82", "x.yaml:1:4", "UTF-8"},
  }));
  const Errors errors = read(c.text);
  INFO(c.text << "\n" << format(errors));
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].where == c.where);
  CHECK(errors[0].message.find(c.says) != std::string::npos);
}

TEST_CASE("an empty file, comments and a byte order mark are fine") {
  CHECK(read("").empty());
  CHECK(read("# nothing\n").empty());
  CHECK(read("---\n").empty());
  CHECK(read("\xef\xbb\xbf"
             "a: 1\n")
            .empty());
  CHECK(read("a: gr\xc3\xbc\xc3\x9f\xe2\x82\xac\xf0\x9f\xa4\x96\r\nb: 1\r\n").empty());
}

TEST_CASE("an alias is refused, that of itself and a bomb of them too") {
  CHECK(says(read("a: &x [1]\nb: *x\n"), "Aliases"));
  CHECK(says(read("a: &x [*x]\n"), "Aliases"));
  CHECK(says(read("&x a: *x\n"), "Aliases"));
  std::string bomb = "a:\n  k0: &k0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*k" + std::to_string(i - 1);
    bomb += "  k" + std::to_string(i) + ": &k" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 8; ++j) bomb += ", " + last;
    bomb += "]\n";
  }
  CHECK(says(read(bomb), "Aliases"));
}

TEST_CASE("depth, size, values and told errors are bounded") {
  const auto nested = [](int depth) {
    return "a: " + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  CHECK(read(nested(15)).empty());
  CHECK(says(read(nested(16)), "deeper than 16"));
  CHECK(says(read(nested(300)), "deeper than 16"));
  CHECK_FALSE(read(nested(100'000)).empty());
  CHECK_FALSE(read("a: " + std::string(100'000, '{')).empty());
  CHECK_FALSE(read(std::string(100'000, '-')).empty());
  CHECK_FALSE(read("a: [" + std::string(200'000, ',') + "]").empty());

  std::string many = "a: [";
  for (int i = 0; i < 60'000; ++i) many += "1,";
  CHECK(says(read(many + "1]"), "more than 50000 values"));

  CHECK(read("a: " + std::string(kMaxBytes - 70'000, 'x')).size() == 1);  // too large as JSON, but read
  CHECK(says(read("a: " + std::string(kMaxBytes, 'x')), "at most 1048576"));

  std::string wrong;
  for (int i = 0; i < 500; ++i) wrong += "key" + std::to_string(i) + ": 1\n";
  const Errors errors = read(wrong);
  REQUIRE(errors.size() == kMaxErrors + 1);
  CHECK(errors.back().message == "And 400 more errors from here on.");
}

TEST_CASE("no garbage makes the reader crash, hang or stay silent about it") {
  std::mt19937 random(20240607);
  const std::string alphabet = "ab:{}[],&*!|>-?#'\"%@` \n\t\\~<0.";
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % 80, ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    INFO(text);
    for (const auto& error : read(text)) {
      CHECK_FALSE(error.message.empty());
      CHECK(error.where.starts_with("x.yaml:"));
    }
  }
}

TEST_CASE("a file is read from the disk, and paths in it are relative to its folder") {
  TempFolder folder;
  const auto file = folder.write("hub.yaml", "data: state/db\nbad: 1\n");
  std::filesystem::path data;
  const Errors errors = readFile(file, [&](Section& s) { s.path("data", &data); });
  CHECK(data == folder.path() / "state/db");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].where == file.string() + ":2:1");
}

TEST_CASE("a file that is not there, or is no file, is one clear error") {
  TempFolder folder;
  const auto nothing = [](Section&) { FAIL("there is nothing to read"); };
  CHECK(says(readFile(folder.path() / "none.yaml", nothing), "cannot be read"));
  CHECK(says(readFile(folder.path(), nothing), "no regular file"));
  CHECK(says(readFile("/dev/zero", nothing), "no regular file"));
}

TEST_CASE("a secret is read from a file that only its owner may use") {
  TempFolder folder;
  folder.write("good", "hush\n");
  folder.write("open", "hush\n", 0640);
  folder.write("empty", "\n");
  folder.write("large", std::string(70'000, 'x'));
  const auto secret = [&](const std::string& name, std::string* out) {
    return readText("key: " + name, "x.yaml", folder.path(), [&](Section& s) { s.secretFile("key", out); });
  };
  std::string value;
  CHECK(secret("good", &value).empty());
  CHECK(value == "hush");
  CHECK(says(secret("open", &value), "chmod 600"));
  CHECK(says(secret("empty", &value), "it is empty"));
  CHECK(says(secret("large", &value), "64 KiB"));
  CHECK(says(secret("missing", &value), "cannot be opened"));
  CHECK(says(secret(".", &value), "no readable file"));
  CHECK(value == "hush");
}

// The older agent's doors: glued objects, names, and files that stay their owners'.
#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "cloud_camera/local/address_choice.hpp"
#include "cloud_camera/local/command_sender.hpp"
#include "cloud_camera/local/programs.hpp"
#include "unit/cloud_camera/local_rig.hpp"

using namespace cloud_camera;
using namespace cloud_camera::test;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> split(const std::vector<std::string>& pieces, bool expect_good = true) {
  ObjectSplitter splitter;
  std::vector<std::string> out;
  bool good = true;
  for (const auto& piece : pieces) good = good && splitter.take(piece, out);
  CHECK(good == expect_good);
  return out;
}

struct Socket {
  int fd;
  explicit Socket(int made) : fd(made) { REQUIRE(fd >= 0); }
  Socket(Socket&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  ~Socket() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  void say(const std::string& text) const {
    REQUIRE(::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
};

Socket dial(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return socket;
}

std::string quoted(const std::string& path) {
  return "{\"segment\":\"" + path + "\"}";
}

}  // namespace

TEST_CASE("objects are found however they are glued and cut") {
  CHECK(split({R"({"a":1}{"b":{"c":[1,{}]}})"}) == std::vector<std::string>{R"({"a":1})", R"({"b":{"c":[1,{}]}})"});
  CHECK(split({"{", "\"a", "\":\"}{", "\\\"", "\\\\\"", "}"}) == std::vector<std::string>{R"({"a":"}{\"\\"})"});
  CHECK(split({" \n{}\r\n\t{}", std::string(1, '\0'), "{}"}).size() == 3);
  CHECK(split({R"({"open":)"}).empty());
  std::string all, one = R"({"segment":"/x/pir.1.0.mp4"})";
  for (int i = 0; i < 50; ++i) all += one;
  for (std::size_t size = 1; size < 40; size += 3) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < all.size(); at += size) pieces.push_back(all.substr(at, size));
    CHECK(split(pieces) == std::vector<std::string>(50, one));
  }
}

TEST_CASE("what is no sequence of objects is refused, and so is one without end") {
  CHECK(split({"GET / HTTP/1.1\r\n"}, false).empty());
  CHECK(split({"{}x{}"}, false).size() == 1);
  CHECK(split({"[1]"}, false).empty());
  CHECK(split({R"({"a":")" + std::string(70'000, 'x')}, false).empty());
  CHECK(split({std::string(70'000, '{')}, false).empty());
}

TEST_CASE("names of segments are taken apart, and other names are none") {
  const auto name = parseSegmentName("pir.1529842538.12.ts");
  REQUIRE(name);
  CHECK(name->prefix == "pir");
  CHECK(name->seconds == 1529842538);
  CHECK(name->number == 12);
  CHECK(name->format == "ts");
  CHECK(name->key() == "pir.1529842538");
  CHECK(name->text() == "pir.1529842538.12.ts");
  CHECK(name->trigger() == "pir");
  CHECK(parseSegmentName("cap.1.0.mp4")->trigger() == "request");
  for (const char* bad : {"",
                          "pir",
                          "pir.",
                          "pir.1.mp4",
                          "pir.1.0",
                          "pir.1.0.avi",
                          "pir.1.0.mp4.part",
                          "dog.1.0.mp4",
                          "pir.-1.0.mp4",
                          "pir.1.-1.mp4",
                          "pir.+1.0.mp4",
                          "pir.1.4096.mp4",
                          "pir.0.0.mp4",
                          "pir.99999999999999999999.0.mp4",
                          "pir.1..mp4",
                          "pir.1.0x1.mp4",
                          ".pir.1.0.mp4",
                          "pir/1.0.mp4",
                          "pir.1.0.mp4 ",
                          "PIR.1.0.mp4"}) {
    INFO(bad);
    CHECK_FALSE(parseSegmentName(bad));
  }
}

TEST_CASE("a segment is copied, and its owner's file stays as it is") {
  Rig rig;
  const Spool spool(rig.settings.folders, 10'000, rig.spool());
  const std::string path = rig.segment("pir.5.0.mp4", std::string(9000, 'v'));
  const auto copy = spool.copy(path);
  CHECK(copy.file == "in-pir.5.0.mp4");
  CHECK(readFile(rig.spool() / copy.file) == std::string(9000, 'v'));
  CHECK(readFile(path) == std::string(9000, 'v'));
  fs::create_directory(rig.theirs() / "deeper");
  writeFile(rig.theirs() / "deeper/pir.5.1.mp4", "v");
  CHECK(spool.copy((rig.theirs() / "deeper/../deeper/pir.5.1.mp4").string()).name.number == 1);
}

TEST_CASE("a name without a folder is looked for in each of the allowed ones") {
  Rig rig;
  const fs::path second = rig.temp.path() / "second", outside = rig.temp.path() / "outside";
  fs::create_directory(second);
  fs::create_directory(outside);
  const Spool spool({(rig.temp.path() / "missing").string(), rig.theirs().string(), second.string()}, 10'000,
                    rig.spool());
  rig.segment("pir.5.0.mp4", "first");
  writeFile(second / "pir.5.0.mp4", "another");
  writeFile(second / "pir.5.1.mp4", "second");
  CHECK(readFile(rig.spool() / spool.copy("pir.5.0.mp4").file) == "first");
  CHECK(readFile(rig.spool() / spool.copy("pir.5.1.mp4").file) == "second");
  writeFile(outside / "pir.6.0.mp4", "secret");
  fs::create_symlink(outside / "pir.6.0.mp4", rig.theirs() / "pir.6.0.mp4");
  for (const char* name :
       {"pir.6.0.mp4", "pir.404.0.mp4", "..", ".", "second/pir.5.1.mp4", "./pir.5.0.mp4", "passwd"}) {
    INFO(name);
    CHECK_THROWS_AS(spool.copy(name), rh::Fault);
  }
}

TEST_CASE("what is not an allowed regular file of bounded size is not copied") {
  Rig rig;
  const Spool spool(rig.settings.folders, 10'000, rig.spool());
  const fs::path outside = rig.temp.path() / "outside";
  fs::create_directory(outside);
  writeFile(outside / "pir.5.0.mp4", "secret");
  fs::create_symlink(outside / "pir.5.0.mp4", rig.theirs() / "pir.6.0.mp4");
  fs::create_directory_symlink(outside, rig.theirs() / "link");
  fs::create_directory(rig.theirs() / "pir.7.0.mp4");
  REQUIRE(::mkfifo((rig.theirs() / "pir.8.0.mp4").c_str(), 0600) == 0);
  const std::string large = rig.segment("pir.9.0.mp4", std::string(10'001, 'v')),
                    empty = rig.segment("pir.9.1.mp4", "");
  const std::string theirs = rig.theirs().string();
  for (const std::string& path :
       {std::string(), std::string("pir.5.0.mp4"), (outside / "pir.5.0.mp4").string(),
        theirs + "/../outside/pir.5.0.mp4", theirs + "/pir.6.0.mp4", theirs + "/link/pir.5.0.mp4",
        theirs + "/pir.7.0.mp4", theirs + "/pir.8.0.mp4", theirs + "/pir.404.0.mp4", theirs + "/nowhere/pir.5.0.mp4",
        large, empty, std::string("/etc/passwd"), std::string("/dev/zero"),
        theirs + std::string("\0/pir.5.0.mp4", 13)}) {
    INFO(path);
    CHECK_THROWS_AS(spool.copy(path), rh::Fault);
  }
  // A folder beside that begins with the same name is another folder.
  fs::create_directory(rig.temp.path() / "theirs2");
  writeFile(rig.temp.path() / "theirs2/pir.5.0.mp4", "v");
  CHECK_THROWS_AS(spool.copy((rig.temp.path() / "theirs2/pir.5.0.mp4").string()), rh::Fault);
  CHECK(fs::is_empty(rig.spool()));
}

TEST_CASE("a program's connection is a capture, and closing it is its end") {
  Rig rig;
  rig.settings.listen = LocalAddress{"127.0.0.1", "", 0};
  LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {});
  rig.segment("pir.5.0.mp4");
  const std::string a0 = quoted("pir.5.0.mp4"), a1 = quoted(rig.segment("pir.5.1.mp4")),
                    b0 = quoted(rig.segment("cap.9.0.mp4"));
  {
    Socket program = dial(programs.port());
    program.say(a0 + a1.substr(0, 7));
    REQUIRE(rig.until([&] { return rig.segments.size() == 1; }));
    program.say(a1.substr(7) + R"({"event":"alarm","gpio":4}{"event":"alarm"}{"event":"tea"})");
    REQUIRE(rig.until([&] { return rig.alarms.size() == 2 && rig.complaints.size() == 1; }));
    CHECK(rig.segments[1] == std::pair<std::string, std::string>("in-pir.5", "in-pir.5.1.mp4"));
    CHECK(rig.alarms == std::vector<std::string>{"gpio 4", "program"});
    CHECK(rig.ends.empty());
    program.say(b0);  // another capture ends this one
    REQUIRE(rig.until([&] { return rig.segments.size() == 3; }));
    CHECK(rig.ends == std::vector<std::pair<std::string, std::uint32_t>>{{"in-pir.5", 2}});
  }
  REQUIRE(rig.until([&] { return rig.ends.size() == 2; }));
  CHECK(rig.ends[1] == std::pair<std::string, std::uint32_t>("in-cap.9", 1));
}

TEST_CASE("programs that know IPv4 only reach a door that is opened by a name") {
  Rig rig;
  rig.settings.listen = LocalAddress{"localhost", "", 0};
  LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {});
  Socket program = dial(programs.port());
  program.say(quoted(rig.segment("pir.5.0.mp4")));
  CHECK(rig.until([&] { return rig.segments.size() == 1; }));
}

TEST_CASE("an IPv4 address is chosen wherever it stands, and where there is none the first") {
  addrinfo second{}, first{};
  first.ai_family = second.ai_family = AF_INET6;
  first.ai_next = &second;
  CHECK(chosenOf(&first) == &first);
  second.ai_family = AF_INET;
  CHECK(chosenOf(&first) == &second);
}

TEST_CASE("a segment that cannot be taken is told, and the connection goes on") {
  Rig rig;
  rig.settings.listen = LocalAddress{"127.0.0.1", "", 0};
  LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {});
  Socket program = dial(programs.port());
  program.say(quoted("/etc/passwd") + quoted(rig.segment("pir.5.0.mp4")));
  REQUIRE(rig.until([&] { return rig.segments.size() == 1 && rig.complaints.size() == 1; }));
  program.say("nonsense");
  CHECK(rig.until([&] { return rig.complaints.size() == 2 && rig.ends.size() == 1; }));
  char byte = 0;
  CHECK(::recv(program.fd, &byte, 1, 0) <= 0);  // closed
}

TEST_CASE("programs come and go beside each other, and more than some wait") {
  Rig rig;
  rig.settings.listen = LocalAddress{"127.0.0.1", "", 0};
  LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {});
  std::vector<std::unique_ptr<Socket>> all;
  for (std::size_t i = 0; i < LocalPrograms::kMaxPrograms + 3; ++i)
    all.push_back(std::make_unique<Socket>(dial(programs.port())));
  all.clear();
  Socket last = dial(programs.port());
  last.say(quoted(rig.segment("pir.5.0.mp4")));
  CHECK(rig.until([&] { return rig.segments.size() == 1; }));
}

TEST_CASE("a Unix socket is taken over from a killed driver, but not from one that serves it") {
  Rig rig;
  const std::string path = (rig.temp.path() / "door").string();
  rig.settings.listen = LocalAddress{"", path, 0};
  {
    // What SIGKILL leaves behind.
    Socket dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    REQUIRE(::bind(dead.fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  }
  {
    LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {});
    CHECK_THROWS_AS(LocalPrograms(rig.settings, rig.spool(), rig.ways(), {}), rh::Fault);
    Socket program(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    REQUIRE(::connect(program.fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    program.say(quoted(rig.segment("pir.5.0.mp4")));
    REQUIRE(rig.until([&] { return rig.segments.size() == 1; }));
  }
  CHECK_FALSE(fs::exists(path));
  CHECK(rig.ends.size() == 1);  // a driver that ends ends its captures
  writeFile(path, "somebody's file");
  CHECK_THROWS_AS(LocalPrograms(rig.settings, rig.spool(), rig.ways(), {}), rh::Fault);
  CHECK(readFile(path) == "somebody's file");
}

TEST_CASE("commands go out as datagrams, to a path or to a name and port") {
  robohub::test::TempFolder temp;
  const std::string path = (temp.path() / "commands").string();
  Socket by_path(::socket(AF_UNIX, SOCK_DGRAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  REQUIRE(::bind(by_path.fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  Socket by_port(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(by_port.fd, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0);
  socklen_t size = sizeof any;
  ::getsockname(by_port.fd, reinterpret_cast<sockaddr*>(&any), &size);
  const auto hear = [](const Socket& socket) {
    const timeval patience{5, 0};
    ::setsockopt(socket.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char bytes[256];
    const ssize_t n = ::recv(socket.fd, bytes, sizeof bytes, 0);
    return std::string(bytes, n < 0 ? 0 : static_cast<std::size_t>(n));
  };
  std::vector<std::string> complaints;
  {
    CommandSender to_path({"", path, 0}, [&](const std::string& text) { complaints.push_back(text); });
    to_path.send("arm");
    to_path.send("capture");
    CHECK(hear(by_path) == R"({"command":"arm"})");
    CHECK(hear(by_path) == R"({"command":"capture"})");
    CommandSender to_port({"localhost", "", ntohs(any.sin_port)}, {});
    to_port.send("disarm");
    CHECK(hear(by_port) == R"({"command":"disarm"})");
  }
  CHECK(complaints.empty());
  by_path.close();
  ::unlink(path.c_str());
  {
    CommandSender gone({"", path, 0}, [&](const std::string& text) { complaints.push_back(text); });
    for (int i = 0; i < 5; ++i) gone.send("arm");
  }
  CHECK(complaints.size() == 1);  // once for each reason
}

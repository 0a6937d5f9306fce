// The older agent's list of names: a file that grows, a pipe, or standard input.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "unit/cloud_camera/local_rig.hpp"

using namespace cloud_camera;
using namespace cloud_camera::test;

TEST_CASE("a list of names counts while armed, and grows") {
  Rig rig;
  const fs::path list = rig.temp.path() / "list";
  writeFile(list, rig.segment("pir.5.0.mp4") + "\n");
  rig.settings.names = list.string();
  LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {});
  Rig* r = &rig;
  // Disarmed: read, and passed over.
  REQUIRE(rig.until([&] { return rig.place.offset == static_cast<std::int64_t>(fs::file_size(list)); }));
  programs.setArmed(true);
  std::ofstream(list, std::ios::app) << rig.segment("pir.6.0.mp4") << "\n\n"
                                     << rig.segment("pir.6.1.mp4") << "\r\n/etc/passwd\n";
  REQUIRE(rig.until([r] { return r->segments.size() == 2 && r->complaints.size() == 1; }));
  CHECK(rig.segments[0].first == "in-pir.6");
  CHECK(rig.ends.empty());
  programs.setArmed(false);
  CHECK(rig.until([r] { return r->ends.size() == 1; }));
}

TEST_CASE("a list that is begun anew while it is read is read from its beginning") {
  Rig rig;
  const fs::path list = rig.temp.path() / "list";
  writeFile(list, rig.segment("pir.5.0.mp4") + "\n" + rig.segment("pir.5.1.mp4") + "\n/half a na");
  rig.settings.names = list.string();
  LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {true, {}});
  REQUIRE(rig.until([&] { return rig.segments.size() == 2 && rig.place.offset > 0; }));
  fs::resize_file(list, 0);
  REQUIRE(rig.until([&] { return rig.place.offset == 0; }));
  std::ofstream(list, std::ios::app) << rig.segment("pir.6.0.mp4") << "\n";
  REQUIRE(rig.until([&] { return rig.segments.size() == 3; }));
  CHECK(rig.segments.back().first == "in-pir.6");
  CHECK(rig.complaints.empty());
}

TEST_CASE("names that were read before a restart do not count again, unless they stand in another list") {
  Rig rig;
  const fs::path list = rig.temp.path() / "list";
  rig.settings.names = list.string();
  const auto write = [&](const std::string& text, std::ios::openmode mode) { std::ofstream(list, mode) << text; };
  const std::string third = rig.segment("pir.5.2.mp4");
  write(rig.segment("pir.5.0.mp4") + "\n" + rig.segment("pir.5.1.mp4") + "\n" + third.substr(0, third.size() - 2),
        std::ios::out);
  // Opens it, armed, until there are so many segments in all.
  const auto run = [&](std::size_t segments) {
    const auto end = [&] { return rig.place.offset; };
    const LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {true, rig.place});
    CHECK(rig.until([&] { return rig.segments.size() >= segments && end() > 0; }));
    CHECK(rig.segments.size() == segments);
  };
  run(2);  // the third is not whole yet
  write(third.substr(third.size() - 2) + "\n", std::ios::app);
  run(3);
  CHECK(rig.until([&] { return rig.place.offset == static_cast<std::int64_t>(fs::file_size(list)); }));
  write(rig.segment("pir.6.0.mp4") + "\n", std::ios::app);
  run(4);
  CHECK(rig.segments.back().first == "in-pir.6");
  // Another one that is longer, and one that is shorter.
  const std::string a = rig.segment("pir.7.0.mp4") + "\n", b = rig.segment("pir.8.0.mp4") + "\n";
  write(a + a + a + a + a + a, std::ios::out);
  run(10);
  write(b, std::ios::out);
  run(11);
  CHECK(rig.segments.back().first == "in-pir.8");
}

TEST_CASE("the last name of a file counts without the end of its line once it is whole, and counts once") {
  Rig rig;
  const fs::path list = rig.temp.path() / "list";
  const std::string first = rig.segment("pir.5.0.mp4"), second = rig.segment("pir.5.1.mp4");
  const auto append = [&](const std::string& text) { std::ofstream(list, std::ios::app) << text; };
  append(first);
  rig.settings.names = list.string();
  {
    const LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {true, {}});
    REQUIRE(rig.until(
        [&] { return rig.segments.size() == 1 && rig.place.offset == static_cast<std::int64_t>(first.size()); }));
  }
  append("\n");
  const LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {true, rig.place});
  append(" \t" + second.substr(0, second.size() - 1));
  append(second.substr(second.size() - 1) + " ");
  REQUIRE(rig.until([&] { return rig.segments.size() == 2; }));
  append("\n");
  REQUIRE(rig.until([&] { return rig.place.offset == static_cast<std::int64_t>(fs::file_size(list)); }));
  CHECK(rig.segments.size() == 2);
  CHECK(rig.complaints.empty());
}

TEST_CASE("standard input has an end, with which its last name is whole and the capture over") {
  Rig rig;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int before = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  ::close(ends[0]);
  rig.settings.names = "-";
  LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {true, {}});
  // It has one of its own by now.
  if (before >= 0) {
    ::dup2(before, STDIN_FILENO);
    ::close(before);
  } else {
    ::close(STDIN_FILENO);
  }
  const auto write = [&](const std::string& text) {
    return ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
  };
  CHECK(write(rig.segment("pir.5.0.mp4") + "\n"));
  CHECK(rig.until([&] { return rig.segments.size() == 1; }));
  CHECK(write(rig.segment("pir.5.1.mp4")));
  ::close(ends[1]);
  CHECK(rig.until([&] { return rig.segments.size() == 2 && rig.ends.size() == 1; }));
  CHECK(rig.complaints.empty());
}

TEST_CASE("a pipe is read as its writers come and go") {
  Rig rig;
  const fs::path pipe = rig.temp.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  rig.settings.names = pipe.string();
  LocalPrograms programs(rig.settings, rig.spool(), rig.ways(), {});
  programs.setArmed(true);
  for (int i = 0; i < 4; ++i) {
    // Some end a line with the pipe alone.
    std::ofstream(pipe) << rig.segment("pir.5." + std::to_string(i) + ".mp4") << (i < 2 ? "\n" : "");
    CHECK(rig.until([&] { return rig.segments.size() == static_cast<std::size_t>(i) + 1; }));
  }
}

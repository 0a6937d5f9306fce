#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "script_tree.hpp"
#include "tree.hpp"

using namespace structure;

namespace {

std::vector<fs::path> scripts() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(root() / "script")) {
    const auto lines = linesOf(entry.path());
    if (!lines.empty() && lines[0].starts_with("#!")) files.push_back(entry.path());
  }
  return files;
}

// Whether a process is gone in a few seconds. What nobody has waited for yet is a zombie, and gone too.
bool ends(const std::string& pid) {
  for (int i = 0; i < 50; ++i) {
    const std::string stat = readFile("/proc/" + pid + "/stat");  // "PID (name) state ..."
    const auto state = stat.rfind(") ");
    if (state == std::string::npos || stat.compare(state, 3, ") Z") == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

}  // namespace

TEST_CASE("every script can be run and explains itself with --help") {
  REQUIRE(scripts().size() >= 5);
  for (const auto& script : scripts()) {
    const Ran ran = run("'" + script.string() + "' --help");
    INFO(nameOf(script) << " --help gave " << ran.exit_code << "\n" << ran.output);
    CHECK(ran.exit_code == 0);
    CHECK(ran.output.find("Usage: " + nameOf(script)) != std::string::npos);
  }
}

TEST_CASE("a script refuses an option that it does not know") {
  for (const auto& script : scripts()) {
    const Ran ran = run("'" + script.string() + "' --no-such-option");
    INFO(nameOf(script) << " gave " << ran.exit_code << "\n" << ran.output);
    CHECK(ran.exit_code == 2);
    CHECK(ran.output.find("--help") != std::string::npos);
  }
}

TEST_CASE("no script asks a proxy, or a .curlrc, for what is on this machine") {
  auto files = scripts();
  for (const auto& file : filesBelow("tests/package", {".sh"})) files.push_back(file);
  int calls = 0;
  for (const auto& file : files) {
    for (const auto& line : linesOf(file)) {
      if (line.find("curl -") == std::string::npos) continue;
      ++calls;
      INFO(nameOf(file) << ": " << line);
      CHECK(line.find("curl --disable --noproxy '*' ") != std::string::npos);  // the first of these must come first
    }
  }
  CHECK(calls > 0);
}

TEST_CASE("script/bootstrap takes no Node with which the tests of the page cannot run") {
  const ScriptTree tree({"bootstrap", "common.sh"});
  tree.program("bin/npm", "");
  const auto bootstrap = [&](const std::string& version) {
    tree.program("bin/node", "echo " + version);
    return run(tree.command("script/bootstrap --skip-packages")).exit_code;
  };
  CHECK(bootstrap("v18.18.0") == 0);
  CHECK(bootstrap("v20.9.0") == 0);
  CHECK(bootstrap("v18.13.0") == 1);
  CHECK(bootstrap("v16.20.2") == 1);
}

TEST_CASE("script/bootstrap installs nothing on a system that robohub cannot be built for, and says why") {
  const ScriptTree tree({"bootstrap", "common.sh"});
  tree.program("bin/npm", "");
  tree.program("bin/node", "echo v20.9.0");
  tree.program("bin/dpkg-query", "echo asked >'" + (tree.path() / "asked").string() + "'");
  tree.program("bin/dpkg", "echo armhf");
  const Ran ran = run(tree.command("script/bootstrap"));
  INFO(ran.output);
  CHECK(ran.exit_code == 1);
  for (const char* word : {"armhf", "64-bit", "amd64", "arm64"}) CHECK(ran.output.find(word) != std::string::npos);
  CHECK_FALSE(fs::exists(tree.path() / "asked"));
  for (const char* good : {"amd64", "arm64"}) {
    tree.program("bin/dpkg", "echo " + std::string(good));
    CHECK(run(tree.command("script/bootstrap --skip-packages")).exit_code == 0);
  }
}

TEST_CASE("script/bootstrap says before it installs anything that a system is not the one that robohub is made for") {
  const ScriptTree tree({"bootstrap", "common.sh", "packages.txt"});
  for (const char* name : {"bin/npm", "bin/sudo", "bin/apt-get", "bin/dpkg-query"}) tree.program(name, "");
  tree.program("bin/node", "echo v20.9.0");
  tree.program("bin/dpkg", "echo arm64");
  const auto bootstrap = [&](const std::string& system) {
    tree.write("os-release", system);
    const std::string place = "env ROBOHUB_OS_RELEASE='" + (tree.path() / "os-release").string() + "' ";
    const Ran ran = run(place + tree.command("script/bootstrap"));
    INFO(ran.output);
    CHECK(ran.exit_code == 0);
    return ran.output.find("made for Debian 12") != std::string::npos;
  };
  CHECK_FALSE(bootstrap("ID=debian\nVERSION_ID=\"12\"\n"));
  CHECK(bootstrap("ID=debian\nVERSION_ID=\"13\"\n"));
  CHECK(bootstrap("ID=ubuntu\nVERSION_ID=\"12\"\n"));
}

TEST_CASE("script/lint does not wait for what is typed where git names no files, but says why it looks at none") {
  const ScriptTree tree({"lint", "common.sh"});
  tree.program("bin/git", "exit 128");
  const Ran ran = run(tree.command("script/lint"));
  INFO(ran.output);
  CHECK(ran.exit_code == 1);
  CHECK(ran.output.find("git names no files here") != std::string::npos);
}

TEST_CASE("script/lint says beside its result what it had to leave out") {
  const ScriptTree tree({"lint", "common.sh"});
  for (const char* name : {"bin/git", "bin/clang-format", "bin/clang++", "bin/shellcheck"}) tree.program(name, "");
  const Ran ran = run(tree.command("script/lint"));
  INFO(ran.output);
  CHECK(ran.exit_code == 0);
  CHECK(ran.output.ends_with("\nnothing found (left out: the page)\n"));
}

TEST_CASE("script/test tries once more what failed, but not what shows that a promise is kept") {
  // A tree of its own that is built already: one test fails at first only, another one, of a promise, too.
  const ScriptTree tree({"test", "common.sh"});
  tree.built();
  const auto once = [](const std::string& name, const std::string& labels) {
    return "add_test(" + name + " sh -c \"test -e " + name + " || { touch " + name + "; exit 1; }\")\n" +
           "set_tests_properties(" + name + " PROPERTIES LABELS \"" + labels + "\")\n";
  };
  const std::string run_it = tree.command("script/test --only unit");

  tree.write("build/release/CTestTestfile.cmake", once("late", "unit"));
  const Ran late = run(run_it, 30);
  INFO(late.output);
  CHECK(late.exit_code == 0);
  CHECK(late.output.find("needed a second try: late\n1 passed, 0 failed\n") != std::string::npos);

  fs::remove(tree.path() / "build/release/late");
  tree.write("build/release/CTestTestfile.cmake", once("late", "unit") + once("shone", "unit;promise"));
  const Ran broken = run(run_it, 30);
  INFO(broken.output);
  CHECK(broken.exit_code == 1);
  CHECK(broken.output.find("needed a second try: late\n") != std::string::npos);
  CHECK(broken.output.find("failed: shone") != std::string::npos);
  CHECK(broken.output.find("\n1 passed, 1 failed\n") != std::string::npos);

  fs::remove(tree.path() / "build/release/shone");
  tree.write("build/release/CTestTestfile.cmake", once("shone", "unit;promise"));
  const Ran alone = run(run_it, 30);
  INFO(alone.output);
  CHECK(alone.exit_code == 1);
  CHECK(alone.output.find("needed a second try") == std::string::npos);
  CHECK(alone.output.find("\n0 passed, 1 failed\n") != std::string::npos);
}

TEST_CASE("script/test counts nothing that was left out as passed, and says what a test says of itself") {
  const ScriptTree tree({"test", "common.sh"});
  tree.built();
  tree.program("build/release/telling", "echo '  left out: no disk of its own'\necho 'needed a second try: one light'");
  tree.write("build/release/CTestTestfile.cmake",
             "add_test(telling sh -c ./telling)\nset_tests_properties(telling PROPERTIES LABELS unit)\n"
             "add_test(skipped sh -c \"exit 77\")\n"
             "set_tests_properties(skipped PROPERTIES LABELS unit SKIP_RETURN_CODE 77)\n");
  const Ran ran = run(tree.command("script/test --only unit"), 30);
  INFO(ran.output);
  CHECK(ran.exit_code == 0);
  CHECK(ran.output.find("left out: skipped\nleft out: no disk of its own\nneeded a second try: one light\n1 passed, 0 "
                        "failed\n") != std::string::npos);
}

TEST_CASE("script/test goes on when a file of browser tests does not end, and leaves nothing of it behind") {
  const ScriptTree tree({"test", "common.sh"});
  tree.built();
  tree.write("web/dist/index.html", "");
  tree.write("tests/browser/hanging.test.mjs", "");
  tree.program("bin/node", "echo $$ >>'" + (tree.path() / "started").string() + "'\nsleep 1000 & wait");
  const Ran ran = run("env ROBOHUB_BROWSER_LIMIT_S=0.5 " + tree.command("script/test --only browser"), 30);
  INFO(ran.output);
  CHECK(ran.exit_code == 1);
  CHECK(ran.output.find("needed a second try: hanging in Chromium\n") != std::string::npos);
  CHECK(ran.output.find("\n0 passed, 1 failed\n") != std::string::npos);
  const auto started = linesOf(tree.path() / "started");
  CHECK(started.size() == 2);
  for (const auto& pid : started) CHECK_FALSE(fs::exists("/proc/" + pid));
}

TEST_CASE("script/test ends at once when it is told to, with what it runs") {
  const ScriptTree tree({"test", "common.sh"});
  tree.built();
  const fs::path started = tree.path() / "started";
  const std::string hang = "echo $$ >'" + started.string() + "'\nsleep 1000 & wait";
  tree.program("build/release/hanging", hang);
  tree.write("build/release/CTestTestfile.cmake",
             "add_test(hanging sh -c ./hanging)\nset_tests_properties(hanging PROPERTIES LABELS unit)\n");
  tree.program("bin/npm", hang);
  for (const char* kind : {"unit", "web"}) {
    fs::remove(started);
    // Told alone: from a terminal, and by a limit of time, all that runs is told.
    tree.program("told", tree.command("script/test --only " + std::string(kind)) + " &\nwhile ! test -s '" +
                             started.string() +
                             "'; do sleep 0.1; done\nkill -TERM $!\nwait $!\necho \"it ended with $?\"");
    const Ran ran = run("'" + (tree.path() / "told").string() + "'", 30);
    INFO(ran.output);
    CHECK(ran.exit_code == 0);
    CHECK(ran.output.find("it ended with 143\n") != std::string::npos);
    const auto pids = linesOf(started);
    REQUIRE(pids.size() == 1);
    CHECK(ends(pids[0]));
  }
}

TEST_CASE("script/test does not test the page of one build with the programs of another") {
  const ScriptTree tree({"test", "common.sh"});
  for (const char* kind : {"browser", "web"}) {
    const Ran ran = run(tree.command("script/test --sanitize=address --only " + std::string(kind)));
    INFO(ran.output);
    CHECK(ran.exit_code == 2);
  }
}

// script/server with a hub and an agent that are scripts: what becomes of a lab that was moved or only half begun.
#include <catch2/catch.hpp>

#include "script_tree.hpp"
#include "tree.hpp"

using namespace structure;

namespace {

// It knows one device, which is online when its agent has said so here, and gives a code that can be used once.
const char* const kHub = R"sh(cd "$(dirname "$0")/../../.."
case "$1 $2" in
  serve*) echo 'robohub: listening at http://127.0.0.1:1/' && exec sleep 1000 ;;
  'device list') [ ! -f listed ] || echo "lab-turret laser_turret $(cat online 2>/dev/null || echo offline)" ;;
  'device enrol') echo "$3" >listed && echo "$3" >>enrolments && touch unused && echo 'Its code: ABCD-EFGH-JKLM' ;;
  'device revoke') rm listed ;;
esac)sh";

// As the real one it ends where it has no key and its code is used up, and where its plugin is not.
const char* const kAgent = R"sh(here=$(dirname "$0")/../../..
setting() { sed -n "s/^ *$1: \"\(.*\)\"/\1/p" "$2"; }
state=$(setting state_dir "$2")
mkdir -p "$state"
[ -s "$state/key" ] || rm "$here/unused" || exit 77
echo key >"$state/key"
[ -d "$(setting path "$2")" ] || exit 78
echo online >"$here/online"
exec sleep 1000)sh";

// Starts it, and ends it as soon as a person could use it.
const char* const kWatch = R"sh(#!/usr/bin/env bash
cd "$(dirname "$0")"
rm -f online
exec 3< <(exec script/server --config config/mine.yaml --data "$1" 2>&1)
server=$!
while read -r -u 3 line; do
  echo "$line"
  [[ $line != *'ready at'* ]] || kill -TERM "$server"
done
wait "$server"
)sh";

void lab(const ScriptTree& tree) {
  tree.built();
  tree.write("web/dist/index.html", "");
  tree.write("build/release/plugins/README", "");
  tree.write("config/mine.yaml", "");
  fs::copy_file(root() / "config/lab-turret.agent.yaml", tree.path() / "config/lab-turret.agent.yaml");
  for (const char* name : {"bin/ninja", "bin/curl"}) tree.program(name, "");
  tree.program("build/release/bin/robohub", kHub);
  tree.program("build/release/bin/robohub-agent", kAgent);
  tree.write("watch", kWatch);
  fs::permissions(tree.path() / "watch", fs::perms::owner_all);
}

}  // namespace

TEST_CASE("a lab goes on whose folder was moved, whose checkout is elsewhere now, or whose device never came") {
  const ScriptTree tree({"server", "common.sh", "lab_broker.sh"});
  lab(tree);
  const auto start = [&](const std::string& data) {
    const Ran ran = run(tree.command("watch " + data), 30);
    INFO(ran.output);
    CHECK(ran.output.find("robohub: ready at http://127.0.0.1:1/") != std::string::npos);
  };
  const auto enrolments = [&] { return linesOf(tree.path() / "enrolments").size(); };

  start("data");
  CHECK(enrolments() == 1);

  fs::rename(tree.path() / "data", tree.path() / "moved");
  start("moved");
  CHECK(enrolments() == 1);
  CHECK_FALSE(fs::exists(tree.path() / "data"));

  const fs::path folder = tree.path() / "moved/agents/lab-turret";
  std::string settings = readFile(folder / "agent.yaml");
  const std::string plugins = (tree.path() / "build/release/plugins").string();
  REQUIRE(settings.find(plugins) != std::string::npos);
  tree.write("moved/agents/lab-turret/agent.yaml",
             settings.replace(settings.find(plugins), plugins.size(), "/nowhere/plugins"));
  start("moved");
  CHECK(enrolments() == 1);

  fs::remove(folder / "key");
  start("moved");
  CHECK(enrolments() == 2);
}

TEST_CASE("a lab comes up whose folders have an & in their names") {
  const ScriptTree tree({"server", "common.sh", "lab_broker.sh"});
  lab(tree);
  // The checkout by another name.
  fs::create_directory_symlink(".", tree.path() / "R&D");
  for (int i = 0; i < 2; ++i) {
    const Ran ran = run(tree.command("'R&D/watch' 'a & b'"), 30);
    INFO(ran.output);
    CHECK(ran.output.find("robohub: ready at http://127.0.0.1:1/") != std::string::npos);
    const std::string settings = readFile(tree.path() / "a & b/agents/lab-turret/agent.yaml");
    CHECK(settings.find("/a & b/agents/lab-turret\"") != std::string::npos);
    CHECK(settings.find("/R&D/build/release/plugins\"") != std::string::npos);
    CHECK(settings.find("@STATE_DIR@") == std::string::npos);
  }
  CHECK(linesOf(tree.path() / "enrolments").size() == 1);
}

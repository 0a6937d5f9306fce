// Commands at the data folder itself: which of them may begin one, what they say of it, and what they print is true.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "hub/admin_client.hpp"
#include "unit/hub/process_hub.hpp"
#include "unit/hub/program_run.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

// As it is typed in `folder`.
Run runIn(const std::filesystem::path& folder, const std::vector<std::string>& words) {
  std::vector<std::string> arguments{"-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder.string(), TEST_ROBOHUB};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return runProgram("/bin/sh", arguments);
}

std::string hostName() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

const std::vector<std::string> kEnrol{"device", "enrol", "d1", "--type", "test_good"};

}  // namespace

TEST_CASE("a command that finds no hub's data says so, and begins none where nobody named it") {
  TempFolder folder;
  const std::string sentence = "There is no hub's data in " + (folder.path() / "data").string();
  // A backup that is good, and nowhere to put it.
  const std::vector<std::string> elsewhere{"--data", "other"};
  for (std::vector<std::string> words : {kEnrol, {"backup", "good.tar"}}) {
    words.insert(words.end(), elsewhere.begin(), elsewhere.end());
    const Run made = runIn(folder.path(), words);
    INFO(made.output);
    REQUIRE(made.code == 0);
  }
  for (const std::vector<std::string>& words : {kEnrol,
                                                {"device", "list"},
                                                {"device", "revoke", "d1"},
                                                {"certificate", "authority"},
                                                {"certificate", "server", "localhost"},
                                                {"certificate", "list"},
                                                {"audit", "list"},
                                                {"user", "list"},
                                                {"user", "role", "ada", "viewer"},
                                                {"restore", "good.tar"}}) {
    const Run run = runIn(folder.path(), words);
    INFO(words[0] << " " << words[1] << ": " << run.output);
    CHECK(run.code == 1);
    CHECK(has(run.output, sentence));
    CHECK(has(run.output, "--config"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "data"));
  }
  // Also a folder that was named is none where nothing is to be written.
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"device", "list", "--data", "data"}, {"user", "remove", "ada", "--data", "data"}}) {
    CHECK(has(runIn(folder.path(), words).output, sentence));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "data"));
  }
  const Run restored = runIn(folder.path(), {"restore", "good.tar", "--data", "data"});
  INFO(restored.output);
  CHECK(restored.code == 0);
  CHECK(has(restored.output, "into " + (folder.path() / "data").string() + "."));
  CHECK(std::filesystem::exists(folder.path() / "data" / "hub.db"));
}

TEST_CASE("what a command writes while no hub runs, it says with the folder") {
  TempFolder folder;
  const std::string note = "(no hub was running; written to " + (folder.path() / "data").string() + ")";
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--data", "data"});
    const Run done = runIn(folder.path(), words);
    INFO(done.output);
    CHECK(done.code == 0);
    return done.output;
  };
  CHECK(has(run(kEnrol), note));
  CHECK(has(run({"certificate", "authority"}), note));
  CHECK(has(run({"certificate", "issue", "--device", "d1"}), note));
  CHECK(has(run({"device", "revoke", "d1"}), note));
  CHECK(has(run({"user", "add", "ada", "--make-password"}), note));
  CHECK(has(run({"user", "role", "ada", "player"}), note));
  CHECK_FALSE(has(run({"user", "list"}), note));
  CHECK_FALSE(has(run({"user", "role", "ada", "viewer", "--json"}), note));
  // Paths of the settings are relative to their file, so what is to be copied there says them whole.
  const std::string served = run({"certificate", "server", "localhost"});
  CHECK(has(served, note));
  CHECK(has(served, "certificate: " + (folder.path() / "data" / "tls" / "server.crt").string()));
}

TEST_CASE("a device that is revoked while no hub runs loses its certificates too, and the audit has it") {
  TempFolder folder;
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--data", "data"});
    const Run done = runIn(folder.path(), words);
    INFO(done.output);
    CHECK(done.code == 0);
    return done.output;
  };
  run(kEnrol);
  run({"device", "enrol", "d2", "--type", "test_good"});
  run({"certificate", "issue", "--device", "d1"});
  run({"certificate", "issue", "--device", "d2"});
  run({"device", "revoke", "d1"});
  run(kEnrol);  // another one, under the same id
  const auto list = json::parseObject(run({"certificate", "list", "--json"}));
  REQUIRE(list);
  const auto all = hub::objectsOf(**list, "devices");
  REQUIRE(all.size() == 2);
  for (const auto& each : all) {
    const bool was_revoked = hub::textOf(*each, "device") == "d1";
    CHECK((hub::numberOf(*each, "revoked_at_ms") > 0) == was_revoked);
  }
  const std::string audit = run({"audit", "list", "--action", "device."});
  INFO(audit);
  CHECK(has(audit, "device.enrol"));
  CHECK(has(audit, "device.revoke"));
  CHECK(has(audit, "local administrator"));
  CHECK(has(run({"audit", "list", "--action", "certificate.revoke"}), "device:d1"));
}

TEST_CASE("a certificate that another authority has issued is not renewed, and stays as it is") {
  TempFolder folder;
  const auto run = [&](const std::string& data, std::vector<std::string> words) {
    words.insert(words.end(), {"--data", data});
    return runIn(folder.path(), words);
  };
  const auto content = [&](const char* name) {
    std::ostringstream text;
    text << std::ifstream(folder.path() / "other" / "tls" / name).rdbuf();
    return text.str();
  };
  REQUIRE(run("other", {"certificate", "server", "hub.example"}).code == 0);
  const std::string certificate = content("server.crt"), key = content("server.key");
  REQUIRE(certificate.starts_with("-----BEGIN"));
  const auto refused = [&] {
    const Run done = run("mine", {"certificate", "renew", "other/tls/server.crt"});
    INFO(done.output);
    CHECK(done.code == 1);
    CHECK(has(done.output, "not by this hub's own authority"));
    CHECK(content("server.crt") == certificate);
    CHECK(content("server.key") == key);
  };
  REQUIRE(run("mine", kEnrol).code == 0);
  refused();  // there is no authority yet
  REQUIRE(run("mine", {"certificate", "authority"}).code == 0);
  refused();
  CHECK(run("other", {"certificate", "renew", "other/tls/server.crt"}).code == 0);
  CHECK(content("server.crt") != certificate);
}

TEST_CASE("whoever may not speak to the hub is told so, and not that none runs") {
  TempFolder folder;  // for its owner alone
  const auto data = folder.path() / "data";
  std::filesystem::create_directory(data);
  std::vector<std::string> words;
  if (::geteuid() == 0)
    words = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  else
    std::filesystem::permissions(data, std::filesystem::perms::none);
  const auto run = [&](const std::vector<std::string>& typed) {
    std::vector<std::string> all = words;
    all.push_back(TEST_ROBOHUB);
    all.insert(all.end(), typed.begin(), typed.end());
    return runProgram(all.front(), {all.begin() + 1, all.end()});
  };
  if (run({"--version"}).code != 0) {
    WARN("left out: nobody else can run the program here");
    return;
  }
  for (const std::vector<std::string>& typed :
       {std::vector<std::string>{"health"}, {"stop"}, {"user", "list"}, {"config", "reload"}}) {
    std::vector<std::string> whole = typed;
    whole.insert(whole.end(), {"--data", data.string()});
    const Run refused = run(whole);
    INFO(refused.output);
    CHECK(refused.code == 1);
    CHECK(has(refused.output, "Permission denied"));
    CHECK(has(refused.output, "root and the hub's user"));
    CHECK_FALSE(has(refused.output, "No hub runs"));
  }
  std::filesystem::permissions(data, std::filesystem::perms::owner_all);
}

TEST_CASE("a plugin that the hub would leave out is called so, by name") {
  namespace fs = std::filesystem;
  TempFolder temp;
  const fs::path plugins = temp.path() / "plugins", folder = plugins / "test_good" / "1.0.0";
  fs::create_directories(folder);
  fs::copy(fs::path(TEST_PLUGINS) / "test_good" / "1.0.0", folder, fs::copy_options::recursive);
  for (const fs::path& each : {plugins, folder.parent_path(), folder})
    fs::permissions(each, fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove);
  std::ofstream(temp.path() / "robohub.yaml")
      << "server:\n  listen: \"127.0.0.1:0\"\n  data: data\nplugins: {path: [plugins]}\n";
  const auto check = [&] { return runIn(temp.path(), {"plugin", "check", folder.string()}); };
  const auto list = [&] {
    return runIn(temp.path(), {"plugin", "list", "--config", (temp.path() / "robohub.yaml").string()});
  };
  const Run good = check();
  INFO(good.output);
  CHECK(good.code == 0);
  CHECK(list().code == 0);
  const auto refused = [&](const std::string& why) {
    for (const Run& run : {check(), list()}) {
      INFO(run.output);
      CHECK(run.code == 1);
      CHECK(has(run.output, why));
    }
  };
  SECTION("its library is not the one that was described") {
    std::ofstream(folder / "test_good.so", std::ios::app) << "x";
    refused("SHA-256");
  }
  SECTION("its library is missing") {
    fs::remove(folder / "test_good.so");
    refused("missing");
  }
  SECTION("others can write it") {
    fs::permissions(folder, fs::perms::group_write, fs::perm_options::add);
    refused("chmod go-w");
  }
  SECTION("others can write its panel") {
    fs::create_directory(folder / "panel");
    fs::permissions(folder / "panel", fs::perms::others_write, fs::perm_options::add);
    refused("chmod go-w");
  }
}

TEST_CASE("an enrolment names an address that a device can reach, with or without a hub") {
  const std::string host = hostName();
  REQUIRE(!host.empty());
  ProcessHub hub("");
  const auto settings = [&](const std::string& listen, const std::string& more = "") {
    std::ofstream(hub.file()) << "server:\n  listen: \"" << listen << "\"\n  data: data\n"
                              << more << "plugins: {path: [" << TEST_PLUGINS << "]}\n";
  };
  int device = 0;
  const auto enrol = [&] {
    const Run run = runIn(hub.folder.path(), {"device", "enrol", "d" + std::to_string(++device), "--type", "test_good",
                                              "--config", hub.file().string()});
    CHECK(run.code == 0);
    CHECK(has(run.output, "hub.url"));
    CHECK(has(run.output, "plugin.path"));
    return run.output;
  };
  settings("0.0.0.0:4711");
  CHECK(has(enrol(), "url: \"https://" + host + ":4711\""));
  settings("[::]:4711");
  CHECK(has(enrol(), "url: \"https://" + host + ":4711\""));
  settings("127.0.0.1:4711", "  tls: {mode: on}\n");
  CHECK(has(enrol(), "url: \"https://127.0.0.1:4711\""));
  settings("127.0.0.1:4711");
  CHECK(has(enrol(), "url: \"http://127.0.0.1:4711\""));

  settings("0.0.0.0:0");
  const std::string before = enrol();
  hub.start();
  const auto printed = hub.process.line("robohub: certificate fingerprint ");
  REQUIRE(printed);
  const std::string fingerprint = "fingerprint: \"" + printed->substr(printed->rfind(' ') + 1) + "\"";
  // The hub keeps the certificate that the enrolment before its first start has spoken of.
  CHECK(has(before, fingerprint));
  const std::string while_it_runs = enrol();
  CHECK(has(while_it_runs, "url: \"https://" + host + ":" + std::to_string(hub.port) + "\""));
  CHECK(has(while_it_runs, fingerprint));
}

TEST_CASE("setup-code says where the code is, or why there is none") {
  ProcessHub hub("");
  const auto code = [&] { return runIn(hub.folder.path(), {"setup-code", "--config", hub.file().string()}); };
  CHECK(code().code == 1);
  CHECK(has(code().output, "There is no hub's data in"));
  const auto config = hub.file().string();
  REQUIRE(runIn(hub.folder.path(), {"device", "enrol", "d1", "--type", "test_good", "--config", config}).code == 0);
  // Enrolled, but never started: nobody is the administrator yet.
  CHECK(code().code == 1);
  CHECK(has(code().output, "when it starts"));
  CHECK_FALSE(has(code().output, "has an administrator"));
  hub.start();
  CHECK(code().code == 0);
  REQUIRE(
      runIn(hub.folder.path(), {"user", "add", "ada", "--role", "administrator", "--make-password", "--config", config})
          .code == 0);
  CHECK(hub.process.end() == 0);
  hub.start();
  CHECK(code().code == 1);
  CHECK(has(code().output, "has an administrator"));
  CHECK(hub.process.end() == 0);
  CHECK(code().code == 1);
  CHECK(has(code().output, "has an administrator"));
}

TEST_CASE("a password that is made while no hub runs is the one that opens it") {
  ProcessHub hub("guests: {watch: true}\n");
  const auto config = hub.file().string();
  const auto made = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--make-password", "--config", config});
    const Run run = runIn(hub.folder.path(), words);
    INFO(run.output);
    CHECK(run.code == 0);
    const std::string before = "Password (shown only now): ";
    const auto at = run.output.find(before);
    REQUIRE(at != std::string::npos);
    return run.output.substr(at + before.size(), run.output.find('\n', at) - at - before.size());
  };
  const std::string first = made({"user", "add", "ada", "--role", "administrator"});
  const std::string second = made({"user", "password", "ada"});
  CHECK(first != second);
  const Run json = runIn(hub.folder.path(), {"user", "add", "bob", "--make-password", "--config", config, "--json"});
  const auto object = json::parseObject(json.output);
  REQUIRE(object);
  const std::string third = hub::textOf(**object, "password");
  hub.start();
  const auto signIn = [&](const std::string& name, const std::string& password) {
    return hub
        .ask({.method = "POST",
              .target = "/api/v1/session",
              .body = "{\"username\":" + json::quote(name) + ",\"password\":" + json::quote(password) + "}"})
        .status;
  };
  CHECK(signIn("ada", first) == 401);
  CHECK(signIn("ada", second) == 200);
  CHECK(signIn("bob", third) == 200);
}

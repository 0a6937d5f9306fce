#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "unit/store/backup_state.hpp"

using namespace robohub;
using namespace robohub::store;
using namespace robohub::test;

TEST_CASE("a restored hub has what the backup had, grants epochs beyond all, and keeps what was there") {
  State state;
  REQUIRE(state.backup(state.file()));
  // What happens after the backup: higher epochs, another device, another key.
  REQUIRE(state.database->writeNow([](Session& s) -> Status {
    auto done = s.run("UPDATE devices SET epoch_reserved = 9000000000000000");
    return done ? Status{} : fail(done.error());
  }));
  state.addDevice("later", 77);
  REQUIRE(state.folder->writeSecret("secret.key", "another key\n"));
  write(state.data / "tls/new.crt", "newer");
  state.close();

  const auto restored = state.restore(state.file());
  INFO((restored ? "" : restored.error().message));
  REQUIRE(restored);
  CHECK(restored->devices == 1);
  CHECK(read(state.data / "secret.key") == "the key\n");
  CHECK(read(restored->settings) == "server: {}\n");
  CHECK_FALSE(fs::exists(state.data / "tls/new.crt"));
  CHECK(read(state.data / "tls/own.crt") == "a certificate");
  CHECK(read(restored->old_state / "secret.key") == "another key\n");
  CHECK(fs::exists(restored->old_state / "hub.db"));
  CHECK(fs::exists(restored->old_state / "tls/new.crt"));
  state.folder.reset();
  state.open();
  CHECK(state.number("SELECT epoch_reserved FROM devices WHERE id = 'd1'") == 9'000'000'000'000'000 + (1ll << 32));
  CHECK(state.number("SELECT revoked FROM devices WHERE id = 'later'") == 1);
  CHECK(state.number("SELECT epoch_reserved FROM devices WHERE id = 'later'") > 77);

  // The same backup on a machine that knows nothing of the first restore, a second later: beyond it all the same.
  State other;
  other.close();
  fs::remove(other.data / "hub.db");
  const auto first = other.restore(state.file(), kNow);
  REQUIRE(first);
  other.folder.reset();
  other.open();
  const auto epoch = other.number("SELECT epoch_reserved FROM devices WHERE id = 'd1'");
  CHECK(epoch > 100 + (1ll << 32));
  other.close();
  fs::remove(other.data / "hub.db");
  REQUIRE(other.restore(state.file(), kNow + std::chrono::seconds(1)));
  other.folder.reset();
  other.open();
  CHECK(other.number("SELECT epoch_reserved FROM devices WHERE id = 'd1'") > epoch);
}

TEST_CASE("a restore names the devices that were revoked since the backup and are enrolled again by it") {
  State state;
  state.addDevice("gone", 5);
  state.addDevice("stays", 5);
  const auto change = [&](const char* sql) {
    REQUIRE(state.database->writeNow([sql](Session& s) -> Status {
      auto done = s.run(sql);
      return done ? Status{} : fail(done.error());
    }));
  };
  change("UPDATE devices SET revoked = 1 WHERE id = 'gone'");
  REQUIRE(state.backup(state.file()));
  state.addDevice("later", 5);
  change("UPDATE devices SET revoked = 1 WHERE id IN ('d1', 'later')");
  state.close();
  const auto restored = state.restore(state.file());
  REQUIRE(restored);
  CHECK(restored->returned == std::vector<std::string>{"d1"});
  CHECK(restored->devices == 2);
}

TEST_CASE("what is written with the restore is in it, and its refusal changes nothing") {
  State state;
  REQUIRE(state.backup(state.file()));
  state.close();
  const auto no = restoreBackup(*state.folder, state.file(), kNow,
                                [](Session&) -> Status { return fail(ErrorCode::internal, "No."); });
  REQUIRE_FALSE(no);
  CHECK(no.error().message == "No.");
  for (const auto& name : namesIn(state.data)) CHECK_FALSE(name.starts_with("restore"));
  REQUIRE(restoreBackup(*state.folder, state.file(), kNow, [](Session& s) -> Status {
    auto done = s.run("UPDATE devices SET name = 'amended'");
    return done ? Status{} : fail(done.error());
  }));
  state.folder.reset();
  state.open();
  CHECK(state.number("SELECT count(*) FROM devices WHERE name = 'amended'") == 1);
}

TEST_CASE("a damaged or shortened backup is refused and nothing is changed") {
  State state;
  REQUIRE(state.backup(state.file()));
  state.close();
  const std::string good = read(state.file());
  const auto before = namesIn(state.data);
  const std::string key = read(state.data / "secret.key");
  std::vector<std::string> bad{"", "not a tar at all", good.substr(0, 512), good.substr(0, good.size() / 2),
                               std::string(20'000, '\0')};
  // Every member's own bytes are covered: flips all over the file, but for the padding between and behind members.
  const std::string manifest_text = good.substr(good.find("{\"robohub_backup\""), 40);
  REQUIRE_FALSE(manifest_text.empty());
  for (const char* needle :
       {"{\"robohub_backup\"", "\"made_at_ms\":1750", "SQLite format 3", "the key", "a certificate"}) {
    const auto at = good.find(needle);
    REQUIRE(at != std::string::npos);
    std::string flipped = good;
    flipped[at + 5] = static_cast<char>(flipped[at + 5] ^ 1);
    bad.push_back(flipped);
  }
  for (std::size_t at = 257; at < good.size(); at += 512 * 37 + 11) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x40);
    test::TempFolder out;
    write(state.file("bad.tar"), flipped);
    // In padding nothing is lost; anywhere else it is found.
    if (const auto checked = readBackupFile(state.file("bad.tar"), out.path()); checked)
      CHECK(read(out.path() / "secret.key") == key);
  }
  for (const auto& text : bad) {
    write(state.file("bad.tar"), text);
    INFO("the first bytes: " << text.substr(0, 20) << " of " << text.size());
    const auto restored = state.restore(state.file("bad.tar"));
    REQUIRE_FALSE(restored);
    CHECK(restored.error().code == ErrorCode::corrupt);
    CHECK(namesIn(state.data) == before);
  }
  CHECK(state.restore(state.file("none.tar")).error().code == ErrorCode::not_found);
  CHECK(state.restore(state.data).error().code == ErrorCode::corrupt);
  CHECK(read(state.data / "secret.key") == key);
  state.folder.reset();
  state.open();
  CHECK(state.number("SELECT epoch_reserved FROM devices") == 100);
}

TEST_CASE("no name in a backup leads anywhere, and links, folders and strangers are refused") {
  State state;
  REQUIRE(state.backup(state.file()));
  test::TempFolder out;
  REQUIRE(readBackupFile(state.file(), out.path()));
  const std::string database = read(out.path() / "hub.db");
  state.close();
  const auto before = namesIn(state.temp.path());
  auto entry = [&](const std::string& name, const std::string& text) {
    return "{\"name\":\"" + name + "\",\"bytes\":" + std::to_string(text.size()) + ",\"sha256\":\"" +
           sha256(out.path(), text) + "\"}";
  };
  auto attempt = [&](const std::string& files, std::vector<Member> members, int schema = 6, int format = 1) {
    const std::string manifest = "{\"robohub_backup\":" + std::to_string(format) +
                                 ",\"version\":\"9.9\",\"made_at_ms\":1,\"schema\":" + std::to_string(schema) +
                                 ",\"files\":[" + files + "]}";
    members.insert(members.begin(),
                   {{"manifest.json", manifest}, {"manifest.sha256", sha256(out.path(), manifest) + "\n"}});
    writeTar(out.path() / "made.tar", members);
    auto restored = state.restore(out.path() / "made.tar");
    fs::remove(out.path() / "made.tar");
    return restored;
  };
  const std::string base = entry("hub.db", database);
  for (const char* name : {"../evil", "/tmp/evil", "tls/../evil", "tls/../../evil", "tls/", "tls/.hidden", "tls/a/b",
                           "x", "settings/other", "hub.db", "./hub.db", "tls/a\\u0000b"}) {
    INFO(name);
    const auto restored = attempt(base + "," + entry(name, "evil"), {{"hub.db", database}, {name, "evil"}});
    REQUIRE_FALSE(restored);
    CHECK(restored.error().code == ErrorCode::corrupt);
  }
  const std::string key = entry("secret.key", "k");
  CHECK_FALSE(attempt(base + "," + key, {{"hub.db", database}, {"secret.key", "", AE_IFLNK, "/etc/passwd"}}));
  CHECK_FALSE(attempt(base + "," + key, {{"hub.db", database}, {"secret.key", "", AE_IFDIR}}));
  CHECK_FALSE(attempt(base + "," + key, {{"hub.db", database}}));
  CHECK_FALSE(attempt(base, {{"hub.db", database}, {"secret.key", "k"}}));
  CHECK_FALSE(attempt(base + "," + key, {{"hub.db", database}, {"secret.key", "other"}}));
  CHECK_FALSE(attempt(key, {{"secret.key", "k"}}));
  CHECK_FALSE(attempt(entry("hub.db", "no database"), {{"hub.db", "no database"}}));
  CHECK(attempt(base, {{"hub.db", database}}, 1'000).error().code == ErrorCode::unsupported);
  CHECK(attempt(base, {{"hub.db", database}}, 6, 2).error().code == ErrorCode::unsupported);
  CHECK(namesIn(state.temp.path()) == before);
  for (const auto& name : namesIn(state.data)) CHECK_FALSE(name.starts_with("restore"));
  CHECK(attempt(base, {{"hub.db", database}}));
}

TEST_CASE("kill -9 at any moment of a restore leaves the old state or the new one") {
  State state;
  REQUIRE(state.backup(state.file()));
  state.close();
  state.folder.reset();
  constexpr int kRounds = 24;
  auto whole = std::chrono::microseconds(0);  // what a restore takes that nobody disturbs
  int olds = 0, news = 0;
  for (int round = -1; round < kRounds; ++round) {
    // An old state that differs from the backup in each of its files.
    state.open();
    REQUIRE(state.database->writeNow([](Session& s) -> Status {
      auto done = s.run("UPDATE devices SET name = 'old'");
      return done ? Status{} : fail(done.error());
    }));
    REQUIRE(state.folder->writeSecret("secret.key", "old key\n"));
    write(state.data / "tls/own.crt", "old certificate");
    state.close();
    state.folder.reset();
    const auto began = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto folder = DataFolder::open(state.data, "child");
      if (!folder) ::_exit(1);
      const WallTime now = kNow + std::chrono::seconds(round);
      ::_exit(restoreBackup(**folder, state.file(), now, nullptr) ? 0 : 2);
    }
    if (round >= 0) {
      std::this_thread::sleep_for(whole * round / (kRounds - 4));
      ::kill(child, SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    if (round < 0)
      whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);

    state.open();  // carries to its end what was decided
    const bool is_new = read(state.data / "secret.key") == "the key\n";
    if (round >= 0) (is_new ? news : olds) += 1;
    CHECK(read(state.data / "tls/own.crt") == (is_new ? "a certificate" : "old certificate"));
    CHECK(state.number("SELECT count(*) FROM devices WHERE name = 'old'") == (is_new ? 0 : 1));
    CHECK(fs::exists(state.data / "restored-settings.yaml") == is_new);
    for (const auto& name : namesIn(state.data)) CHECK_FALSE(name.starts_with("restore."));
    state.close();
    fs::remove(state.data / "restored-settings.yaml");
    state.folder.reset();
  }
  INFO("a restore takes " << whole.count() << " us");
  CHECK(olds > 0);
  CHECK(news > 0);
  state.open();
}

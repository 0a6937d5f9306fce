#include "store/backup.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "store/backup_file.hpp"
#include "store/backups.hpp"
#include "store/database.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::store;
namespace fs = std::filesystem;

namespace {

const WallTime kNow{std::chrono::milliseconds(1'750'000'000'123)};

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}
std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// A data folder with a database of the hub's, a secret, a certificate and settings.
struct State {
  test::TempFolder temp;
  fs::path data = temp.path() / "data";
  fs::path settings = temp.path() / "my.yaml";
  std::unique_ptr<DataFolder> folder;
  std::unique_ptr<Database> database;

  State() {
    open();
    REQUIRE(folder->writeSecret("secret.key", "the key\n"));
    fs::create_directory(data / "tls");
    write(data / "tls/own.crt", "a certificate");
    write(settings, "server: {}\n");
    addDevice("d1", 100);
  }
  ~State() {
    if (database) database->close();
  }
  void open() {
    auto opened = DataFolder::open(data, "test");
    REQUIRE(opened);
    folder = std::move(*opened);
    auto base = Database::open(*folder);
    REQUIRE(base);
    database = std::move(*base);
  }
  void close() {
    database->close();
    database.reset();
  }
  void addDevice(const std::string& id, std::int64_t epoch) {
    REQUIRE(database->writeNow([&](Session& s) -> Status {
      auto done = s.run("INSERT INTO devices (id, type, name, created_ms, epoch_reserved) VALUES ($1, 't', 'n', 1, $2)",
                        id, epoch);
      return done ? Status{} : fail(done.error());
    }));
  }
  std::int64_t number(const std::string& sql) {
    std::int64_t value = -1;
    REQUIRE(database->readNow([&](Session& s) -> Status {
      auto rows = s.prepare(sql);
      if (!rows) return fail(rows.error());
      if (auto row = rows->step(); !row || !*row) return fail(ErrorCode::not_found, "no row");
      value = rows->integer(0);
      return {};
    }));
    return value;
  }
  fs::path file(const char* name = "b.tar") const { return temp.path() / name; }
  Result<BackupManifest> backup(const fs::path& to) { return makeBackup(*folder, {to, settings, "1.2.3", kNow}); }
  Result<Restored> restore(const fs::path& from, WallTime now = kNow) {
    return restoreBackup(*folder, from, now, nullptr);
  }
};

std::vector<std::string> namesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// A tar of our choice, with a manifest that fits unless `manifest` says otherwise.
struct Member {
  std::string name, text;
  int type = AE_IFREG;
  std::string link = {};
};
void writeTar(const fs::path& file, const std::vector<Member>& members) {
  archive* tar = archive_write_new();
  archive_write_set_format_pax_restricted(tar);
  REQUIRE(archive_write_open_filename(tar, file.c_str()) == ARCHIVE_OK);
  for (const Member& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, static_cast<unsigned>(member.type));
    archive_entry_set_perm(entry, 0644);
    if (!member.link.empty()) archive_entry_set_symlink(entry, member.link.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.text.size()));
    REQUIRE(archive_write_header(tar, entry) == ARCHIVE_OK);
    archive_write_data(tar, member.text.data(), member.text.size());
    archive_entry_free(entry);
  }
  REQUIRE(archive_write_close(tar) == ARCHIVE_OK);
  archive_write_free(tar);
}

std::string sha256(const fs::path& folder, const std::string& text) {
  write(folder / "hashed", text);
  auto measured = measureFile(folder / "hashed", "x");
  REQUIRE(measured);
  fs::remove(folder / "hashed");
  return measured->sha256;
}

}  // namespace

TEST_CASE("a backup holds everything, is for its owner's eyes, and says what it is") {
  State state;
  const auto made = state.backup(state.file());
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  struct stat about {};
  REQUIRE(::stat(state.file().c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  std::vector<std::string> names;
  for (const auto& member : made->files) names.push_back(member.name);
  CHECK(names == std::vector<std::string>{"hub.db", "secret.key", "tls/own.crt", "settings/robohub.yaml"});
  const auto checked = checkBackup(state.file());
  REQUIRE(checked);
  CHECK(checked->version == "1.2.3");
  CHECK(checked->made_at_ms == 1'750'000'000'123);
  CHECK(checked->schema == hubMigrations().back().number);
  CHECK(namesIn(state.temp.path()) == std::vector<std::string>{"b.tar", "data", "my.yaml"});
}

TEST_CASE("a backup overwrites nothing and wants a place that is there") {
  State state;
  write(state.file(), "mine");
  CHECK(state.backup(state.file()).error().code == ErrorCode::conflict);
  CHECK(read(state.file()) == "mine");
  fs::create_symlink("/nonexistent", state.file("link.tar"));
  CHECK(state.backup(state.file("link.tar")).error().code == ErrorCode::conflict);
  CHECK(state.backup("b.tar").error().code == ErrorCode::invalid_argument);
  CHECK(state.backup(state.temp.path() / "no/b.tar").error().code == ErrorCode::not_found);
  CHECK(state.backup(state.data / "x/").error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a backup under load is of one moment and keeps no writer waiting") {
  State state;
  // Pairs that are always written together: a copy with half of one would be of two moments.
  REQUIRE(state.database->writeNow([](Session& s) -> Status {
    return s.runScript(
        "CREATE TABLE pairs (n INTEGER PRIMARY KEY, fill TEXT);"
        "CREATE TABLE others (n INTEGER PRIMARY KEY, fill TEXT)");
  }));
  std::atomic<bool> end{false};
  std::atomic<std::int64_t> written{0}, slowest_us{0};
  auto writeOne = [&](std::int64_t n) {
    const auto began = std::chrono::steady_clock::now();
    const Status done = state.database->writeNow([n](Session& s) -> Status {
      const std::string fill(2000, 'x');
      if (auto a = s.run("INSERT INTO pairs VALUES ($1, $2)", n, fill); !a) return fail(a.error());
      auto b = s.run("INSERT INTO others VALUES ($1, $2)", n, fill);
      return b ? Status{} : fail(b.error());
    });
    if (!done) return false;
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    slowest_us = std::max<std::int64_t>(slowest_us, us.count());
    written = n;
    return true;
  };
  for (std::int64_t n = 1; n <= 500; ++n) REQUIRE(writeOne(n));
  slowest_us = 0;
  std::thread writer([&] {
    for (std::int64_t n = 501; !end && writeOne(n); ++n) {
    }
  });
  const std::int64_t before = written;
  const auto made = state.backup(state.file());
  const std::int64_t after = written;
  end = true;
  writer.join();
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  INFO("slowest write " << slowest_us << " us");
  CHECK(slowest_us < 2'000'000);
  test::TempFolder out;
  REQUIRE(readBackupFile(state.file(), out.path()));
  auto copy = Session::open((out.path() / "hub.db").string(), Session::Role::writer);
  REQUIRE(copy);
  auto rows = (*copy)->prepare("SELECT (SELECT count(*) FROM pairs), (SELECT count(*) FROM others)");
  REQUIRE(rows);
  REQUIRE(rows->step());
  CHECK(rows->integer(0) == rows->integer(1));
  CHECK(rows->integer(0) >= before);
  CHECK(rows->integer(0) <= after + 1);
}

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

TEST_CASE("backups by schedule are made when one is due, and only the newest are kept") {
  State state;
  const fs::path shelf = state.temp.path() / "shelf";
  fs::create_directory(shelf);
  write(shelf / "robohub-20200101T000000Z.tar", "an old one");
  write(shelf / "robohub-20200102T000000Z.tar", "another");
  write(shelf / "robohub-mine.tar", "not of the schedule");
  SystemClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  int made = 0;
  Backups backups(*state.folder, state.settings, "1.2.3", clock, [&](const fs::path&, const Status& status, bool) {
    const std::lock_guard lock(mutex);
    made += status ? 1 : 100;
    changed.notify_all();
  });
  auto wait = [&](int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return made == count; });
  };
  CHECK_FALSE(backups.state().scheduled);
  backups.configure({shelf, std::chrono::hours(24), 2});
  REQUIRE(wait(1));
  CHECK(namesIn(shelf).size() == 3);
  CHECK_FALSE(fs::exists(shelf / "robohub-20200101T000000Z.tar"));
  CHECK(read(shelf / "robohub-mine.tar") == "not of the schedule");
  CHECK(backups.state().scheduled);
  CHECK(backups.state().newest_at_ms > 0);
  // One is there now, so that a new look makes none; asking for one does.
  backups.configure({shelf, std::chrono::hours(24), 2});
  std::promise<bool> answered;
  backups.make(state.file(), [&](Result<BackupManifest> manifest) { answered.set_value(manifest.has_value()); });
  CHECK(answered.get_future().get());
  REQUIRE(wait(2));
  // A folder that cannot be used is told.
  backups.configure({state.settings / "no", std::chrono::hours(24), 2});
  REQUIRE(wait(102));
  CHECK(backups.state().last_failed.has_value());
}

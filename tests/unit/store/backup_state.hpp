// A data folder with everything that a backup takes, and tars of our own choice.
#pragma once
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "store/backup_file.hpp"
#include "store/database.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::test {

using namespace robohub::store;
namespace fs = std::filesystem;

inline const WallTime kNow{std::chrono::milliseconds(1'750'000'000'123)};

inline void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}
inline std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// A data folder with a database of the hub's, a secret, a certificate and settings.
struct State {
  TempFolder temp;
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

inline std::vector<std::string> namesIn(const fs::path& folder) {
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
inline void writeTar(const fs::path& file, const std::vector<Member>& members) {
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

inline std::string sha256(const fs::path& folder, const std::string& text) {
  write(folder / "hashed", text);
  auto measured = measureFile(folder / "hashed", "x");
  REQUIRE(measured);
  fs::remove(folder / "hashed");
  return measured->sha256;
}

}  // namespace robohub::test

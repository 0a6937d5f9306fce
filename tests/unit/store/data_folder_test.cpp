#include "store/data_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "unit/store/temp_folder.hpp"

using namespace robohub;
using store::DataFolder;

TEST_CASE("only one program holds a data folder, and the second is told who does") {
  test::TempFolder temp;
  auto first = DataFolder::open(temp.path() / "data", "robohub serve");
  REQUIRE(first);
  auto second = DataFolder::open(temp.path() / "data", "robohub device");
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::conflict);
  CHECK(second.error().message.find("robohub serve (process " + std::to_string(::getpid()) + ")") != std::string::npos);
  first->reset();
  CHECK(DataFolder::open(temp.path() / "data", "robohub device"));
}

TEST_CASE("the folder is made for its owner alone, and so are its secrets") {
  test::TempFolder temp;
  auto folder = DataFolder::open(temp.path() / "a" / "data", "test").value();
  struct stat about {};
  REQUIRE(::stat(folder->path().c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0700);
  CHECK_FALSE(folder->readSecret("code").value());
  REQUIRE(folder->writeSecret("code", "one"));
  REQUIRE(folder->writeSecret("code", "two"));
  CHECK(folder->readSecret("code").value() == "two");
  REQUIRE(::stat(folder->file("code").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  REQUIRE(folder->remove("code"));
  REQUIRE(folder->remove("code"));
  CHECK_FALSE(folder->readSecret("code").value());
}

TEST_CASE("a secret that others may read, a link and a huge file are refused") {
  test::TempFolder temp;
  auto folder = DataFolder::open(temp.path(), "test").value();
  REQUIRE(folder->writeSecret("key", "secret"));
  REQUIRE(::chmod(folder->file("key").c_str(), 0640) == 0);
  auto read = folder->readSecret("key");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::permission_denied);
  CHECK(read.error().message.find("chmod 600") != std::string::npos);

  REQUIRE(::chmod(folder->file("key").c_str(), 0600) == 0);
  std::filesystem::create_symlink(folder->file("key"), folder->file("link"));
  CHECK_FALSE(folder->readSecret("link"));

  REQUIRE(folder->writeSecret("huge", std::string(70'000, 'x')));
  CHECK(folder->readSecret("huge").error().code == ErrorCode::too_large);
}

TEST_CASE("a lock that root makes belongs to whom the folder belongs to, and is nobody else's file") {
  test::TempFolder temp;
  std::filesystem::create_directory(temp.path() / "data");
  std::ofstream(temp.path() / "elsewhere") << "another's";
  std::filesystem::create_symlink(temp.path() / "elsewhere", temp.path() / "data" / "hub.lock");
  CHECK_FALSE(DataFolder::open(temp.path() / "data", "test"));
  CHECK(std::filesystem::file_size(temp.path() / "elsewhere") == 9);
  std::filesystem::remove(temp.path() / "data" / "hub.lock");

  if (::geteuid() != 0) {
    WARN("left out: only root can give a file away");
    return;
  }
  REQUIRE(::chown((temp.path() / "data").c_str(), 65534, 65533) == 0);
  REQUIRE(DataFolder::open(temp.path() / "data", "robohub restore"));
  struct stat about {};
  REQUIRE(::stat((temp.path() / "data" / "hub.lock").c_str(), &about) == 0);
  CHECK(about.st_uid == 65534);
  CHECK(about.st_gid == 65533);
  CHECK((about.st_mode & 0777) == 0600);
}

#include "agent/state_folder.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "unit/store/temp_folder.hpp"

using namespace robohub;
using agent::StateFolder;

namespace {

int modeOf(const std::filesystem::path& path) {
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}

}  // namespace

TEST_CASE("an agent's folder and key are its own alone") {
  robohub::test::TempFolder temp;
  const auto folder = temp.path() / "agents/lab";
  auto state = StateFolder::open(folder);
  REQUIRE(state);
  CHECK(modeOf(folder) == 0700);
  CHECK(state->key().value().empty());
  const auto key = state->keyForClaim("CODE");
  REQUIRE(key);
  CHECK(key->size() == 43);
  CHECK(modeOf(folder / "key.claiming") == 0600);
  CHECK(modeOf(folder / "lock") == 0600);
}

TEST_CASE("a second agent on the same folder is refused until the first has gone") {
  robohub::test::TempFolder temp;
  {
    auto first = StateFolder::open(temp.path() / "s");
    REQUIRE(first);
    const auto second = StateFolder::open(temp.path() / "s");
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::conflict);
  }
  CHECK(StateFolder::open(temp.path() / "s"));
}

TEST_CASE("a key that is being claimed survives a crash, and the same code claims the same key") {
  robohub::test::TempFolder temp;
  std::string first;
  {
    auto state = StateFolder::open(temp.path() / "s");
    first = state->keyForClaim("CODE-1").value();
  }
  auto state = StateFolder::open(temp.path() / "s");
  CHECK(state->keyForClaim("CODE-1").value() == first);
  CHECK(state->key().value().empty());
  CHECK_FALSE(state->claimedWith("CODE-1").value());
  REQUIRE(state->adoptClaimedKey());
  CHECK(state->key().value() == first);
  CHECK(state->claimedWith("CODE-1").value());
  CHECK_FALSE(state->claimedWith("CODE-2").value());
}

TEST_CASE("a new code makes a new key, and the old one stays in use until the new one is claimed") {
  robohub::test::TempFolder temp;
  auto state = StateFolder::open(temp.path() / "s");
  const auto first = state->keyForClaim("CODE-1").value();
  REQUIRE(state->adoptClaimedKey());
  const auto second = state->keyForClaim("CODE-2").value();
  CHECK(second != first);
  CHECK(state->key().value() == first);
  REQUIRE(state->adoptClaimedKey());
  CHECK(state->key().value() == second);
}

TEST_CASE("a damaged key is said to be damaged") {
  robohub::test::TempFolder temp;
  auto state = StateFolder::open(temp.path() / "s");
  std::ofstream(temp.path() / "s/key") << "short\n";
  const auto key = state->key();
  REQUIRE_FALSE(key);
  CHECK(key.error().code == ErrorCode::corrupt);
}

TEST_CASE("a driver's state has a folder of its own, and what an older agent kept beside the key moves there") {
  robohub::test::TempFolder temp;
  const auto kept = [](const std::filesystem::path& file) {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  std::filesystem::create_directory(temp.path() / "s");
  std::ofstream(temp.path() / "s/rh.state") << "calibrated";
  {
    auto state = StateFolder::open(temp.path() / "s");
    REQUIRE(state);
    CHECK(state->driverState().parent_path() != state->path());
    CHECK(modeOf(state->driverState().parent_path()) == 0700);
    CHECK(kept(state->driverState()) == "calibrated");
    CHECK_FALSE(std::filesystem::exists(temp.path() / "s/rh.state"));
  }
  // What the newer agent has written counts, whatever an older one that ran in between has left.
  std::ofstream(temp.path() / "s/rh.state") << "older";
  auto state = StateFolder::open(temp.path() / "s");
  REQUIRE(state);
  CHECK(kept(state->driverState()) == "calibrated");
}

TEST_CASE("a folder that others may write into is refused") {
  robohub::test::TempFolder temp;
  const auto folder = temp.path() / "open";
  std::filesystem::create_directory(folder);
  ::chmod(folder.c_str(), 0777);
  const auto state = StateFolder::open(folder);
  REQUIRE_FALSE(state);
  CHECK(state.error().code == ErrorCode::permission_denied);
}

// Identity on a real database in a folder of its own, with cheap hashes and a clock that the test moves.
#pragma once
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "identity/identity.hpp"
#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::test {

using namespace robohub::identity;

inline constexpr PasswordCost kCheap{1, 8192};
inline constexpr const char* kPassword = "correct horse";
inline const Actor kRoot{"u-1", "root", "192.0.2.9"};

struct PeopleHub {
  // `later`: how much later it is than when others began.
  explicit PeopleHub(const std::filesystem::path& path, Settings chosen = {.access = {true, true}},
                     Duration later = Duration::zero())
      : clock(clockAt(later)),
        folder(store::DataFolder::open(path, "test").value()),
        database(store::Database::open(*folder).value()),
        audit(*database, clock),
        identity(Identity::open(*folder, *database, audit, chosen, clock, kCheap).value()) {}
  ~PeopleHub() {
    database->close();
    identity.reset();
  }

  Result<SignedIn> setup(std::string code, std::string username = "ada", std::string password = kPassword) {
    return store::waitFor<SignedIn>([&](auto done) { identity->setup(code, username, password, {"192.0.2.1"}, done); });
  }
  Result<SignedIn> signIn(std::string username, std::string password = kPassword, std::string address = "192.0.2.1") {
    return store::waitFor<SignedIn>([&](auto done) { identity->signIn(username, password, {address}, done); });
  }
  Status signOut(std::string token) {
    const auto session = identity->find(token);
    if (!session) return fail(ErrorCode::not_found, "no session");
    return status([&](auto done) { identity->signOut(*session, {"192.0.2.1"}, done); });
  }
  Result<AccountPtr> add(const std::string& username, Role role, const std::string& password = kPassword) {
    auto given =
        store::waitFor<Identity::Given>([&](auto done) { identity->addUser(username, role, password, kRoot, done); });
    if (!given) return fail(given.error());
    return given->account;
  }
  Result<AccountPtr> change(const std::string& username, Directory::Change change) {
    return store::waitFor<AccountPtr>([&](auto done) { identity->directory().change(username, change, kRoot, done); });
  }
  Result<AccountPtr> remove(const std::string& username) {
    return store::waitFor<AccountPtr>([&](auto done) { identity->directory().remove(username, kRoot, done); });
  }
  Result<GrantRecord> grant(const std::string& username, Permission permission, const Scope& scope) {
    return store::waitFor<GrantRecord>(
        [&](auto done) { identity->directory().addGrant(username, permission, scope, kRoot, done); });
  }
  Status ungrant(const std::string& username, std::int64_t id) {
    return status([&](auto done) { identity->directory().removeGrant(username, id, kRoot, done); });
  }
  Result<Tokens::Issued> token(const AccountPtr& owner, Tokens::New wanted) {
    return store::waitFor<Tokens::Issued>(
        [&](auto done) { identity->tokens().add(owner->person.id, wanted, kRoot, done); });
  }

  template <class Start>
  static Status status(Start start) {
    std::promise<Status> answer;
    start(store::Done([&](Status result) { answer.set_value(std::move(result)); }));
    return answer.get_future().get();
  }
  void flush() {
    REQUIRE(database->writeNow([](store::Session&) -> Status { return {}; }));
  }
  // "action object outcome" of every row of the audit, oldest first.
  std::vector<std::string> audited() {
    flush();
    std::vector<std::string> lines;
    REQUIRE(database->readNow([&](store::Session& db) -> Status {
      auto rows = db.prepare("SELECT action, object, outcome FROM audit ORDER BY seq");
      while (rows->step().value()) lines.push_back(rows->text(0) + " " + rows->text(1) + " " + rows->text(2));
      return {};
    }));
    return lines;
  }
  std::size_t audited(const std::string& line) {
    const auto lines = audited();
    return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), line));
  }
  // Whether any file of the folder holds one of these texts.
  std::vector<std::string> foundOnDisk(const std::filesystem::path& path, const std::vector<std::string>& secrets) {
    flush();
    std::vector<std::string> found;
    for (auto& entry : std::filesystem::directory_iterator(path)) {
      if (!entry.is_regular_file()) continue;
      std::stringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      const std::string bytes = text.str();
      for (const std::string& secret : secrets)
        if (bytes.find(secret) != std::string::npos) found.push_back(entry.path().filename().string() + ": " + secret);
    }
    return found;
  }

  static ManualClock clockAt(Duration later) {
    ManualClock clock;
    clock.advance(later);
    return clock;
  }

  ManualClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;
  Audit audit;
  std::unique_ptr<Identity> identity;
};

}  // namespace robohub::test

// Names that resolve slowly and hosts with several addresses, by a resolver of the test's own.
#include "net/dial.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <mutex>

#include "raw_peer.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using std::chrono::milliseconds;

namespace {

// What the names under .test resolve to. Those of "slow..." take until they are let go.
class Names {
 public:
  static Names& get() {
    static Names names;
    return names;
  }

  void forget() {
    std::lock_guard lock(mutex_);
    asked_.clear();
    addresses_.clear();
    let_go_ = false;
  }
  void set(const std::string& name, std::vector<std::string> addresses) {
    std::lock_guard lock(mutex_);
    addresses_[name] = std::move(addresses);
  }
  void letGo() {
    std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  std::vector<std::string> ask(const std::string& name) {
    std::unique_lock lock(mutex_);
    ++asked_[name];
    changed_.notify_all();
    if (name.starts_with("slow")) changed_.wait(lock, [this] { return let_go_; });
    return addresses_[name];
  }
  int asked(const std::string& name) {
    std::lock_guard lock(mutex_);
    return asked_[name];
  }
  bool waitAsked(const std::string& name) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return asked_[name] > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> asked_;
  std::map<std::string, std::vector<std::string>> addresses_;
  bool let_go_ = false;
};

struct Outcome {
  bool over = false;
  Error error;
  std::string peer;
};

// On a loop of the test's own thread.
struct Dialling {
  explicit Dialling(Loop& with) : loop(with) { Names::get().forget(); }
  ~Dialling() { Names::get().letGo(); }

  // The outcome, which the loop fills in.
  std::shared_ptr<Outcome> dial(const std::string& host, Duration timeout, std::uint16_t port = 1) {
    auto outcome = std::make_shared<Outcome>();
    all.push_back(net::dial(loop, Endpoint::tcp(host, port), timeout, [outcome](auto connection) {
      outcome->over = true;
      if (connection)
        outcome->peer = (*connection)->peer().host();
      else
        outcome->error = connection.error();
    }));
    return outcome;
  }
  // Until it holds.
  bool runs(const std::function<bool()>& holds) {
    bool held = false;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::function<void()> look = [&] {
      held = holds();
      if (held || std::chrono::steady_clock::now() > end) return loop.stop();
      loop.after(milliseconds(2), look);
    };
    loop.post(look);
    loop.run();
    return held;
  }

  Loop& loop;
  std::vector<std::unique_ptr<Pending>> all;
};

// A port of one address, taken by a listener.
struct Taken {
  Taken(const char* address, std::uint16_t wanted, int backlog) : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(wanted);
    inet_pton(AF_INET, address, &at.sin_addr);
    socklen_t size = sizeof at;
    REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(listen(fd.get(), backlog) == 0);
    REQUIRE(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port = ntohs(at.sin_port);
  }
  UniqueFd fd;
  std::uint16_t port = 0;
};

}  // namespace

// In place of libc's, for these names only.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string name = node ? node : "";
  if (!name.ends_with(".test")) return real(node, service, hints, found);
  *found = nullptr;
  addrinfo** end = found;
  for (const std::string& address : Names::get().ask(name)) {
    if (const int failed = real(address.c_str(), service, hints, end); failed != 0) return failed;
    while (*end) end = &(*end)->ai_next;
  }
  return *found ? 0 : EAI_NONAME;
}

TEST_CASE("a name that resolves slowly is asked for once, and one for which nobody waits any more not at all") {
  Loop loop;
  Dialling dialling(loop);
  std::vector<std::shared_ptr<Outcome>> slow;
  for (int i = 0; i < 5; ++i) slow.push_back(dialling.dial("slow.test", milliseconds(50 + i)));
  dialling.dial("given-up.test", std::chrono::seconds(10));
  const auto late = dialling.dial("slow.test", std::chrono::seconds(10));
  const auto behind = dialling.dial("behind.test", std::chrono::seconds(10));
  bool let_go = false;
  CHECK(dialling.runs([&] {
    for (const auto& each : slow)
      if (!each->over) return false;
    if (!std::exchange(let_go, true)) {
      CHECK(Names::get().waitAsked("slow.test"));
      dialling.all[5].reset();
      Names::get().letGo();
    }
    return late->over && behind->over;
  }));
  for (const auto& each : slow) CHECK(each->error.code == ErrorCode::timeout);
  CHECK(late->error.code == ErrorCode::unavailable);
  CHECK_THAT(late->error.message, Contains("slow.test is not known"));
  CHECK(Names::get().asked("slow.test") == 1);
  CHECK(Names::get().asked("given-up.test") == 0);
  CHECK(Names::get().asked("behind.test") == 1);
}

TEST_CASE("a name is asked for anew once the answer has come") {
  Loop loop;
  Dialling dialling(loop);
  const auto first = dialling.dial("short.test", std::chrono::seconds(10));
  std::shared_ptr<Outcome> second;
  CHECK(dialling.runs([&] {
    if (first->over && !second) second = dialling.dial("short.test", std::chrono::seconds(10));
    return second && second->over;
  }));
  CHECK(Names::get().asked("short.test") == 2);
}

TEST_CASE("more names than anybody has do not pile up behind a slow one") {
  Loop loop;
  Dialling dialling(loop);
  dialling.dial("slow.test", std::chrono::seconds(10));
  std::vector<std::shared_ptr<Outcome>> all;
  for (int i = 0; i < 500; ++i)
    all.push_back(dialling.dial("name" + std::to_string(i) + ".test", std::chrono::seconds(10)));
  CHECK(dialling.runs([&] { return all.back()->over; }));
  CHECK(all.back()->error.code == ErrorCode::unavailable);
  CHECK_THAT(all.back()->error.message, Contains("Too many names"));
  CHECK_FALSE(all.front()->over);
}

TEST_CASE("a host whose first address swallows everything is reached at its second") {
  Taken full("127.0.0.1", 0, 0);
  Taken good("127.0.0.2", full.port, 16);
  const RawPeer fills(full.port);  // what comes now is dropped
  Loop loop;
  Dialling dialling(loop);
  Names::get().set("two.test", {"127.0.0.1", "127.0.0.2"});
  const auto outcome = dialling.dial("two.test", milliseconds(1500), full.port);
  CHECK(dialling.runs([&] { return outcome->over; }));
  CHECK(outcome->error.message == "");
  CHECK(outcome->peer == "127.0.0.2");
  // The last one has all the time that is left.
  Loop other;
  Dialling again(other);
  Names::get().set("none.test", {"127.0.0.1", "127.0.0.1"});
  const auto none = again.dial("none.test", milliseconds(700), full.port);
  CHECK(again.runs([&] { return none->over; }));
  CHECK(none->error.code == ErrorCode::timeout);
}

TEST_CASE("a name that took long once holds up no other when it is asked for again") {
  Loop loop;
  Dialling dialling(loop);
  const auto begun = std::chrono::steady_clock::now();
  const auto first = dialling.dial("slow-once.test", std::chrono::seconds(10));
  std::shared_ptr<Outcome> again, other;
  CHECK(dialling.runs([&] {
    if (!first->over) {
      if (std::chrono::steady_clock::now() - begun > milliseconds(1300)) Names::get().letGo();
      return false;
    }
    if (!again) {
      Names::get().forget();
      again = dialling.dial("slow-once.test", std::chrono::seconds(10));
      other = dialling.dial("other.test", std::chrono::seconds(10));
    }
    return other->over && Names::get().asked("slow-once.test") == 1;
  }));
  CHECK_FALSE(again->over);
  CHECK_THAT(other->error.message, Contains("other.test is not known"));
}

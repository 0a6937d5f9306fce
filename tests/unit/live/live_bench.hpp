// A device on real loops over a real database, with a scripted agent at one end and recording pages at the other.
#pragma once
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "live/live_devices.hpp"
#include "net/websocket.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"
#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::live::test {

using namespace std::chrono_literals;

// Goes with the system's clock, and ahead of it as it is told to.
class LeapingClock final : public Clock {
 public:
  MonoTime now() const override { return system_.now() + Duration(ahead_ns_.load()); }
  WallTime wall() const override { return system_.wall(); }
  void leap(Duration by) { ahead_ns_ += by.count(); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> ahead_ns_{0};
};

// A list that one thread fills and another waits on.
template <class T>
class Record {
 public:
  void add(T item) {
    std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    changed_.notify_all();
  }
  std::vector<T> all() {
    std::lock_guard lock(mutex_);
    return items_;
  }
  void clear() {
    std::lock_guard lock(mutex_);
    items_.clear();
  }
  // The first one that fits, or nothing when none comes in time.
  template <class Fits>
  std::optional<T> wait(Fits fits, std::chrono::milliseconds limit = 5s) {
    std::unique_lock lock(mutex_);
    std::optional<T> found;
    changed_.wait_for(lock, limit, [&] {
      for (const T& item : items_)
        if (fits(item)) found = item;
      return found.has_value();
    });
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> items_;
};

// What a device says to its agent.
class ScriptedPort final : public AgentPort {
 public:
  using AgentPort::send;
  void send(std::string_view text) override { messages.add(link::parseFromHub(text).value()); }
  void close(std::uint16_t code, std::string_view) override { closes.add(code); }

  // The newest message of this type, waiting for one.
  template <class Message>
  std::optional<Message> get(std::chrono::milliseconds limit = 5s) {
    const auto found =
        messages.wait([](const link::HubMessage& each) { return std::holds_alternative<Message>(each); }, limit);
    return found ? std::optional<Message>(std::get<Message>(*found)) : std::nullopt;
  }
  template <class Message>
  std::size_t count() {
    std::size_t n = 0;
    for (const auto& each : messages.all()) n += std::holds_alternative<Message>(each);
    return n;
  }
  std::optional<std::uint16_t> closed() {
    return closes.wait([](std::uint16_t) { return true; });
  }

  Record<link::HubMessage> messages;
  Record<std::uint16_t> closes;
};

// The text in a server's frame.
inline std::string textOf(const std::string& frame) {
  const auto length = static_cast<unsigned char>(frame.at(1));
  return frame.substr(length < 126 ? 2 : length == 126 ? 4 : 10);
}

// A page: what it is told, as JSON.
class RecordingPage final : public Viewer {
 public:
  explicit RecordingPage(PersonId person) : person_(std::move(person)) {}
  const PersonId& person() const override { return person_; }
  bool sees(const identity::Place& place) const override { return sees_in.empty() || place.room == sees_in; }
  std::string can(const identity::Place& place) const override { return sees(place) ? "{\"watch\":true}" : "{}"; }
  void placeChanged(const DeviceId&, const identity::Place& before, const identity::Place& now) override {
    places.add({before.room, now.room});
  }
  void deliver(const SharedBytes& frame, net::SendClass) override { tell(frame); }
  void tell(const SharedBytes& frame) override { messages.add(json::parseObject(textOf(*frame)).value()); }
  static std::string text(const json::Object::Ptr& message, const std::string& key) {
    return json::getString(*message, key).value_or("");
  }
  // The newest message of this type that fits, waiting for one; null when none comes.
  json::Object::Ptr get(
      const std::string& type,
      const std::function<bool(const json::Object&)>& fits = [](const json::Object&) { return true; }) {
    return messages.wait([&](const json::Object::Ptr& each) { return text(each, "type") == type && fits(*each); })
        .value_or(nullptr);
  }
  std::size_t count(const std::string& type) {
    std::size_t n = 0;
    for (const auto& each : messages.all()) n += text(each, "type") == type;
    return n;
  }

  Record<json::Object::Ptr> messages;
  Record<std::pair<std::string, std::string>> places;  // rooms before and after
  std::string sees_in;                                 // a room; "": everywhere. Set before it is registered.

 private:
  const PersonId person_;
};

inline identity::Person person(const std::string& name) {
  identity::Person person;
  person.id = *PersonId::parse("g-" + name);
  person.name = name;
  return person;
}

class LiveBench {
 public:
  explicit LiveBench(std::string type = "test_good", bool hazards_allowed = true) : hazards_allowed_(hazards_allowed) {
    std::vector<Error> refused;
    catalogue = TypeCatalogue::load({TEST_PLUGINS}, refused);
    open();
    id = *DeviceId::parse("d1");
    const auto enrolled =
        store::waitFor<device::Enrolment>([&](auto done) { registry->enrol(id, std::move(type), "The device", done); });
    if (!enrolled) throw std::runtime_error(enrolled.error().message);
  }
  ~LiveBench() { close(); }

  // As a restart of the hub's program; the data stays.
  void restart() {
    close();
    open();
  }

  std::shared_ptr<LiveDevice> device() { return devices->find(id); }
  // Runs on the device's loop and waits for it.
  template <class Work>
  auto on(Work work) {
    using Answer = decltype(work(std::declval<LiveDevice&>()));
    const auto live = device();
    std::promise<Answer> answer;
    LiveDevices::on(live, [&](LiveDevice& each) {
      if constexpr (std::is_void_v<Answer>) {
        work(each);
        answer.set_value();
      } else {
        answer.set_value(work(each));
      }
    });
    return answer.get_future().get();
  }
  // What was posted to all loops before has run.
  void settle() {
    for (int round = 0; round < 2; ++round)
      for (std::size_t i = 0; i < loops->size(); ++i) {
        std::promise<void> done;
        loops->at(i).post([&] { done.set_value(); });
        done.get_future().get();
      }
  }

  link::Hello hello(std::uint64_t nonce = 1) {
    link::Hello hello;
    hello.device = id;
    hello.agent = "0.1.0";
    hello.boot = "0123456789abcdef";
    hello.nonce = {nonce, nonce};
    const auto installed = catalogue.newest(registry->find(id)->type);
    hello.plugin = {registry->find(id)->type, "1.0.0", installed ? installed->manifest->hash : std::string(64, '0')};
    return hello;
  }
  std::shared_ptr<ScriptedPort> online(const link::Hello& hello) {
    auto port = std::make_shared<ScriptedPort>();
    on([&](LiveDevice& live) { live.agentOnline(port, hello); });
    return port;
  }
  // The usual agent, which has sent a stamp.
  std::shared_ptr<ScriptedPort> ready(std::uint64_t nonce = 1) {
    auto port = online(hello(nonce));
    says(link::AgentBeat{++t_ns_, false, 0}, nonce);
    return port;
  }
  void says(const link::AgentMessage& message, std::uint64_t nonce = 1) {
    on([&](LiveDevice& live) { live.agentMessage({nonce, nonce}, message); });
  }
  void beat(std::uint64_t nonce = 1) { says(link::AgentBeat{++t_ns_, false, 0}, nonce); }

  std::shared_ptr<RecordingPage> watch(const identity::Person& who, std::size_t loop = 0) {
    auto page = std::make_shared<RecordingPage>(who.id);
    audiences->post(loop, [page, id = id](Audience& audience) { audience.watch(id, page.get()); });
    on([&](LiveDevice& live) { live.watch(page, who.id, loop); });
    std::lock_guard lock(mutex_);
    pages_.emplace_back(page, loop);
    return page;
  }
  void unwatch(const std::shared_ptr<RecordingPage>& page, std::size_t loop = 0) {
    audiences->post(loop, [page, id = id](Audience& audience) { audience.unwatch(id, page.get()); });
    on([&](LiveDevice& live) { live.unwatch(page->person(), loop); });
  }
  // With the turn, after waiting for its grant. 0: it did not come.
  Epoch drive(const identity::Person& who, ScriptedPort& port, bool is_program = false) {
    if (!on([&](LiveDevice& live) { return live.join(who, is_program); })) return 0;
    const auto grant = port.get<link::Grant>();
    return grant ? grant->epoch : 0;
  }
  static CommandCall call(const std::string& name, const std::string& params = "{}", Epoch epoch = 0,
                          const std::string& key = "") {
    CommandCall call;
    call.name = name;
    call.params = json::parseObject(params).value();
    call.epoch = epoch;
    call.key = key;
    return call;
  }

  test::LeapingClock clock;
  TypeCatalogue catalogue;
  robohub::test::TempFolder folder;
  std::unique_ptr<store::DataFolder> data;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<device::Registry> registry;
  std::unique_ptr<net::LoopPool> loops;
  std::unique_ptr<Audiences> audiences;
  std::unique_ptr<LiveDevices> devices;
  DeviceId id;
  control::TurnSettings turns;
  Record<std::string> log;
  Record<identity::AuditEntry> audited;
  std::function<bool(const PersonId&, const identity::Place&)> may_play;  // set before it counts; empty: everybody
  std::atomic<bool> accepts_unfenced{false};
  std::unique_ptr<identity::Audit> audit;
  std::unique_ptr<identity::Bans> bans;
  std::unique_ptr<device::ConnectionHistory> connections;

 private:
  void open() {
    data = store::DataFolder::open(folder.path() / "data", "test").value();
    database = store::Database::open(*data).value();
    audit = std::make_unique<identity::Audit>(*database, clock);
    registry = device::Registry::load(*database, {}, clock, audit.get()).value();
    bans = identity::Bans::load(*database, *audit, clock).value();
    connections = std::make_unique<device::ConnectionHistory>(*database, clock);
    loops = std::make_unique<net::LoopPool>(3);
    audiences = std::make_unique<Audiences>(*loops);
    devices = std::make_unique<LiveDevices>(Services{
        *audiences, *registry, catalogue, clock, [this](const DeviceId&) { return turns; },
        [this](link::EventLevel, const std::string& line) { log.add(line); }, "0.1.0-test", hazards_allowed_,
        [this](identity::AuditEntry entry) { audited.add(std::move(entry)); }, nullptr, bans.get(), connections.get(),
        [this](const PersonId& who, const identity::Place& place) { return !may_play || may_play(who, place); },
        [this](const DeviceId&, device::Link) { return accepts_unfenced.load(); }});
    devices->begin();
    loops->start();
  }
  void close() {
    loops->stop();
    database->close();
    devices.reset();
    audiences.reset();
    loops.reset();
    registry.reset();
    connections.reset();
    bans.reset();
    audit.reset();
    database.reset();
    data.reset();
  }

  const bool hazards_allowed_;
  std::int64_t t_ns_ = 1'000'000'000;
  std::mutex mutex_;
  std::vector<std::pair<std::shared_ptr<RecordingPage>, std::size_t>> pages_;  // outlive the loops
};

}  // namespace robohub::live::test

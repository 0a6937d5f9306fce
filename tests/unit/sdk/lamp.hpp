// A device with one of everything, and a host around it that sees it through the C tables.
#pragma once
#include <rh/plugin.hpp>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <thread>

namespace lamp {

using rh::Json;
using namespace std::chrono_literals;

// A place where a test makes a command wait, and lets it go.
class Latch {
 public:
  void arrive() {
    std::unique_lock lock(mutex_);
    arrived_ = true;
    wake_.notify_all();
    wake_.wait(lock, [&] { return open_; });
  }
  void waitForArrival() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return arrived_; });
  }
  void release() {
    std::lock_guard lock(mutex_);
    open_ = true;
    wake_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool arrived_ = false, open_ = false;
};

struct World {
  std::atomic<bool> output{false};
  std::atomic<int> halts{0}, writes{0};  // writes: of "on"
  void energise() {
    ++writes;
    output = true;
  }
  Latch before_write, in_write;
  bool halt_fails = false;
  std::optional<rh::Completion> kept;
  std::vector<std::string> calls;
};
inline World* world = nullptr;

struct Point {
  double x_px, y_px;
  static Point fromJson(const Json& json) { return {json.get<double>("x_px"), json.get<double>("y_px")}; }
};

class Lamp final : public rh::Device {
 public:
  explicit Lamp(rh::Context ctx) : ctx_(std::move(ctx)) {
    if (ctx_.config<bool>("broken", false)) throw std::runtime_error("No lamp.");
    world->halt_fails = ctx_.config<bool>("sticks", false);
    if (ctx_.config<bool>("thread", false)) worker_ = std::thread([] {});
    ctx_.publish("lamp", {{"on", false}});
  }
  void on() {
    whilePermitted([] { world->energise(); });
  }
  void lateOn() {
    world->before_write.arrive();
    whilePermitted([] { world->energise(); });
  }
  void slowWrite() {
    whilePermitted([] {
      world->in_write.arrive();
      world->energise();
    });
  }
  Json echo(bool b, int i, double d, const std::string& t, std::optional<int> o, std::vector<Point> points) {
    return {{"b", b}, {"i", i}, {"d", d}, {"t", t}, {"o", o ? Json(*o) : Json()}, {"n", points.size()}};
  }
  void begin(rh::Completion done) { world->kept = std::move(done); }
  void atOnce(rh::Completion done) { done.succeed({{"x", 1}}), done.fail(RH_INTERNAL, "twice"); }
  void halt() noexcept override {
    ++world->halts;
    world->output = false;
    if (world->halt_fails) haltFailed("The relay sticks.");
  }
  void onPermit(std::uint64_t epoch) override {
    world->calls.push_back("begin " + std::to_string(epoch));
    if (epoch == 99) on();
  }
  void onPermitEnd() override { world->calls.push_back("end"); }
  void quiesce() override {
    if (worker_.joinable()) worker_.join();  // and nowhere else
  }

  static rh::Type<Lamp> type() {
    using namespace rh;
    return Type<Lamp>("lamp", "1.0.0")
        .title("Lamp")
        .description("A lamp.")
        .vendor("Acme")
        .licence("Apache-2.0")
        .documentation("https://example.org")
        .permission("gpio")
        .hazard("light")
        .deadman(250ms)
        .halts("Off")
        .command<&Lamp::on>("on", "On")
        .hazardous()
        .ttl(500ms)
        .panel()
        .command<&Lamp::lateOn>("late_on", "On, later")
        .hazardous()
        .command<&Lamp::slowWrite>("slow_write", "On, slowly")
        .hazardous()
        .command<&Lamp::echo>(
            "echo", "Says it back",
            {boolean("b"), integer("i", -5, 5), number("speed_mm_s", 0, 10).title("Speed").help("How fast."),
             text("t", 3), integer("o", 0, 9).optional().initial(4),
             array("points", object("p", {number("x_px", 0, 639), number("y_px", 0, 479)}), 0, 2)})
        .turnNone()
        .title("Echo!")
        .command<&Lamp::begin>("begin", "Answers later")
        .turnNone()
        .command<&Lamp::on>("soft_on", "On, not marked as hazardous")
        .turnNone()
        .command<&Lamp::atOnce>("at_once", "Answers now")
        .turnNone()
        .result({integer("x", 0, 9)})
        .channel("lamp", {boolean("on")})
        .maxRate(20)
        .channel("level", {number("level", 0, 1)})
        .value()
        .stream("main", 320, 240)
        .panel("rh-lamp", "panel.js", "side", "Lamp");
  }

 private:
  rh::Context ctx_;
  std::thread worker_;
};

using Plugin = rh::detail::Entry<Lamp>;

// A host of the test's: records what the device says.
struct Host {
  World the_world;
  World* const world_before = world;  // of the host that this one stands beside
  std::vector<std::string> said;
  std::mutex mutex;
  rh_device* device = nullptr;
  const rh_driver* driver = static_cast<const rh_driver*>(Plugin::interface(rh::toText(RH_DRIVER_V1)));
  rh_host table{
      sizeof(rh_host),
      RH_ABI_VERSION,
      nullptr,
      [](const rh_host*, rh_host_device* d, std::int32_t, rh_text t) { of(d).say("log ", t); },
      [](const rh_host*, rh_host_device* d, rh_text c, rh_text j) { of(d).say("publish ", c), of(d).say("  ", j); },
      [](const rh_host*, rh_host_device* d, std::uint64_t id, rh_status s, rh_text t) {
        of(d).say("complete " + std::to_string(id) + " " + std::to_string(s) + " ", t);
      },
      [](const rh_host*, rh_text) -> const void* { return nullptr; }};

  explicit Host(const std::string& config = "{}") {
    world = &the_world;
    std::string message;
    const rh_sink sink = rh::sinkTo(message);
    const rh_open args{
        sizeof(rh_open),   0, &table, reinterpret_cast<rh_host_device*>(this), rh::toText("lamp"), rh::toText("l1"),
        rh::toText(config)};
    status = driver->open(&args, &device, &sink);
    open_message = message;
  }
  ~Host() {
    if (device) {
      driver->quiesce(device);
      driver->close(device);
    }
    world = world_before;
  }
  static Host& of(rh_host_device* d) { return *reinterpret_cast<Host*>(d); }
  void say(const std::string& what, rh_text text) {
    std::lock_guard lock(mutex);
    said.push_back(what + std::string(rh::fromText(text)));
  }
  struct Answer {
    rh_status status;
    std::string text;
  };
  // As a command of the turn `epoch`, which permit() sets.
  Answer handle(const std::string& command, const std::string& params = "{}", std::uint64_t id = 1) {
    std::string text;
    const rh_sink sink = rh::sinkTo(text);
    const rh_request request{sizeof(rh_request), 0, id, epoch, 0, rh::toText(command), rh::toText(params)};
    const rh_status result = driver->handle(device, &request, &sink);
    return {result, text};
  }
  Answer halt() {
    std::string text;
    const rh_sink sink = rh::sinkTo(text);
    const rh_status result = driver->halt(device, rh::toText("test"), &sink);
    return {result, text};
  }
  void permit(std::uint64_t turn) {
    epoch = turn;
    driver->permit(device, turn, rh::monotonicNs() + 60'000'000'000);
  }

  std::uint64_t epoch = 0;
  rh_status status = RH_OK;
  std::string open_message;
};

inline Json description() {
  std::string text;
  const rh_sink sink = rh::sinkTo(text);
  REQUIRE(Plugin::describe(&sink) == RH_OK);
  return Json::parse(text);
}

}  // namespace lamp

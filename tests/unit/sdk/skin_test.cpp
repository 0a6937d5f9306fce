// The skin's promises, through the C tables that a host sees.
#include <rh/plugin.hpp>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <thread>

namespace {

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
World* world = nullptr;

struct Point {
  double x_px, y_px;
  static Point fromJson(const Json& json) { return {json.get<double>("x_px"), json.get<double>("y_px")}; }
};

class Lamp final : public rh::Device {
 public:
  explicit Lamp(rh::Context ctx) : ctx_(std::move(ctx)) {
    if (ctx_.config<bool>("broken", false)) throw std::runtime_error("No lamp.");
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

  static rh::Type<Lamp> type() {
    using namespace rh;
    return Type<Lamp>("lamp", "1.0.0").title("Lamp").description("A lamp.").vendor("Acme").licence("Apache-2.0")
        .documentation("https://example.org").permission("gpio").hazard("light").deadman(250ms).halts("Off")
        .command<&Lamp::on>("on", "On").hazardous().ttl(500ms).panel()
        .command<&Lamp::lateOn>("late_on", "On, later").hazardous()
        .command<&Lamp::slowWrite>("slow_write", "On, slowly").hazardous()
        .command<&Lamp::echo>("echo", "Says it back",
                              {boolean("b"), integer("i", -5, 5), number("speed_mm_s", 0, 10).title("Speed").help("How fast."),
                               text("t", 3), integer("o", 0, 9).optional().initial(4),
                               array("points", object("p", {number("x_px", 0, 639), number("y_px", 0, 479)}), 0, 2)})
        .turnNone().title("Echo!")
        .command<&Lamp::begin>("begin", "Answers later").turnNone()
        .command<&Lamp::atOnce>("at_once", "Answers now").turnNone().result({integer("x", 0, 9)})
        .channel("lamp", {boolean("on")}).maxRate(20)
        .channel("level", {number("level", 0, 1)}).value()
        .stream("main", 320, 240)
        .panel("rh-lamp", "panel.js", "side", "Lamp");
  }

 private:
  rh::Context ctx_;
};

using Plugin = rh::detail::Entry<Lamp>;

// A host of the test's: records what the device says.
struct Host {
  World the_world;
  std::vector<std::string> said;
  std::mutex mutex;
  rh_device* device = nullptr;
  const rh_driver* driver = static_cast<const rh_driver*>(Plugin::interface(rh::toText(RH_DRIVER_V1)));
  rh_host table{sizeof(rh_host), RH_ABI_VERSION, nullptr,
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
    const rh_open args{sizeof(rh_open), 0, &table, reinterpret_cast<rh_host_device*>(this), rh::toText("lamp"),
                       rh::toText("l1"), rh::toText(config)};
    status = driver->open(&args, &device, &sink);
    open_message = message;
  }
  ~Host() {
    if (!device) return;
    driver->quiesce(device);
    driver->close(device);
  }
  static Host& of(rh_host_device* d) { return *reinterpret_cast<Host*>(d); }
  void say(const std::string& what, rh_text text) {
    std::lock_guard lock(mutex);
    said.push_back(what + std::string(rh::fromText(text)));
  }
  struct Answer { rh_status status; std::string text; };
  Answer handle(const std::string& command, const std::string& params = "{}", std::uint64_t id = 1) {
    std::string text;
    const rh_sink sink = rh::sinkTo(text);
    const rh_request request{sizeof(rh_request), 0, id, 1, 0, rh::toText(command), rh::toText(params)};
    const rh_status result = driver->handle(device, &request, &sink);
    return {result, text};
  }
  Answer halt() {
    std::string text;
    const rh_sink sink = rh::sinkTo(text);
    const rh_status result = driver->halt(device, rh::toText("test"), &sink);
    return {result, text};
  }
  void permit(std::uint64_t epoch) { driver->permit(device, epoch, rh::monotonicNs() + 60'000'000'000); }

  rh_status status = RH_OK;
  std::string open_message;
};

Json description() {
  std::string text;
  const rh_sink sink = rh::sinkTo(text);
  REQUIRE(Plugin::describe(&sink) == RH_OK);
  return Json::parse(text);
}

}  // namespace

TEST_CASE("one expression gives the whole description") {
  const Json all = description();
  CHECK(all.get<std::string>("id") == "lamp");
  CHECK(all.get<int>("abi") == 1);
  CHECK(all.find("permissions")->dump() == R"(["gpio"])");
  const Json& type = all.find("device_types")->items()[0];
  CHECK(type.find("safety")->dump() == R"({"deadman_ms":250,"halt":"Off","hazards":["light"]})");
  CHECK(type.find("streams")->dump() == R"([{"height":240,"kind":"mjpeg","name":"main","width":320}])");
  CHECK(type.find("panels")->dump() == R"([{"element":"rh-lamp","module":"panel.js","slot":"side","title":"Lamp"}])");
  const auto& commands = type.find("commands")->items();
  CHECK(commands[0].dump() ==
        R"({"description":"On","hazardous":true,"name":"on","panel":true,"params":{"additionalProperties":false,)"
        R"("properties":{},"required":[],"type":"object","x-order":[]},"title":"On","ttl_ms":500,"turn":"required"})");
  CHECK(commands[1].get<std::string>("title") == "Late on");
  const Json& params = *commands[3].find("params");
  CHECK(commands[3].get<std::string>("title") == "Echo!");
  CHECK(commands[3].get<std::string>("turn") == "none");
  CHECK(params.find("required")->dump() == R"(["b","i","speed_mm_s","t","points"])");
  CHECK(params.find("x-order")->dump() == R"(["b","i","speed_mm_s","t","o","points"])");
  CHECK(params.find("properties")->find("speed_mm_s")->dump() ==
        R"({"description":"How fast.","maximum":10,"minimum":0,"title":"Speed","type":"number","x-unit":"mm/s"})");
  CHECK(params.find("properties")->find("o")->get<int>("default") == 4);
  const auto& channels = type.find("channels")->items();
  CHECK(channels[0].get<std::string>("kind") == "state");
  CHECK(channels[0].get<int>("max_rate_hz") == 20);
  CHECK(channels[1].get<std::string>("kind") == "value");
}

TEST_CASE("describing is pure: twice the same, without a host") { CHECK(description() == description()); }

TEST_CASE("unknown ids give no table") {
  for (const char* id : {"", "rh.driver", "rh.driver/2", "rh.translator/1", "x"}) CHECK(Plugin::interface(rh::toText(id)) == nullptr);
}

TEST_CASE("wrong declarations are refused when the plugin is described") {
  using T = rh::Type<Lamp>;
  CHECK_THROWS_AS(T("a", "1").hazardous(), std::logic_error);
  CHECK_THROWS_AS(T("a", "1").channel("c", {}).ttl(1ms), std::logic_error);
  CHECK_THROWS_AS((T("a", "1").command<&Lamp::on>("on", "", {rh::boolean("b")})), std::logic_error);
  CHECK_THROWS_AS((T("a", "1").command<&Lamp::echo>("e", "", {rh::boolean("b")})), std::logic_error);
  CHECK_THROWS_AS(rh::objectSchema({rh::boolean("b"), rh::boolean("b")}), std::logic_error);
}

TEST_CASE("units come from names") {
  auto unit = [](const char* name) { return rh::number(name, 0, 1).schema().get<std::string>("x-unit"); };
  CHECK(unit("yaw_deg") == "deg");
  CHECK(unit("speed_mm_s") == "mm/s");
  CHECK(unit("time_s") == "s");
  CHECK(unit("gain") == "1");
  CHECK(unit("threshold_low") == "1");
  CHECK(unit("rate_hz") == "Hz");
  CHECK(unit("cell_v") == "V");
  CHECK(rh::number("x", 0, 1).unit("furlong").schema().get<std::string>("x-unit") == "furlong");
}

TEST_CASE("arguments arrive typed and in order, checked against what was declared") {
  Host host;
  REQUIRE(host.status == RH_OK);
  CHECK(host.said == std::vector<std::string>{"publish lamp", "  {\"on\":false}"});
  auto answer = host.handle("echo", R"({"b":true,"i":-5,"speed_mm_s":10,"t":"abc","points":[{"x_px":1,"y_px":2}]})");
  CHECK(answer.status == RH_OK);
  CHECK(answer.text == R"({"b":true,"d":10,"i":-5,"n":1,"o":null,"t":"abc"})");
  CHECK(host.handle("echo", R"({"b":true,"i":5.0,"speed_mm_s":0,"t":"","o":9,"points":[]})").status == RH_OK);
  for (const char* wrong : {R"({"b":1,"i":0,"speed_mm_s":0,"t":"","points":[]})", R"({"b":true,"i":6,"speed_mm_s":0,"t":"","points":[]})",
                            R"({"b":true,"i":0.5,"speed_mm_s":0,"t":"","points":[]})", R"({"b":true,"i":0,"speed_mm_s":10.1,"t":"","points":[]})",
                            R"({"b":true,"i":0,"speed_mm_s":0,"t":"abcd","points":[]})", R"({"b":true,"i":0,"speed_mm_s":0,"t":"","points":[{}]})",
                            R"({"b":true,"i":0,"speed_mm_s":0,"t":"","points":[{"x_px":640,"y_px":0}]})",
                            R"({"b":true,"i":0,"speed_mm_s":0,"t":""})", R"({"b":true,"i":0,"speed_mm_s":0,"t":"","points":[],"z":1})", "[]", "{"}) {
    CAPTURE(wrong);
    answer = host.handle("echo", wrong);
    CHECK(answer.status == RH_INVALID_ARGUMENT);
    CHECK_FALSE(answer.text.empty());
  }
  CHECK(host.handle("echo", R"({"b":true,"i":6,"speed_mm_s":0,"t":"","points":[]})").text == "\"i\" must be at most 5.");
  CHECK(host.handle("absent").status == RH_NOT_FOUND);
}

TEST_CASE("outputs need a valid permit, and a halt or its end takes it away") {
  Host host;
  CHECK(host.handle("on").status == RH_NOT_PERMITTED);
  host.driver->permit(host.device, 4, rh::monotonicNs() - 1);
  CHECK(host.handle("on").status == RH_NOT_PERMITTED);
  host.permit(4);
  CHECK(host.handle("on").status == RH_OK);
  CHECK(host.the_world.output);
  CHECK(host.halt().status == RH_OK);
  CHECK_FALSE(host.the_world.output);
  CHECK(host.handle("on").status == RH_NOT_PERMITTED);
  host.permit(4);
  CHECK(host.handle("on").status == RH_OK);
  host.driver->permit(host.device, 4, 0);
  CHECK(host.handle("on").status == RH_NOT_PERMITTED);
}

TEST_CASE("a command that hung before its write cannot energise behind a halt, even in the next turn") {
  Host host;
  host.permit(4);
  Host::Answer answer{RH_OK, ""};
  std::thread serial([&] { answer = host.handle("late_on"); });
  host.the_world.before_write.waitForArrival();
  CHECK(host.halt().status == RH_OK);
  host.permit(5);
  host.the_world.before_write.release();
  serial.join();
  CHECK(answer.status == RH_NOT_PERMITTED);
  CHECK(host.the_world.writes == 0);  // not even for a moment
  CHECK(host.handle("on").status == RH_OK);  // the new turn's own commands work
}

TEST_CASE("a halt beside a write that hangs is not confirmed, and the write is undone when it ends") {
  Host host;
  host.permit(4);
  Host::Answer answer{RH_OK, ""};
  std::thread serial([&] { answer = host.handle("slow_write"); });
  host.the_world.in_write.waitForArrival();
  const auto before = rh::monotonicNs();
  const auto halted = host.halt();
  CHECK(rh::monotonicNs() - before < 40'000'000);
  CHECK(halted.status == RH_TIMEOUT);
  CHECK(halted.text == "An output was still being written.");
  host.the_world.in_write.release();
  serial.join();
  CHECK(answer.status == RH_NOT_PERMITTED);
  CHECK_FALSE(host.the_world.output);
}

TEST_CASE("a halt that the hardware did not take is not confirmed, and such a device does not open") {
  Host host;
  host.the_world.halt_fails = true;
  const auto halted = host.halt();
  CHECK(halted.status == RH_UNAVAILABLE);
  CHECK(halted.text == "The relay sticks.");
  host.the_world.halt_fails = false;
  CHECK(host.halt().status == RH_OK);
}

TEST_CASE("open halts the device, and says why it fails") {
  Host host;
  CHECK(host.the_world.halts == 1);
  Host broken(R"({"broken":true})");
  CHECK(broken.status == RH_INTERNAL);
  CHECK(broken.device == nullptr);
  CHECK(broken.open_message == "No lamp.");
  Host wrong(R"({"broken":1})");
  CHECK(wrong.status == RH_INVALID_ARGUMENT);
  CHECK(wrong.open_message == "Configuration \"broken\": This must be true or false.");
  Host malformed("{");
  CHECK(malformed.status == RH_INVALID_ARGUMENT);
}

TEST_CASE("a turn's beginning and end are told, and one that is over before it was told is not") {
  Host host;
  host.permit(4);
  host.driver->turn(host.device, 4);
  host.driver->turn(host.device, 4);
  host.halt();
  host.driver->turn(host.device, 0);
  host.permit(4);
  host.driver->turn(host.device, 4);
  host.permit(5);
  host.driver->turn(host.device, 5);
  host.driver->turn(host.device, 4);  // stale
  host.halt();
  host.driver->turn(host.device, 6);  // never permitted
  CHECK(host.the_world.calls == std::vector<std::string>{"begin 4", "end", "begin 4", "end", "begin 5", "end"});
  host.permit(99);
  host.driver->turn(host.device, 99);
  CHECK(host.the_world.output);
}

TEST_CASE("a command that answers later answers once, and at the latest when the device is closed") {
  Host host;
  CHECK(host.handle("begin", "{}", 11).status == RH_PENDING);
  CHECK_FALSE(host.the_world.kept->cancelled());
  host.driver->cancel(host.device, 11);
  CHECK(host.the_world.kept->cancelled());
  host.said.clear();
  host.the_world.kept->fail(RH_CANCELLED, "Cancelled.");
  host.the_world.kept->succeed();
  CHECK(host.said == std::vector<std::string>{"complete 11 9 Cancelled."});

  const auto now = host.handle("at_once", "{}", 12);
  CHECK(now.status == RH_OK);
  CHECK(now.text == R"({"x":1})");

  CHECK(host.handle("begin", "{}", 13).status == RH_PENDING);
  host.said.clear();
  host.the_world.kept.reset();
  CHECK(host.said == std::vector<std::string>{"complete 13 13 The driver gave no answer."});

  CHECK(host.handle("begin", "{}", 14).status == RH_PENDING);
  host.said.clear();
  host.driver->quiesce(host.device);
  CHECK(host.said == std::vector<std::string>{"complete 14 7 The device was closed."});
  host.the_world.kept.reset();
  host.driver->close(host.device);
  host.device = nullptr;
  CHECK(host.said.size() == 1);
}

TEST_CASE("a completion carries the permit of its command") {
  Host host;
  host.permit(4);
  REQUIRE(host.handle("begin", "{}", 21).status == RH_PENDING);
  host.the_world.kept->whilePermitted([&] { host.the_world.output = true; });
  CHECK(host.the_world.output);
  host.halt();
  host.permit(5);
  CHECK_THROWS_AS(host.the_world.kept->whilePermitted([&] { host.the_world.output = true; }), rh::Fault);
  CHECK_FALSE(host.the_world.output);
  host.the_world.kept->succeed();
  host.the_world.kept.reset();
}

// Behaves: commands of every kind, telemetry, pictures, state.
#include <rh/plugin.hpp>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "outputs.hpp"

namespace {

using namespace std::chrono_literals;

class Good final : public rh::Device {
 public:
  explicit Good(rh::Context ctx)
      : ctx_(ctx), outputs_(TestOutputs::map(ctx.config<std::string>("outputs", "/dev/null"))) {
    if (ctx.config<bool>("fail_open", false)) throw rh::unavailable("The hardware does not answer.");
    if (outputs_) ++outputs_->opens;
    if (outputs_ && outputs_->opensInVain()) throw rh::Fault(outputs_->failing_status, "The test wants no opening.");
    halt();
    publish();
  }
  void on(bool on) {
    whilePermitted([&] { put(on); });
    publish();
  }
  rh::Json add(int a, int b, std::optional<std::string> note) {
    rh::Json sum{{"sum", a + b}};
    if (note) sum["note"] = *note;
    return sum;
  }
  void refuse(const std::string& why) { throw rh::conflict(why); }
  void explode() { throw 7; }
  void later(rh::Completion done, int ms) {
    join();
    worker_ = std::thread([done, ms] {
      for (int i = 0; i < ms && !done.cancelled(); ++i) std::this_thread::sleep_for(1ms);
      if (done.cancelled())
        done.fail(RH_CANCELLED, "It was cancelled.");
      else
        done.succeed({{"waited_ms", ms}});
    });
  }
  void forget(rh::Completion) {}
  // Keeps on writing for as long as the gate and the test allow, whether somebody waits for it or not.
  void sweep(rh::Completion done) {
    join();
    worker_ = std::thread([this, done] {
      try {
        outputs_->waiting = 1;
        do {
          done.whilePermitted([&] { put(true); });
          std::this_thread::sleep_for(1ms);
        } while (outputs_->hold);
        done.succeed();
      } catch (const rh::Fault& fault) {
        ++outputs_->refused;
        done.fail(fault.status(), fault.what());
      }
      outputs_->waiting = 0;
    });
  }
  // A process that outlives this one for a while: a program, or a copy with all that is open here.
  rh::Json leaveBehind(bool program) {
    if (program) return {{"status", std::system("sleep 4 </dev/null >/dev/null 2>&1 &")}};
    const pid_t copy = fork();
    if (copy == 0) {
      for (int fd : {0, 1, 2}) close(fd);
      const timespec rest{4, 0};
      nanosleep(&rest, nullptr);
      _exit(0);
    }
    return {{"status", copy > 0 ? 0 : 1}};
  }
  void save(const std::string& text) { ctx_.saveState(text); }
  rh::Json load() { return {{"text", ctx_.loadState().value_or("")}}; }
  // Writes a file into the capture folder and hands it over under these names.
  rh::Json segment(const std::string& key, const std::string& trigger, int number, const std::string& file) {
    const auto folder = ctx_.captureFolder();
    if (!folder) throw rh::conflict("no capture folder");
    if (file.find('/') == std::string::npos) std::ofstream(*folder + "/" + file) << "segment";
    return {{"taken", ctx_.segment(key, trigger, 1000, static_cast<std::uint32_t>(number), file)}};
  }
  rh::Json endCapture(const std::string& key, int segments) {
    return {{"taken", ctx_.endCapture(key, static_cast<std::uint32_t>(segments))}};
  }
  void capturesWaiting(std::uint32_t segments, std::uint64_t bytes) override {
    ctx_.info("waiting " + std::to_string(segments) + " " + std::to_string(bytes));
  }
  void hum(int chunks) {
    for (int i = 0; i < chunks; ++i) {
      const std::string pcm(1280, static_cast<char>('a' + i));
      ctx_.frame("sound", pcm.data(), pcm.size(), rh::monotonicNs());
    }
  }
  void picture(int bytes) {
    const std::string jpeg(static_cast<std::size_t>(bytes), 'j');
    ctx_.frame("main", jpeg.data(), jpeg.size(), rh::monotonicNs());
  }

  void halt() noexcept override {
    put(false);
    if (outputs_) ++outputs_->halts;
  }
  void onPermit(std::uint64_t epoch) override {
    if (ctx_.turnGoesOn(epoch)) ctx_.info("turn goes on");
    ctx_.info("turn " + std::to_string(epoch));
  }
  void onPermitEnd() override { ctx_.info("turn ended"); }
  void watch(const std::string& stream, bool on) override { ctx_.info("watch " + stream + (on ? " on" : " off")); }
  bool configure(const rh::Json& config) override { return config.get<bool>("live", false); }
  void quiesce() override {
    join();
    if (outputs_) ++outputs_->quiesced;
  }

  static rh::Type<Good> type() {
    return rh::Type<Good>("test_good", "1.0.0")
        .title("Good")
        .hazard("light")
        .deadman(300ms)
        .halts("Light off")
        .command<&Good::on>("on", "Switch the output", {rh::boolean("on")})
        .hazardous()
        .command<&Good::add>(
            "add", "Add two numbers",
            {rh::integer("a", -1000, 1000), rh::integer("b", -1000, 1000), rh::text("note", 10).optional()})
        .turnNone()
        .result({rh::integer("sum", -2000, 2000), rh::text("note", 10).optional()})
        .command<&Good::refuse>("refuse", "Refuses", {rh::text("why", 100)})
        .turnNone()
        .command<&Good::explode>("explode", "Throws what is no exception")
        .turnNone()
        .command<&Good::later>("later", "Answers later", {rh::integer("ms", 0, 10000)})
        .turnNone()
        .command<&Good::forget>("forget", "Never answers")
        .turnNone()
        .command<&Good::sweep>("sweep", "Writes again and again, on a thread of its own")
        .hazardous()
        .command<&Good::leaveBehind>("leave_behind", "Starts what outlives it", {rh::boolean("program")})
        .turnNone()
        .command<&Good::save>("save", "Keeps a text", {rh::text("text", 65536)})
        .turnNone()
        .command<&Good::load>("load", "Gives it back")
        .turnNone()
        .result({rh::text("text", 65536)})
        .command<&Good::segment>(
            "segment", "Hands a segment over",
            {rh::text("key", 200), rh::text("trigger", 20), rh::integer("number", 0, 1'000'000), rh::text("file", 200)})
        .turnNone()
        .result({rh::boolean("taken")})
        .command<&Good::endCapture>("end_capture", "Ends a capture",
                                    {rh::text("key", 200), rh::integer("segments", 0, 1'000'000)})
        .turnNone()
        .result({rh::boolean("taken")})
        .command<&Good::picture>("picture", "Gives one picture", {rh::integer("bytes", 0, 4'000'000)})
        .turnNone()
        .command<&Good::hum>("hum", "Gives chunks of sound, all at once", {rh::integer("chunks", 1, 16)})
        .turnNone()
        .channel("output", {rh::boolean("on"), rh::integer("n", 0, 1'000'000'000)})
        .stream("main", 640, 480)
        .sound("sound", 16000);
  }

 private:
  void put(bool on) {
    on_ = on;
    if (outputs_) outputs_->put(on);
  }
  void publish() { ctx_.publish("output", {{"on", on_.load()}, {"n", ++count_}}); }
  void join() {
    if (worker_.joinable()) worker_.join();
  }
  rh::Context ctx_;
  TestOutputs* outputs_;
  std::atomic<bool> on_{false};
  int count_ = 0;
  std::thread worker_;
};

}  // namespace

RH_PLUGIN(Good)

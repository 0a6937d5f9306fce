// Floods: telemetry and pictures from a thread of its own, which it forgets to stop before close.
#include <rh/plugin.hpp>

#include <thread>

namespace {

class Noisy final : public rh::Device {
 public:
  explicit Noisy(rh::Context ctx) : ctx_(ctx) {}
  void flood(int count, int picture_bytes) {
    const std::string jpeg(static_cast<std::size_t>(picture_bytes), 'j');
    for (int i = 0; i < count; ++i) {
      ctx_.publish("n", {{"n", i}});
      if (picture_bytes) ctx_.frame("main", jpeg.data(), jpeg.size(), i);
    }
  }
  // Keeps a copy of the context and publishes from it after close().
  void haunt() {
    std::thread([ctx = ctx_] {
      for (int i = 0; i < 2000; ++i) {
        ctx.publish("n", {{"n", i}});
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    }).detach();  // that is the misbehaviour
  }
  // As many segments of as many captures, each of one.
  rh::Json record(int count) {
    int taken = 0;
    for (int i = 0; i < count; ++i) {
      const std::string key = "k" + std::to_string(i);
      taken += ctx_.segment(key, "request", 1000 + i, 0, key + ".mp4") && ctx_.endCapture(key, 1);
    }
    return {{"taken", taken}};
  }
  void capturesWaiting(std::uint32_t segments, std::uint64_t) override {
    ctx_.info("waiting " + std::to_string(segments));
  }
  void halt() noexcept override {}
  void onPermit(std::uint64_t epoch) override {
    if (ctx_.turnGoesOn(epoch)) ctx_.info("turn goes on");
    ctx_.info("turn " + std::to_string(epoch));
  }
  static rh::Type<Noisy> type() {
    return rh::Type<Noisy>("test_noisy", "1.0.0")
        .command<&Noisy::flood>("flood", "Publishes much",
                                {rh::integer("count", 0, 1'000'000), rh::integer("picture_bytes", 0, 1'000'000)})
        .turnNone()
        .command<&Noisy::haunt>("haunt", "Publishes after close")
        .turnNone()
        .command<&Noisy::record>("record", "Hands over many segments", {rh::integer("count", 0, 10'000)})
        .turnNone()
        .result({rh::integer("taken", 0, 10'000)})
        .channel("n", {rh::integer("n", 0, 1'000'000)})
        .stream("main", 640, 480);
  }

 private:
  rh::Context ctx_;
};

}  // namespace

RH_PLUGIN(Noisy)

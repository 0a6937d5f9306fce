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
  void halt() noexcept override {}
  static rh::Type<Noisy> type() {
    return rh::Type<Noisy>("test_noisy", "1.0.0")
        .command<&Noisy::flood>("flood", "Publishes much",
                                {rh::integer("count", 0, 1'000'000), rh::integer("picture_bytes", 0, 1'000'000)})
        .turnNone()
        .command<&Noisy::haunt>("haunt", "Publishes after close")
        .turnNone()
        .channel("n", {rh::integer("n", 0, 1'000'000)})
        .stream("main", 640, 480);
  }

 private:
  rh::Context ctx_;
};

}  // namespace

RH_PLUGIN(Noisy)

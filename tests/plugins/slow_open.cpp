// Takes its time to open and to halt, as slow hardware does, for as long as the test says.
#include <rh/plugin.hpp>

#include "outputs.hpp"

namespace {

class SlowOpen final : public rh::Device {
 public:
  explicit SlowOpen(rh::Context ctx) : outputs_(TestOutputs::map(ctx.config<std::string>("outputs", "/dev/null"))) {
    if (!outputs_) throw rh::unavailable("The test's file cannot be mapped.");
    outputs_->waitWhileHeld();
    outputs_->put(false);
  }
  void nothing() {}
  void halt() noexcept override {
    outputs_->waitWhileHeld();
    outputs_->put(false);
  }
  static rh::Type<SlowOpen> type() {
    return rh::Type<SlowOpen>("test_slow_open", "1.0.0")
        .command<&SlowOpen::nothing>("nothing", "Does nothing")
        .turnNone();
  }

 private:
  TestOutputs* outputs_;
};

}  // namespace

RH_PLUGIN(SlowOpen)

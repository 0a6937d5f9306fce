// Its halt fails, or hangs, as the configuration says.
#include <rh/plugin.hpp>

#include "outputs.hpp"

namespace {

class BadHalt final : public rh::Device {
 public:
  explicit BadHalt(rh::Context ctx)
      : outputs_(TestOutputs::map(ctx.config<std::string>("outputs", "/dev/null"))),
        fails_(ctx.config<bool>("fails", false)) {
    if (!outputs_) throw rh::unavailable("The test's file cannot be mapped.");
    ++outputs_->opens;
    outputs_->put(false);
    ready_ = true;
  }
  void on() {
    whilePermitted([&] { outputs_->put(true); });
    armed_ = true;
  }
  void halt() noexcept override {
    if (ready_ && armed_) {
      if (fails_) return haltFailed("The bus does not answer.");
      outputs_->waitWhileHeld();
    }
    outputs_->put(false);
  }
  static rh::Type<BadHalt> type() {
    return rh::Type<BadHalt>("test_bad_halt", "1.0.0")
        .hazard("light")
        .deadman(std::chrono::milliseconds(300))
        .command<&BadHalt::on>("on", "Switches on")
        .hazardous();
  }

 private:
  TestOutputs* outputs_;
  bool fails_;
  std::atomic<bool> ready_{false}, armed_{false};
};

}  // namespace

RH_PLUGIN(BadHalt)

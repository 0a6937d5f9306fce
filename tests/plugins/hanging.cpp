// Hangs where it hurts: before its write, and inside it.
#include <rh/plugin.hpp>

#include "outputs.hpp"

namespace {

class Hanging final : public rh::Device {
 public:
  explicit Hanging(rh::Context ctx) : outputs_(TestOutputs::map(ctx.config<std::string>("outputs", "/dev/null"))) {
    if (!outputs_) throw rh::unavailable("The test's file cannot be mapped.");
    ++outputs_->opens;
    halt();
  }
  // Waits as long as the test says, then writes: what a blocked bus or a long computation does.
  void before() {
    outputs_->waitWhileHeld();
    try {
      whilePermitted([&] { outputs_->put(true); });
    } catch (const rh::Fault&) {
      ++outputs_->refused;
      throw;
    }
  }
  // The hardware write itself does not return.
  void inside() {
    whilePermitted([&] {
      outputs_->waitWhileHeld();
      outputs_->put(true);
    });
  }
  void halt() noexcept override {
    outputs_->put(false);
    ++outputs_->halts;
  }
  static rh::Type<Hanging> type() {
    return rh::Type<Hanging>("test_hanging", "1.0.0")
        .hazard("light")
        .deadman(std::chrono::milliseconds(300))
        .command<&Hanging::before>("before", "Hangs before the write")
        .hazardous()
        .command<&Hanging::inside>("inside", "Hangs in the write")
        .hazardous();
  }

 private:
  TestOutputs* outputs_;
};

}  // namespace

RH_PLUGIN(Hanging)

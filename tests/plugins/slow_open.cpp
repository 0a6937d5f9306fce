// Takes its time to open and to halt, as slow hardware does, for as long as the test says.
#include <rh/plugin.hpp>

#include <optional>

#include "outputs.hpp"

namespace {

class SlowOpen final : public rh::Device {
 public:
  explicit SlowOpen(rh::Context ctx) : outputs_(TestOutputs::map(ctx.config<std::string>("outputs", "/dev/null"))) {
    if (!outputs_) throw rh::unavailable("The test's file cannot be mapped.");
    ++outputs_->opens;
    if (outputs_->opensInVain()) throw rh::Fault(outputs_->failing_status, "The test wants no opening.");
    outputs_->waitWhileHeld();
    outputs_->put(false);
  }
  void later(rh::Completion done) { kept_ = std::move(done); }
  rh::Json kept() {
    const bool unwanted = kept_ && kept_->cancelled();
    kept_.reset();
    return {{"unwanted", unwanted}};
  }
  void nothing() {}
  void halt() noexcept override {
    outputs_->waitWhileHeld();
    outputs_->put(false);
  }
  static rh::Type<SlowOpen> type() {
    return rh::Type<SlowOpen>("test_slow_open", "1.0.0")
        .command<&SlowOpen::nothing>("nothing", "Does nothing")
        .turnNone()
        .command<&SlowOpen::later>("later", "Answers when the next command wants it to")
        .turnNone()
        .command<&SlowOpen::kept>("kept", "Whether the answer of the one before is still wanted")
        .turnNone()
        .result({rh::boolean("unwanted")});
  }

 private:
  TestOutputs* outputs_;
  std::optional<rh::Completion> kept_;
};

}  // namespace

RH_PLUGIN(SlowOpen)

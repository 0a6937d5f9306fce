// Dies in a command, in open, or by an exception in halt().
#include <rh/plugin.hpp>

#include <cstdlib>

#include "outputs.hpp"

namespace {

class Crashing final : public rh::Device {
 public:
  explicit Crashing(rh::Context ctx) : outputs_(TestOutputs::map(ctx.config<std::string>("outputs", "/dev/null"))) {
    if (outputs_ && ++outputs_->opens <= static_cast<std::uint32_t>(ctx.config<int>("crash_opens", 0))) std::abort();
    halt();
  }
  void crash() { std::abort(); }
  void leave() { std::_Exit(0); }
  void on() {
    whilePermitted([&] {
      if (outputs_) outputs_->put(true);
    });
  }
  void halt() noexcept override {
    if (outputs_) outputs_->put(false);
  }
  static rh::Type<Crashing> type() {
    return rh::Type<Crashing>("test_crashing", "1.0.0")
        .hazard("light")
        .deadman(std::chrono::milliseconds(300))
        .command<&Crashing::crash>("crash", "Aborts")
        .turnNone()
        .command<&Crashing::leave>("leave", "Ends the process with code 0")
        .turnNone()
        .command<&Crashing::on>("on", "Switches on")
        .hazardous();
  }

 private:
  TestOutputs* outputs_;
};

}  // namespace

RH_PLUGIN(Crashing)

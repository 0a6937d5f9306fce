// The wire of a device that the test plays: what its ForeignDevice puts on it is written down.
#pragma once
#include "gateway/foreign_device.hpp"
#include "unit/live/live_bench.hpp"

namespace robohub::gateway::test {

class FakeLink final : public ForeignLink {
 public:
  std::optional<link::Outcome> run(const link::RunCommand& command) override {
    runs.add(command);
    if (!answers) return std::nullopt;
    link::Outcome outcome;
    outcome.state = link::FinalState::succeeded;
    return outcome;
  }
  void cancel(std::uint64_t run) override { cancelled.add(run); }
  void permit(Epoch epoch, MonoTime) override { permits.add(epoch); }
  Status halt(link::HaltReason reason) override {
    halts.add(reason);
    if (!sends) return fail(ErrorCode::unavailable, "The wire is full.");
    return {};
  }
  void watch(std::string_view stream, bool on) override { watched.add({std::string(stream), on}); }
  void ended(std::string_view why, bool for_good) override {
    ends.add(std::string(why));
    ends_for_good = for_good;
  }

  bool halted(link::HaltReason reason) {
    return halts.wait([&](link::HaltReason each) { return each == reason; }).has_value();
  }

  live::test::Record<link::RunCommand> runs;
  live::test::Record<std::uint64_t> cancelled;
  live::test::Record<Epoch> permits;
  live::test::Record<link::HaltReason> halts;
  live::test::Record<std::pair<std::string, bool>> watched;
  live::test::Record<std::string> ends;
  std::atomic<bool> answers{true}, sends{true}, ends_for_good{false};
};

// A device with such a link, online.
class ForeignBench {
 public:
  explicit ForeignBench(live::HaltKind halt = live::HaltKind::sent, bool accepts = true, bool fenced = false) {
    bench.accepts_unfenced = accepts;
    facts.link = {
        .link = device::Link::mqtt, .fenced = fenced, .halt = halt, .type = bench.catalogue.newest("test_good")};
    facts.agent = "test";
    connect();
  }
  // A wire that stays would keep the device and what speaks for it alive, each by the other.
  ~ForeignBench() {
    if (foreign && bench.device()) bench.on([&](live::LiveDevice&) { foreign->lost("the test is over"); });
  }
  void connect() {
    link = std::make_shared<FakeLink>();
    bench.on([&](live::LiveDevice&) { foreign = ForeignDevice::begin(bench.device(), link, facts); });
  }
  // With the turn of a program. 0: it did not come.
  Epoch drive(const std::string& name = "ada") {
    const auto who = live::test::person(name);
    if (!bench.on([&](live::LiveDevice& device) { return device.join(who, true); })) return 0;
    Epoch epoch = 0;
    eventually([&] {
      epoch = bench.on([&](live::LiveDevice& device) { return device.you(who.id).epoch; });
      return epoch != 0;
    });
    return epoch;
  }
  control::CommandRecord command(const std::string& name, const std::string& params = "{}", Epoch epoch = 0,
                                 const std::string& who = "ada") {
    auto call = live::test::LiveBench::call(name, params, epoch);
    call.from_program = true;
    std::promise<control::CommandRecord> done;
    bench.on([&](live::LiveDevice& device) {
      device.command(live::test::person(who), call, std::chrono::seconds(2),
                     [&](const control::CommandRecord& record) { done.set_value(record); });
    });
    return done.get_future().get();
  }
  control::StopView stop() {
    return bench.on([](live::LiveDevice& device) { return device.stop(); });
  }
  void press() {
    bench.on([](live::LiveDevice& device) { (void)device.pressStop(live::test::person("bob"), "why"); });
  }
  bool stopBecomes(control::StopState state) {
    return eventually([&] { return stop().state == state; });
  }
  bool isOnline() {
    bench.settle();
    return bench.device()->view()->presence == live::Presence::online;
  }
  static bool eventually(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  live::test::LiveBench bench;
  ForeignFacts facts;
  std::shared_ptr<FakeLink> link;
  std::shared_ptr<ForeignDevice> foreign;
};

}  // namespace robohub::gateway::test

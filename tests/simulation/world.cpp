#include "world.hpp"

#include <cstdio>

namespace simulation {

using std::chrono::milliseconds;

const char* name(Defect defect) {
  switch (defect) {
    case Defect::none: return "none";
    case Defect::stale_commands_pass: return "stale_commands_pass";
    case Defect::epochs_not_durable: return "epochs_not_durable";
    case Defect::early_confirmation: return "early_confirmation";
    case Defect::hub_makes_beats: return "hub_makes_beats";
    case Defect::deadline_ignored: return "deadline_ignored";
    case Defect::stop_lost: return "stop_lost";
    case Defect::halt_order_ignored: return "halt_order_ignored";
    case Defect::endless_turns: return "endless_turns";
    case Defect::keys_forgotten: return "keys_forgotten";
    case Defect::old_bytes_pass: return "old_bytes_pass";
    case Defect::hold_ignored: return "hold_ignored";
    case Defect::failed_writes_count: return "failed_writes_count";
    case Defect::stops_not_durable: return "stops_not_durable";
    case Defect::restore_keeps_epochs: return "restore_keeps_epochs";
    case Defect::hello_epoch_ignored: return "hello_epoch_ignored";
    case Defect::hello_stop_ignored: return "hello_stop_ignored";
  }
  return "none";
}

World::World(std::uint64_t seed, Defect planted, bool is_traced)
    : chance(seed), defect(planted), traced(is_traced), through_text(chance.percent(3)), truth(ms(300)) {
  settings.turns.length = milliseconds(defect == Defect::endless_turns ? 3'600'000 : chance.between(800, 1500));
  settings.turns.warning = milliseconds(300);
  settings.turns.grace = milliseconds(500);
  settings.turns.program_idle = milliseconds(900);
  settings.turns.handover = milliseconds(400);
  settings.turns.max_waiting = 3;
  settings.turns.when_alone =
      chance.percent(70) ? robohub::control::WhenAlone::keep_turn : robohub::control::WhenAlone::end_turn;
  settings.holder_may_reset = chance.percent(50);
  settings.deadman = milliseconds(300);
  settings.beat_interval = milliseconds(100);
  settings.agent_silence = milliseconds(700);
  settings.max_lease = milliseconds(1000);
  settings.stop_answer = milliseconds(200);
  settings.expiry_margin = milliseconds(100);
  settings.reserve_retry = milliseconds(150);
  settings.max_pending = 4;
  settings.max_keys = 64;
}

void World::print(const char* who, const std::string& text) {
  std::printf("%10.3f ms  %-7s %s\n", static_cast<double>(time.now()) / 1e6, who, text.c_str());
}

}  // namespace simulation

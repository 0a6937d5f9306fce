// What the agent's fence wants done. The shell carries effects out in order, at once, on the loop that called the
// fence.
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "link/messages.hpp"

namespace robohub::link {

enum class HaltReason { deadman, lease_over, turn_over, stop, link_lost };
const char* toString(HaltReason reason);

// Outputs may be energised for `epoch` until `until` (agent's clock). Renews or replaces the one before. A process
// between fence and hardware must ignore a permit whose `after_halt` is smaller than the newest halt that it has seen:
// permits and halts may travel on different channels, and an overtaken permit must not undo a halt.
struct GivePermit {
  Epoch epoch = 0;
  MonoTime until;
  std::uint64_t after_halt = 0;
};

// Make the outputs safe now; ends every permit given before. Answer with AgentFence::onHaltDone(number, ...).
struct HaltDriver {
  std::uint64_t number = 0;
  HaltReason reason = HaltReason::deadman;
};

// Give it to the driver; exactly one AgentFence::onCommandDone(run, ...) must follow, at the latest soon after
// `deadline`. `run` is unique while this agent lives; the hub's `id` is not (a hub that was restarted counts anew).
struct RunCommand {
  std::uint64_t run = 0;
  std::string id, name, params_json;
  Epoch epoch = 0;  // 0: needs no turn
  MonoTime deadline;
};

// Ask the driver to give up. The hub has been told already; a later onCommandDone for it is ignored.
struct CancelRun {
  std::uint64_t run = 0;
};

struct SendToHub {
  AgentMessage message;
};

using FenceEffect = std::variant<GivePermit, HaltDriver, RunCommand, CancelRun, SendToHub>;
using FenceEffects = std::vector<FenceEffect>;

}  // namespace robohub::link

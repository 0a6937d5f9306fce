#include "control/effects.hpp"

namespace robohub::control {

const char* toString(YouState state) {
  switch (state) {
    case YouState::none: return "none";
    case YouState::waiting: return "waiting";
    case YouState::active: return "active";
  }
  return "none";
}

const char* toString(TurnEnd reason) {
  switch (reason) {
    case TurnEnd::none: return "";
    case TurnEnd::time_up: return "time_up";
    case TurnEnd::gave_back: return "gave_back";
    case TurnEnd::lost: return "lost";
    case TurnEnd::stopped: return "stopped";
    case TurnEnd::taken: return "taken";
    case TurnEnd::skipped: return "skipped";
    case TurnEnd::removed: return "removed";
  }
  return "";
}

const char* toString(StopState state) {
  switch (state) {
    case StopState::none: return "none";
    case StopState::sent: return "sent";
    case StopState::confirmed: return "confirmed";
    case StopState::unconfirmed: return "unconfirmed";
  }
  return "unconfirmed";
}

const char* toString(CommandState state) {
  switch (state) {
    case CommandState::accepted: return "accepted";
    case CommandState::sent: return "sent";
    case CommandState::acknowledged: return "acknowledged";
    case CommandState::succeeded: return "succeeded";
    case CommandState::failed: return "failed";
    case CommandState::expired: return "expired";
    case CommandState::cancelled: return "cancelled";
    case CommandState::refused: return "refused";
    case CommandState::unknown: return "unknown";
  }
  return "unknown";
}

const char* toString(EventKind kind) {
  switch (kind) {
    case EventKind::turn: return "turn";
    case EventKind::stop: return "stop";
    case EventKind::presence: return "presence";
    case EventKind::command: return "command";
    case EventKind::plugin: return "plugin";
  }
  return "plugin";
}

}  // namespace robohub::control

// The wire of one device that has no agent of ours: what its ForeignDevice wants put on it. Implemented once for each
// old protocol. All functions are called on the device's loop, must not block, and must not call back into the
// ForeignDevice from within; ended() may be called from within anything that was told to it.
#pragma once
#include <optional>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "link/fence_effects.hpp"

namespace robohub::gateway {

class ForeignLink {
 public:
  virtual ~ForeignLink() = default;
  // The command passed the fence: its name is one of the type's, its parameters fit their schema, its turn is live.
  // Null: ForeignDevice::finished(run) follows.
  virtual std::optional<link::Outcome> run(const link::RunCommand& command) = 0;
  // Give up a command whose end has been told already; an Outcome for it is ignored.
  virtual void cancel(std::uint64_t run) { (void)run; }
  // Outputs may be energised for this turn until then (services().clock). halt() ends it at once.
  virtual void permit(Epoch epoch, MonoTime until) { (void)epoch, (void)until; }
  // Puts the messages on the wire that make the device safe; nothing that was queued before may follow them. Failed:
  // they could not even be sent. Never called for HaltKind::none.
  virtual Status halt(link::HaltReason reason) = 0;
  // Somebody wants to see the stream, or nobody does any more.
  virtual void watch(std::string_view stream, bool on) { (void)stream, (void)on; }
  // The link is over; halt() came before where it is needed. Close the wire; nothing is called any more. `for_good`:
  // the device was revoked, is of another type, or another link took its place. Otherwise the hub goes, or took the
  // device for silent (it stood still itself, say), and a new link of the same device is welcome.
  virtual void ended(std::string_view why, bool for_good) = 0;
};

}  // namespace robohub::gateway

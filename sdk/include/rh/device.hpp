// The base of every driver: an author derives from Device, gives it methods, and makes halt() put the outputs off.
#pragma once
#include <map>
#include <memory>

#include "rh/context.hpp"
#include "rh/gate.hpp"
#include "rh/mutex.hpp"

namespace rh {

class Device;
class Completion;

namespace detail {
struct Access;

// The call that this thread is in, so that whilePermitted() knows its turn, and whether a halt came since it began.
struct Call {
  const Device* device = nullptr;
  Gate::Pass pass;
  bool writing = false;
};
inline thread_local Call current_call;
}  // namespace detail

// Hooks and command methods are [device-serial]: one at a time. halt() alone comes beside them, from another thread.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  // Makes every output safe. [any-thread] Beside a running command, never beside itself; idempotent; aims at under
  // 1 ms. Must not use whilePermitted(). Where the hardware did not take it, say so with haltFailed().
  virtual void halt() noexcept = 0;

  // A turn has begun, or goes on behind a halt: what belongs to its beginning (light the laser, say). Outputs through
  // whilePermitted(). One that began before this device was opened is none that begins: Context::turnGoesOn().
  virtual void onPermit(std::uint64_t epoch) { (void)epoch; }
  // The turn is over, or a halt came; halt() has been called before.
  virtual void onPermitEnd() {}
  // Somebody watches this stream, or nobody does any more. Off at the beginning.
  virtual void watch(const std::string& stream, bool on) { (void)stream, (void)on; }
  // So many segments that were handed over wait to get to the hub. After the beginning, and on each change.
  virtual void capturesWaiting(std::uint32_t segments, std::uint64_t bytes) { (void)segments, (void)bytes; }
  // New configuration while open, from a host that has one: robohub-agent takes new settings by a restart. False: the
  // device is closed and opened with it instead.
  virtual bool configure(const Json& config) { return (void)config, false; }
  // Before the destructor: join your own threads here, while all members still live. Also where the halt behind the
  // constructor failed.
  virtual void quiesce() {}

 protected:
  // Runs `write` only under a valid permit, and never beside the making safe. Throws Fault (not permitted) when there
  // is no permit, when the permit is another turn's than the command's (one that needs no turn energises nothing), or
  // when a halt came since the command began, even if a new turn has begun meanwhile. Keep `write` to the hardware
  // write itself: a halt waits for it for 4 ms, and reports "not confirmed" if it takes longer. An output that was
  // written while a halt came is made safe again before this returns. [any-thread]
  template <class Write>
  void whilePermitted(Write&& write) {
    const auto& call = detail::current_call;
    throughGate(call.device == this ? call.pass : gate_.pass(), std::forward<Write>(write));
  }
  // True while outputs may be energised. [any-thread]
  bool permitted() const { return gate_.open(); }
  // The epoch of the turn that holds the permit; 0: none. [any-thread]
  std::uint64_t turn() const { return gate_.epoch(); }
  // Only inside halt(): the outputs may not be safe; the person is told "stop NOT confirmed". (halt() is called with
  // halt_mutex_ locked, which cannot be said to an author's class.)
  void haltFailed(const char* sentence) noexcept RH_NO_THREAD_SAFETY_ANALYSIS {
    halt_failure_ = sentence ? sentence : "The outputs may not be safe.";
  }

 private:
  friend struct detail::Access;
  friend class Completion;

  template <class Write>
  void throughGate(detail::Gate::Pass pass, Write&& write) {
    auto& call = detail::current_call;
    if (call.device == this && call.writing) return write();  // inside a write already
    Lock lock(gate_.outputs);
    if (!gate_.valid(pass)) throw notPermitted("Outputs may not be energised now: there is no permit for it.");
    const detail::Call before = call;
    call = detail::Call{this, pass, true};
    struct Restore {
      detail::Call before;
      Device* device;
      detail::Gate::Pass pass;
      ~Restore() {
        detail::current_call = before;
        if (device->gate_.shutSince(pass)) device->runHalt();
      }
    };
    {
      Restore restore{before, this, pass};
      write();
    }
    if (gate_.shutSince(pass)) throw notPermitted("A halt came while the output was written; it was made safe again.");
  }
  const char* runHalt() noexcept {
    Lock lock(halt_mutex_);
    halt_failure_ = nullptr;
    halt();
    return halt_failure_;
  }

  detail::Gate gate_;
  Mutex halt_mutex_ RH_ACQUIRED_AFTER(gate_.outputs);
  const char* halt_failure_ RH_GUARDED_BY(halt_mutex_) = nullptr;
};

}  // namespace rh

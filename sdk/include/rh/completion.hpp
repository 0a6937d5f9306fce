// For a command that goes on after its method has returned: a method whose first parameter is a rh::Completion keeps it
// and answers later, from any thread. Exactly one answer reaches the host: the first one given; none at all becomes a
// failure when the last copy is gone.
//
//     void sweep(rh::Completion done, double seconds);
#pragma once
#include "rh/device.hpp"

namespace rh {

namespace detail {

struct Pending {
  std::shared_ptr<Port> port;
  Device* device = nullptr;
  std::uint64_t request = 0;
  Gate::Pass pass;
  std::atomic<bool> cancelled{false};
  std::mutex mutex;  // guards the rest
  bool answered = false;
  bool handed_over = false;  // handle() has returned RH_PENDING: the answer goes through the host
  rh_status status = RH_OK;
  std::string text;

  void answer(rh_status with, std::string sentence_or_json) {
    {
      std::lock_guard lock(mutex);
      if (std::exchange(answered, true)) return;
      status = with;
      text = std::move(sentence_or_json);
      if (!handed_over) return;
    }
    send();
  }
  // True: answered already, so handle() returns it; false: it is pending now.
  bool finished() {
    std::lock_guard lock(mutex);
    handed_over = true;
    return answered;
  }
  void send() {
    port->call([&] { port->host->complete(port->host, port->device, request, status, toText(text)); });
  }
  ~Pending() {
    if (!answered && handed_over) {
      status = RH_INTERNAL;
      text = "The driver gave no answer.";
      send();
    }
  }
};

}  // namespace detail

class Completion {
 public:
  explicit Completion(std::shared_ptr<detail::Pending> pending) : pending_(std::move(pending)) {}

  // The result: null or an object. [any-thread]
  void succeed(const Json& value = Json()) const { pending_->answer(RH_OK, value.isNull() ? "" : value.dump()); }
  // [any-thread]
  void fail(rh_status status, const std::string& sentence) const { pending_->answer(status, sentence); }
  // The result is no longer wanted; an answer is still due. [any-thread]
  bool cancelled() const { return pending_->cancelled.load(); }
  // As Device::whilePermitted(), for the command that this belongs to. [any-thread], until the device is quiesced.
  template <class Write>
  void whilePermitted(Write&& write) const {
    pending_->device->throughGate(pending_->pass, std::forward<Write>(write));
  }

 private:
  std::shared_ptr<detail::Pending> pending_;
};

}  // namespace rh

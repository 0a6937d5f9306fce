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
  struct Answer {
    rh_status status;
    std::string text;
  };
  Mutex mutex;
  bool answered RH_GUARDED_BY(mutex) = false;
  bool handed_over RH_GUARDED_BY(mutex) = false;  // handle() has returned RH_PENDING: the answer goes through the host
  std::optional<Answer> early RH_GUARDED_BY(mutex);  // given before that

  void answer(rh_status status, std::string sentence_or_json) {
    {
      Lock lock(mutex);
      if (std::exchange(answered, true)) return;
      if (!handed_over) {
        early = Answer{status, std::move(sentence_or_json)};
        return;
      }
    }
    send(status, sentence_or_json);
  }
  // What was answered already, which handle() returns; nothing: it is pending now.
  std::optional<Answer> handOver() {
    Lock lock(mutex);
    handed_over = true;
    return std::move(early);
  }
  void send(rh_status status, const std::string& text) {
    port->call([&] { port->host->complete(port->host, port->device, request, status, toText(text)); });
  }
  ~Pending() {
    if (!answered && handed_over) send(RH_INTERNAL, "The driver gave no answer.");
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
  // The result is no longer wanted, since somebody cancelled it or its time is over; an answer is still due.
  // [any-thread]
  bool cancelled() const { return pending_->cancelled.load(); }
  // As Device::whilePermitted(), for the command that this belongs to; throws, too, once that was cancelled or its time
  // is over. [any-thread], until the device is quiesced.
  template <class Write>
  void whilePermitted(Write&& write) const {
    if (cancelled()) throw Fault(RH_CANCELLED, "Nobody wants this command any more: nothing is energised for it.");
    pending_->device->throughGate(pending_->pass, std::forward<Write>(write));
  }

 private:
  std::shared_ptr<detail::Pending> pending_;
};

}  // namespace rh

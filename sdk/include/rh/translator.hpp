// The hub's side of a device that speaks a language of its own: commands of the device type become messages of its
// link (an MQTT topic and payload, say), and its messages become telemetry. It runs inside the hub, in the thread of
// the device's loop: no waiting, no files after the constructor, no hardware.
//
//     class CatLaser final : public rh::Translator {
//      public:
//       explicit CatLaser(rh::Context context);
//       bool encode(const rh::LinkCommand& command, const rh::Outbox& out) override;
//     };
//     ... .translator<CatLaser>({"aim"}) ...      // in type(): what of it such a device can do
#pragma once
#include "rh/context.hpp"

namespace rh {

// Takes messages of the link, in order. Valid only during the call that it was given to.
class Outbox {
 public:
  explicit Outbox(const rh_message_sink* sink) : sink_(sink) {}
  // `topic` is a topic or path in the link's protocol, empty where it has none.
  void send(std::string_view topic, std::string_view payload) const {
    if (sink_ && sink_->write)
      sink_->write(sink_->context, toText(topic),
                   rh_bytes{reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
  }

 private:
  const rh_message_sink* sink_;
};

struct LinkCommand {
  std::uint64_t request = 0;  // names it in Context::complete()
  std::string name;
  Json params;  // checked against the declared schema
};

// [device-serial]. What these throw refuses the command: nothing is sent then, not even what was put out before.
class Translator {
 public:
  Translator() = default;
  Translator(const Translator&) = delete;
  Translator& operator=(const Translator&) = delete;
  virtual ~Translator() = default;

  // A command into messages. Throw rh::Fault to refuse. True: the device answers, and decode() will call
  // Context::complete(command.request, ...); false: sending is all that can be said.
  virtual bool encode(const LinkCommand& command, const Outbox& out) = 0;
  // A message that came from the device.
  virtual void decode(const std::string& topic, std::string_view payload) { (void)topic, (void)payload; }
  // The messages that stop the device. Only asked for where the type says that its translator halts.
  virtual void halt(const std::string& reason, const Outbox& out) {
    (void)reason, (void)out;
    throw Fault(RH_UNSUPPORTED, "This device cannot be stopped from here.");
  }
};

}  // namespace rh

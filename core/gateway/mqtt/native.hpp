// A device that speaks the hub's own topics (docs/PROTOCOL.md, section 4): it answers its commands, says that it has
// stopped, and is told how long it may be energised.
#pragma once
#include "gateway/mqtt/peer.hpp"
#include "gateway/mqtt/runs.hpp"

namespace robohub::gateway {

class MqttNative final : public MqttPeer {
 public:
  MqttNative(const MqttDevice& device, const MqttType& type, MqttLog log);

  std::vector<std::string> filters() const override;
  bool counts(const std::string& topic) const override;
  std::optional<link::Outcome> run(const link::RunCommand& command) override;
  void cancel(std::uint64_t run) override;
  void permit(Epoch epoch, MonoTime until) override;
  Status halt(link::HaltReason reason) override;

 private:
  void message(const MqttIncoming& message) override;
  void gone() override;
  void result(const json::Object& message);
  void stopped(const json::Object& message);
  void event(const json::Object& message);

  const std::string root_;  // "robohub/v1/my-lamp/"
  MqttRuns runs_;
  std::uint64_t halt_ = 0;  // number of the newest one
};

}  // namespace robohub::gateway

// A device that speaks a language of its own, as the configuration describes it: commands by its plugin's translator
// or by templates, values by topics and JSON Pointers.
#pragma once
#include <atomic>

#include "gateway/mqtt/extract.hpp"
#include "gateway/mqtt/peer.hpp"
#include "gateway/mqtt/runs.hpp"
#include "gateway/mqtt/template.hpp"
#include "plugin/translator_link.hpp"

namespace robohub::gateway {

class MqttConfigured final : public MqttPeer {
  struct Private {};

 public:
  // Opens its translator. Errors: invalid_argument, `where` names the setting. Blocks on files; start-up only.
  static Result<std::shared_ptr<MqttPeer>> make(const MqttDevice& device, const MqttType& type, const MqttLog& log);
  MqttConfigured(Private, const MqttDevice& device, const MqttType& type, const MqttLog& log)
      : MqttPeer(device, type, log) {}

  std::vector<std::string> filters() const override;
  bool counts(const std::string& topic) const override;
  std::optional<link::Outcome> run(const link::RunCommand& command) override;
  void cancel(std::uint64_t run) override;
  Status halt(link::HaltReason reason) override;

 private:
  struct Sent {
    std::string topic;
    MqttTemplate payload;
  };
  struct Heard {
    const MqttChannel* channel = nullptr;
    MqttExtract extract;
    Duration period{};                // values come on at most this often
    MonoTime next = MonoTime::min();  // when the next one may
    std::string waiting;              // the newest that came too early; empty: none
    bool due = false;                 // a timer is set for it
    // The newest that came while the device was not online, of a channel where what the broker has kept counts.
    std::optional<MqttIncoming> kept;
  };

  Status openTranslator();
  Status makeCommands();
  Status makeChannels();
  void message(const MqttIncoming& message) override;
  void begun() override;
  void gone() override;
  void hear(std::size_t index, const MqttIncoming& message);
  void tell(std::size_t index);
  link::Outcome send(const std::vector<plugin::TranslatorLink::Message>& messages);
  void watchTime();
  void completed(std::uint64_t run, const Result<std::string>& result);
  void told(std::function<void(MqttConfigured&)> work);

  std::unique_ptr<plugin::TranslatorLink> translator_;
  std::map<std::string, Sent> commands_;
  std::vector<Heard> channels_;
  MqttRuns runs_;
  std::uint64_t link_number_ = 0;  // timers of a link before are void
  bool slow_told_ = false;
  bool decoding_ = false;                    // its translator is, and does nothing else within that
  std::atomic<std::size_t> values_said_{0};  // by the translator, not taken yet
};

}  // namespace robohub::gateway

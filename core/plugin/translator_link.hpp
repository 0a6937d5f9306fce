// A plugin's translator for one device without our agent (rh_translator of abi.h), run in this process: between the
// commands and values of the device's type and the messages of its own language.
//
// What it is given and gives is copied; nothing that it does wrong (an exception that crosses the border, a status that
// is none, a text without end) goes further than an error. It cannot be stopped while it runs, so its time is measured.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "rh/abi.h"

namespace robohub::plugin {

// One thread at a time: the device's loop.
class TranslatorLink {
 public:
  struct Message {
    std::string topic;  // empty where the language has none
    std::string payload;
  };
  // What it says beside its answers. Called from within encode(), decode() and halt(), or later from any thread.
  struct Events {
    std::function<void(int level, std::string line)> log;  // RH_LOG_*
    std::function<void(std::string channel, std::string json)> publish;
    // The end of a command that was pending: a result (JSON, may be empty), or why it failed.
    std::function<void(std::uint64_t request, Result<std::string>)> complete;
  };
  struct Command {
    std::uint64_t request = 0;
    std::uint64_t epoch = 0;
    MonoTime deadline{};
    std::string_view name, params_json;
  };
  struct Encoded {
    std::vector<Message> messages;
    bool pending = false;  // its end comes by Events::complete
  };

  // Errors: unsupported (the plugin has no translator), and whatever the translator says of its configuration.
  // May block on the disk; start-up only.
  static Result<std::unique_ptr<TranslatorLink>> open(const rh_plugin& plugin, const std::string& type,
                                                      const std::string& id, const std::string& config_json,
                                                      Events events);
  ~TranslatorLink();
  TranslatorLink(const TranslatorLink&) = delete;
  TranslatorLink& operator=(const TranslatorLink&) = delete;

  // Errors: the translator's refusal; nothing is to be sent then.
  Result<Encoded> encode(const Command& command);
  Status decode(std::string_view topic, std::string_view payload);
  // At least one message. Errors: as encode(); internal when it made none.
  Result<std::vector<Message>> halt(std::string_view reason);

  // The longest call so far.
  Duration longest() const { return longest_; }

 private:
  TranslatorLink(const rh_translator& table, Events events) : table_(table), events_(std::move(events)) {}
  static const rh_host& host();
  template <class Call>
  Status run(Call call);

  const rh_translator& table_;
  const Events events_;
  rh_link* link_ = nullptr;
  Duration longest_{};
};

}  // namespace robohub::plugin

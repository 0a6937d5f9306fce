#include "plugin/translator_link.hpp"

#include <algorithm>
#include <set>

#include "base/mutex.hpp"
#include "plugin/driver_status.hpp"

namespace robohub::plugin {

namespace {

constexpr std::size_t kMaxText = 64 * 1024;
constexpr std::size_t kMaxMessages = 64;

std::string textOf(rh_text text) {
  return text.size > 0 && text.data ? std::string(text.data, std::min(text.size, kMaxText)) : std::string();
}

rh_sink boundedSink(std::string& out) {
  return {sizeof(rh_sink), 0, &out, [](void* context, rh_text part) {
            auto& text = *static_cast<std::string*>(context);
            if (part.data && text.size() + part.size <= kMaxText) text.append(part.data, part.size);
          }};
}

struct Collected {
  std::vector<TranslatorLink::Message> messages;
  bool too_much = false;
};

rh_message_sink sinkTo(Collected& out) {
  return {sizeof(rh_message_sink), 0, &out, [](void* context, rh_text topic, rh_bytes payload) {
            auto& all = *static_cast<Collected*>(context);
            if (all.messages.size() >= kMaxMessages || payload.size > kMaxText || topic.size > kMaxText) {
              all.too_much = true;
              return;
            }
            std::string bytes;
            if (payload.size > 0 && payload.data)
              bytes.assign(reinterpret_cast<const char*>(payload.data), payload.size);
            all.messages.push_back({textOf(topic), std::move(bytes)});
          }};
}

// [main] Once for each plugin of this process.
Status startOnce(const rh_plugin& plugin, const rh_host& host) {
  static Mutex mutex;
  static auto* started RH_PT_GUARDED_BY(mutex) = new std::set<const rh_plugin*>();
  Lock lock(mutex);
  if (started->count(&plugin)) return {};
  std::string message;
  const rh_sink sink = boundedSink(message);
  if (const rh_status status = plugin.start(&host, &sink); status != RH_OK)
    return fail(errorCodeOf(status), message.empty() ? "The plugin did not start." : message);
  started->insert(&plugin);
  return {};
}

TranslatorLink::Events& eventsOf(rh_host_device* device) {
  return *reinterpret_cast<TranslatorLink::Events*>(device);
}

}  // namespace

const rh_host& TranslatorLink::host() {
  static const rh_host table = {
      sizeof(rh_host),
      RH_ABI_VERSION,
      nullptr,
      [](const rh_host*, rh_host_device* device, std::int32_t level, rh_text line) {
        if (device && eventsOf(device).log) eventsOf(device).log(level, textOf(line));
      },
      [](const rh_host*, rh_host_device* device, rh_text channel, rh_text json) {
        if (device && json.size <= kMaxText && eventsOf(device).publish)
          eventsOf(device).publish(textOf(channel), textOf(json));
      },
      [](const rh_host*, rh_host_device* device, std::uint64_t request, rh_status status, rh_text text) {
        if (!device || !eventsOf(device).complete) return;
        if (status == RH_OK)
          eventsOf(device).complete(request, textOf(text));
        else
          eventsOf(device).complete(request, fail(errorCodeOf(status), textOf(text)));
      },
      [](const rh_host*, rh_text) -> const void* { return nullptr; }};
  return table;
}

// Runs one call of the table: its time is measured, an exception becomes an error, as does any status but OK and
// pending.
template <class Call>
Status TranslatorLink::run(Call call) {
  const auto begin = std::chrono::steady_clock::now();
  std::string message;
  const rh_sink sink = boundedSink(message);
  rh_status status = RH_INTERNAL;
  try {
    status = call(&sink);
  } catch (...) {
    message = "The translator threw an exception.";
  }
  longest_ = std::max<Duration>(longest_, std::chrono::steady_clock::now() - begin);
  if (status == RH_OK || status == RH_PENDING) return {};
  return fail(errorCodeOf(status), message.empty() ? "The translator refused." : message);
}

Result<std::unique_ptr<TranslatorLink>> TranslatorLink::open(const rh_plugin& plugin, const std::string& type,
                                                             const std::string& id, const std::string& config_json,
                                                             Events events) {
  const auto* table = static_cast<const rh_translator*>(plugin.interface(toText(RH_TRANSLATOR_V1)));
  if (!table || table->struct_size < RH_BYTES_THROUGH(rh_translator, close))
    return fail(ErrorCode::unsupported, "The plugin of " + type + " has no translator.");
  if (Status started = startOnce(plugin, host()); !started) return fail(started.error());
  std::unique_ptr<TranslatorLink> made(new TranslatorLink(*table, std::move(events)));
  rh_open args{};
  args.struct_size = sizeof args;
  args.host = &host();
  args.device = reinterpret_cast<rh_host_device*>(const_cast<Events*>(&made->events_));
  args.type = toText(type);
  args.id = toText(id);
  args.config = toText(config_json);
  const Status opened = made->run([&](const rh_sink* message) { return table->open(&args, &made->link_, message); });
  if (!opened) return fail(opened.error());
  if (!made->link_) return fail(ErrorCode::internal, "The translator gave no link.");
  made->longest_ = {};
  return made;
}

TranslatorLink::~TranslatorLink() {
  if (!link_) return;
  try {
    table_.close(link_);
  } catch (...) {  // it is gone in any case
  }
}

Result<TranslatorLink::Encoded> TranslatorLink::encode(const Command& command) {
  rh_request request{};
  request.struct_size = sizeof request;
  request.id = command.request;
  request.epoch = command.epoch;
  request.deadline_ns = toNs(command.deadline);
  request.command = toText(command.name);
  request.params = toText(command.params_json);
  Collected out;
  const rh_message_sink sink = sinkTo(out);
  rh_status status = RH_OK;
  const Status done =
      run([&](const rh_sink* message) { return status = table_.encode(link_, &request, &sink, message); });
  if (!done) return fail(done.error());
  if (out.too_much) return fail(ErrorCode::too_large, "The translator made more messages than are sent at once.");
  return Encoded{std::move(out.messages), status == RH_PENDING};
}

Status TranslatorLink::decode(std::string_view topic, std::string_view payload) {
  const rh_bytes bytes{reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()};
  return run([&](const rh_sink* message) { return table_.decode(link_, toText(topic), bytes, message); });
}

Result<std::vector<TranslatorLink::Message>> TranslatorLink::halt(std::string_view reason) {
  Collected out;
  const rh_message_sink sink = sinkTo(out);
  const Status done = run([&](const rh_sink* message) { return table_.halt(link_, toText(reason), &sink, message); });
  if (!done) return fail(done.error());
  if (out.too_much) return fail(ErrorCode::too_large, "The translator made more messages than are sent at once.");
  // Without one nothing was told to stop, whatever the translator says.
  if (out.messages.empty()) return fail(ErrorCode::internal, "The translator made no message for a stop.");
  return std::move(out.messages);
}

}  // namespace robohub::plugin

#include <array>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "link/fields.hpp"
#include "link/messages.hpp"

namespace robohub::link {
namespace {

constexpr std::int64_t kMaxEpoch = std::int64_t(1) << 62;
constexpr std::size_t kMaxStopText = 200;

Epoch epochOf(Fields& fields, std::string_view key = "epoch") {
  return static_cast<Epoch>(fields.integer(key, 0, kMaxEpoch));
}
std::uint64_t seqOf(Fields& fields) {
  return static_cast<std::uint64_t>(fields.integer("seq"));
}

// The parser's own sentence, at the place of the member that was parsed.
template <class T>
T parsed(Fields& fields, std::string_view key, const Result<T>& result) {
  if (result) return *result;
  fields.refuse(key, result.error().message);
  return T();
}
Stamp stampOf(Fields& fields) {
  return parsed(fields, "stamp", Stamp::parse(fields.text("stamp")));
}
DeviceId deviceOf(Fields& fields) {
  return parsed(fields, "device", DeviceId::parse(fields.text("device")));
}

// An id that a person may see in a log: short, printable.
std::string idOf(Fields& fields) {
  std::string id = fields.text("id");
  if (id.empty() || id.size() > 64) fields.refuse("id", "An id has 1 to 64 characters.");
  return id;
}

template <class Enum, std::size_t N>
Enum named(Fields& fields, std::string_view key, const std::array<Enum, N>& values) {
  const std::string text = fields.text(key);
  for (Enum value : values)
    if (text == toString(value)) return value;
  fields.refuse(key, "\"" + std::string(key) + "\" has an unknown value.");
  return values[0];
}

constexpr std::array kFinalStates{FinalState::failed, FinalState::succeeded, FinalState::cancelled, FinalState::expired,
                                  FinalState::refused};
constexpr std::array kLevels{EventLevel::info, EventLevel::warning, EventLevel::error};

constexpr std::array kCodes{ErrorCode::invalid_argument, ErrorCode::unauthenticated, ErrorCode::permission_denied,
                            ErrorCode::not_found,        ErrorCode::conflict,        ErrorCode::stale,
                            ErrorCode::stopped,          ErrorCode::too_large,       ErrorCode::exhausted,
                            ErrorCode::unavailable,      ErrorCode::timeout,         ErrorCode::unsupported,
                            ErrorCode::corrupt,          ErrorCode::internal};

std::optional<ErrorCode> codeOf(Fields& fields) {
  if (fields.textOr("code", "").empty()) return std::nullopt;
  return named(fields, "code", kCodes);
}

// "[1,1]" as Fields writes it.
bool readRange(std::string_view text, int& low, int& high) {
  const char* end = text.data() + text.size();
  if (text.empty() || text.front() != '[') return false;
  const auto first = std::from_chars(text.data() + 1, end, low);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',') return false;
  const auto second = std::from_chars(first.ptr + 1, end, high);
  return second.ec == std::errc() && second.ptr + 1 == end && *second.ptr == ']';
}

AgentMessage readHello(Fields& fields) {
  const std::string role = fields.text("role");
  if (role == "bulk") return BulkHello{deviceOf(fields), fields.text("link")};
  if (role != "control") fields.refuse("role", "\"role\" must be \"control\" or \"bulk\".");
  Hello hello;
  const Fields::Field* protocol = fields.find("protocol");
  if (!protocol || !readRange(protocol->text, hello.protocol_min, hello.protocol_max))
    fields.refuse("protocol", "\"protocol\" must be the lowest and the highest version, as in [1,1].");
  hello.device = deviceOf(fields);
  hello.agent = fields.text("agent");
  hello.boot = fields.text("boot");
  hello.nonce = parsed(fields, "nonce", Nonce::parse(fields.text("nonce")));
  hello.epoch = epochOf(fields);
  if (auto plugin = Fields::read(fields.object("plugin", true))) {
    hello.plugin = {plugin->text("type"), plugin->text("version"), plugin->text("manifest")};
    if (!plugin->fault()) fields.refuse("plugin" + plugin->fault().error().where, plugin->fault().error().message);
  } else {
    fields.refuse("plugin", "\"plugin\" must be an object.");
  }
  if (const std::string text = fields.object("stopped", false); !text.empty()) {
    if (auto stopped = Fields::read(text)) {
      // The hub may take this stop over, and keeps it: no more of it than of one that is pressed here.
      const auto said = [&](std::string_view key) {
        return std::string(beginningOf(stopped->textOr(key, ""), kMaxStopText));
      };
      hello.stopped = StopFacts{idOf(*stopped), said("by"), said("reason")};
      if (!stopped->fault())
        fields.refuse("stopped" + stopped->fault().error().where, stopped->fault().error().message);
    } else {
      fields.refuse("stopped", "\"stopped\" must be a small object or null.");
    }
  }
  return hello;
}

AgentMessage readResult(Fields& fields) {
  CommandResult result;
  result.id = idOf(fields);
  result.outcome.state = named(fields, "state", kFinalStates);
  result.outcome.code = codeOf(fields);
  result.outcome.message = fields.textOr("message", "");
  result.outcome.pointer = fields.textOr("pointer", "");
  result.outcome.value_json = fields.object("value", false);
  return result;
}

HubMessage readCommand(Fields& fields) {
  Command command;
  command.id = idOf(fields);
  command.epoch = epochOf(fields);
  command.seq = seqOf(fields);
  command.stamp = stampOf(fields);
  command.ttl_ms = fields.integer("ttl_ms", 1, 86'400'000);
  command.name = fields.text("name");
  command.params_json = fields.object("params", true);
  command.feeds = fields.booleanOr("feeds", false);
  return command;
}

HubMessage readWelcome(Fields& fields) {
  if (!fields.find("link")) return BulkWelcome{};
  Welcome welcome;
  welcome.protocol = static_cast<int>(fields.integer("protocol", 1, 1'000'000));
  welcome.hub = fields.text("hub");
  welcome.link = fields.text("link");
  welcome.beat_ms = fields.integer("beat_ms", 10, 10'000);
  welcome.epoch_floor = epochOf(fields, "epoch_floor");
  if (fields.find("turn")) welcome.turn = epochOf(fields, "turn");
  return welcome;
}

std::string keyOf(Fields& fields) {
  std::string key = fields.text("key");
  if (key.empty() || key.size() > 64) fields.refuse("key", "A capture's key has 1 to 64 characters.");
  return key;
}
constexpr std::int64_t kMaxSegment = 99'999;

std::uint32_t numberOf(Fields& fields) {
  return static_cast<std::uint32_t>(fields.integer("number", 0, kMaxSegment));
}

AgentMessage readSegment(Fields& fields) {
  SegmentReady segment;
  segment.key = keyOf(fields);
  segment.number = numberOf(fields);
  segment.bytes = static_cast<std::uint64_t>(fields.integer("bytes", 1));
  segment.sha256 = fields.text("sha256");
  if (segment.sha256.size() != 64 || segment.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
    fields.refuse("sha256", "\"sha256\" is 64 hex digits, small letters.");
  segment.format = fields.text("format");
  if (segment.format != "mp4" && segment.format != "ts") fields.refuse("format", "\"format\" is \"mp4\" or \"ts\".");
  return segment;
}

template <class Message>
struct Reader {
  std::string_view type;
  Message (*read)(Fields&);
};

constexpr std::array<Reader<AgentMessage>, 11> kAgentReaders{{
    {"beat",
     [](Fields& f) -> AgentMessage {
       return AgentBeat{f.integer("t_ns"), f.boolean("energised"), epochOf(f)};
     }},
    {"ack", [](Fields& f) -> AgentMessage { return Ack{idOf(f)}; }},
    {"result", readResult},
    {"telemetry",
     [](Fields& f) -> AgentMessage {
       return Telemetry{f.text("channel"), f.integer("t_ns"), f.value("value")};
     }},
    {"stopped",
     [](Fields& f) -> AgentMessage {
       return Stopped{idOf(f), f.boolean("confirmed"), f.textOr("message", "")};
     }},
    {"reset_done",
     [](Fields& f) -> AgentMessage {
       return ResetDone{idOf(f), f.boolean("ok"), f.textOr("message", "")};
     }},
    {"event",
     [](Fields& f) -> AgentMessage {
       return AgentEvent{named(f, "level", kLevels), f.text("text")};
     }},
    {"hello", readHello},
    {"capture",
     [](Fields& f) -> AgentMessage {
       return CaptureBegin{keyOf(f), f.text("trigger"), f.integer("started_ms", 1)};
     }},
    {"segment", readSegment},
    {"capture_end",
     [](Fields& f) -> AgentMessage {
       return CaptureEnd{keyOf(f), static_cast<std::uint32_t>(f.integer("segments", 0, kMaxSegment + 1))};
     }},
}};

constexpr std::array<Reader<HubMessage>, 13> kHubReaders{{
    {"command", readCommand},
    {"beat",
     [](Fields& f) -> HubMessage {
       return HubBeat{epochOf(f), seqOf(f), stampOf(f)};
     }},
    {"grant",
     [](Fields& f) -> HubMessage {
       return Grant{epochOf(f), f.integer("lease_ms", 0, 86'400'000), stampOf(f)};
     }},
    {"end", [](Fields& f) -> HubMessage { return End{epochOf(f)}; }},
    {"stop",
     [](Fields& f) -> HubMessage {
       return Stop{idOf(f), f.textOr("by", ""), f.textOr("reason", "")};
     }},
    {"reset", [](Fields& f) -> HubMessage { return Reset{idOf(f)}; }},
    {"cancel", [](Fields& f) -> HubMessage { return Cancel{idOf(f)}; }},
    {"watch",
     [](Fields& f) -> HubMessage {
       return Watch{f.text("stream"), f.boolean("on")};
     }},
    {"refused",
     [](Fields& f) -> HubMessage {
       return Refused{f.textOr("code", ""), f.textOr("message", "")};
     }},
    {"welcome", readWelcome},
    {"segment_at",
     [](Fields& f) -> HubMessage {
       return SegmentAt{keyOf(f), numberOf(f), static_cast<std::uint64_t>(f.integer("offset"))};
     }},
    {"segment_done",
     [](Fields& f) -> HubMessage {
       return SegmentDone{keyOf(f), numberOf(f), f.boolean("ok"), codeOf(f), f.textOr("message", "")};
     }},
    {"capture_done",
     [](Fields& f) -> HubMessage {
       return CaptureDone{keyOf(f), f.boolean("ok"), codeOf(f), f.textOr("message", "")};
     }},
}};

template <class Message, std::size_t N>
Result<Message> read(std::string_view text, const std::array<Reader<Message>, N>& readers) {
  if (text.size() > kMaxTextBytes) return fail(ErrorCode::too_large, "A link message has at most 64 KiB.");
  auto fields = Fields::read(text);
  if (!fields) return fail(fields.error());
  const std::string_view type = fields->type();
  for (const auto& reader : readers) {
    if (reader.type != type) continue;
    Message message = reader.read(*fields);
    if (!fields->fault()) return fail(fields->fault().error());
    return message;
  }
  return fail(ErrorCode::unsupported, "This type of message is unknown.", "/type");
}

}  // namespace

Result<AgentMessage> parseFromAgent(std::string_view text) {
  return read(text, kAgentReaders);
}
Result<HubMessage> parseFromHub(std::string_view text) {
  return read(text, kHubReaders);
}

}  // namespace robohub::link

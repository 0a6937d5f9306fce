#include <array>
#include <charconv>

#include "base/json.hpp"
#include "link/messages.hpp"

namespace robohub::link {
namespace {

// Appends members to an object text; the braces come with it.
class Writer {
 public:
  explicit Writer(const char* type, std::size_t expected_bytes = 192) {
    out_.reserve(expected_bytes);
    out_ += "{\"type\":\"";
    out_ += type;
    out_ += '"';
  }
  Writer& text(const char* key, std::string_view value) {
    member(key);
    appendText(value);
    return *this;
  }
  Writer& number(const char* key, std::uint64_t value) { return digits(key, value); }
  Writer& number(const char* key, std::int64_t value) { return digits(key, value); }
  Writer& boolean(const char* key, bool value) { return raw(key, value ? "true" : "false"); }
  Writer& stamp(const Stamp& stamp) {
    member("stamp");
    out_ += '"';
    stamp.appendTo(out_);
    out_ += '"';
    return *this;
  }
  // JSON text; empty = null.
  Writer& raw(const char* key, std::string_view json) {
    member(key);
    out_ += json.empty() ? std::string_view("null") : json;
    return *this;
  }
  Writer& open(const char* key) {
    member(key);
    out_ += '{';
    return *this;
  }
  Writer& close() {
    out_ += '}';
    return *this;
  }
  std::string done() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void member(const char* key) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  template <class Number>
  Writer& digits(const char* key, Number value) {
    member(key);
    std::array<char, 24> space{};
    out_.append(space.data(), std::to_chars(space.data(), space.data() + space.size(), value).ptr);
    return *this;
  }
  // Most texts here are ids and names, which need no escapes.
  void appendText(std::string_view value) {
    for (char c : value)
      if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
        out_ += json::quote(value);
        return;
      }
    out_ += '"';
    out_ += value;
    out_ += '"';
  }
  std::string out_;
};

std::string write(const Hello& m) {
  Writer out("hello", 512);
  out.text("role", "control")
      .raw("protocol", "[" + std::to_string(m.protocol_min) + "," + std::to_string(m.protocol_max) + "]")
      .text("device", m.device.str())
      .text("agent", m.agent)
      .text("boot", m.boot)
      .text("nonce", m.nonce.text())
      .number("epoch", m.epoch)
      .open("plugin")
      .text("type", m.plugin.type)
      .text("version", m.plugin.version)
      .text("manifest", m.plugin.manifest)
      .close();
  if (!m.stopped) return out.raw("stopped", "").done();
  out.open("stopped").text("id", m.stopped->id).text("by", m.stopped->by).text("reason", m.stopped->reason).close();
  return out.done();
}
std::string write(const BulkHello& m) {
  return Writer("hello").text("role", "bulk").text("device", m.device.str()).text("link", m.link).done();
}
std::string write(const AgentBeat& m) {
  return Writer("beat", 96).number("t_ns", m.t_ns).boolean("energised", m.energised).number("epoch", m.epoch).done();
}
std::string write(const Ack& m) {
  return Writer("ack", 64).text("id", m.id).done();
}
std::string write(const CommandResult& m) {
  const Outcome& outcome = m.outcome;
  return Writer("result", 160 + outcome.value_json.size() + outcome.message.size())
      .text("id", m.id)
      .text("state", toString(outcome.state))
      .text("code", outcome.code ? toString(*outcome.code) : "")
      .text("message", outcome.message)
      .text("pointer", outcome.pointer)
      .raw("value", outcome.value_json)
      .done();
}
std::string write(const Stopped& m) {
  return Writer("stopped").text("id", m.id).boolean("confirmed", m.confirmed).text("message", m.message).done();
}
std::string write(const ResetDone& m) {
  return Writer("reset_done").text("id", m.id).boolean("ok", m.ok).text("message", m.message).done();
}
std::string write(const Telemetry& m) {
  return Writer("telemetry", 96 + m.value_json.size())
      .text("channel", m.channel)
      .number("t_ns", m.t_ns)
      .raw("value", m.value_json)
      .done();
}
std::string write(const AgentEvent& m) {
  return Writer("event").text("level", toString(m.level)).text("text", m.text).done();
}

std::string write(const CaptureBegin& m) {
  return Writer("capture").text("key", m.key).text("trigger", m.trigger).number("started_ms", m.started_ms).done();
}
std::string write(const SegmentReady& m) {
  return Writer("segment", 256)
      .text("key", m.key)
      .number("number", std::uint64_t(m.number))
      .number("bytes", m.bytes)
      .text("sha256", m.sha256)
      .text("format", m.format)
      .done();
}
std::string write(const CaptureEnd& m) {
  return Writer("capture_end").text("key", m.key).number("segments", std::uint64_t(m.segments)).done();
}

std::string write(const Welcome& m) {
  return Writer("welcome")
      .number("protocol", std::int64_t(m.protocol))
      .text("hub", m.hub)
      .text("link", m.link)
      .number("beat_ms", m.beat_ms)
      .number("epoch_floor", m.epoch_floor)
      .number("turn", m.turn)
      .done();
}
std::string write(const BulkWelcome&) {
  return Writer("welcome").done();
}
std::string write(const Refused& m) {
  return Writer("refused").text("code", m.code).text("message", m.message).done();
}
std::string write(const Grant& m) {
  return Writer("grant").number("epoch", m.epoch).number("lease_ms", m.lease_ms).stamp(m.stamp).done();
}
std::string write(const HubBeat& m) {
  return Writer("beat").number("epoch", m.epoch).number("seq", m.seq).stamp(m.stamp).done();
}
std::string write(const End& m) {
  return Writer("end", 64).number("epoch", m.epoch).done();
}
std::string write(const Command& m) {
  return Writer("command", 256 + m.params_json.size())
      .text("id", m.id)
      .number("epoch", m.epoch)
      .number("seq", m.seq)
      .stamp(m.stamp)
      .number("ttl_ms", m.ttl_ms)
      .text("name", m.name)
      .raw("params", m.params_json)
      .boolean("feeds", m.feeds)
      .done();
}
std::string write(const Cancel& m) {
  return Writer("cancel", 64).text("id", m.id).done();
}
std::string write(const Stop& m) {
  return Writer("stop").text("id", m.id).text("by", m.by).text("reason", m.reason).done();
}
std::string write(const Reset& m) {
  return Writer("reset", 64).text("id", m.id).done();
}
std::string write(const Watch& m) {
  return Writer("watch", 96).text("stream", m.stream).boolean("on", m.on).done();
}

std::string write(const SegmentAt& m) {
  return Writer("segment_at")
      .text("key", m.key)
      .number("number", std::uint64_t(m.number))
      .number("offset", m.offset)
      .done();
}
std::string write(const SegmentDone& m) {
  return Writer("segment_done")
      .text("key", m.key)
      .number("number", std::uint64_t(m.number))
      .boolean("ok", m.ok)
      .text("code", m.code ? toString(*m.code) : "")
      .text("message", m.message)
      .done();
}
std::string write(const CaptureDone& m) {
  return Writer("capture_done")
      .text("key", m.key)
      .boolean("ok", m.ok)
      .text("code", m.code ? toString(*m.code) : "")
      .text("message", m.message)
      .done();
}

}  // namespace

std::string encode(const AgentMessage& message) {
  return std::visit([](const auto& m) { return write(m); }, message);
}
std::string encode(const HubMessage& message) {
  return std::visit([](const auto& m) { return write(m); }, message);
}

const char* toString(FinalState state) {
  switch (state) {
    case FinalState::succeeded: return "succeeded";
    case FinalState::failed: return "failed";
    case FinalState::cancelled: return "cancelled";
    case FinalState::expired: return "expired";
    case FinalState::refused: return "refused";
  }
  return "failed";
}

const char* toString(EventLevel level) {
  switch (level) {
    case EventLevel::info: return "info";
    case EventLevel::warning: return "warning";
    case EventLevel::error: return "error";
  }
  return "error";
}

std::uint64_t stopNumber(std::string_view id) {
  std::uint64_t number = 0;
  if (id.size() < 3 || id.substr(0, 2) != "s-") return 0;
  const auto read = std::from_chars(id.data() + 2, id.data() + id.size(), number);
  return read.ec == std::errc() && read.ptr == id.data() + id.size() ? number : 0;
}

std::string stopId(std::uint64_t number) {
  return "s-" + std::to_string(number);
}

}  // namespace robohub::link

// `robohub device telemetry`: what a device has measured, as a table or as lines for programs.
#include <fstream>
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "hub/telemetry_file.hpp"

namespace robohub::hub {

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::size_t kMostAtOnce = 32 * 1024 * 1024;
constexpr Duration kWithin = std::chrono::minutes(2);

// So much is asked for at a time, by step, that an answer stays small.
std::int64_t windowOf(const std::string& step) {
  if (step == "1m") return 24 * kHourMs;
  if (step == "10m") return 240 * kHourMs;
  if (step == "1h") return 1440 * kHourMs;
  return kHourMs;
}

struct Wish {
  std::string device, channel, step;
  std::int64_t from_ms = 0, to_ms = 0;
  bool lines = false;
};

Result<Wish> wishOf(const CommandLine& line) {
  Wish wish{line.arguments()[0], line.value("channel"), line.value("step"), 0, 0, line.json()};
  const auto time = [&](const char* name, std::int64_t fallback) -> Result<std::int64_t> {
    return line.has(name) ? timeMs(line.value(name)) : Result<std::int64_t>(fallback);
  };
  const auto to = time("to", toMs(SystemClock().wall()));
  if (!to) return fail(to.error());
  const auto from = time("from", *to - kHourMs);
  if (!from) return fail(from.error());
  wish.from_ms = *from;
  wish.to_ms = *to;
  if (wish.to_ms <= wish.from_ms) return fail(ErrorCode::invalid_argument, "--to must be later than --from.");
  return wish;
}

std::string targetOf(const Wish& wish, std::int64_t from_ms, std::int64_t to_ms) {
  std::string target = "/api/v1/devices/" + pathPart(wish.device) + "/telemetry." + (wish.lines ? "ndjson" : "csv") +
                       "?from=" + std::to_string(from_ms) + "&to=" + std::to_string(to_ms);
  if (!wish.channel.empty()) target += "&channel=" + pathPart(wish.channel);
  // The windows of one file must all be of one step.
  return target + "&step=" + (wish.step.empty() ? "raw" : pathPart(wish.step));
}

int run(CommandLine& line) {
  const auto wish = wishOf(line);
  if (!wish) return refused(wish.error());
  std::ofstream file;
  if (line.has("output")) file.open(line.value("output"), std::ios::binary | std::ios::trunc);
  if (line.has("output") && !file)
    return refused({ErrorCode::permission_denied, line.value("output") + " cannot be written.", ""});
  std::ostream& out = line.has("output") ? static_cast<std::ostream&>(file) : std::cout;
  const auto ask = [&](std::int64_t from_ms, std::int64_t to_ms) {
    return askHub(line, "GET", targetOf(*wish, from_ms, to_ms), "", kWithin, kMostAtOnce);
  };
  const Status written =
      writeTelemetry({wish->from_ms, wish->to_ms, windowOf(wish->step), !wish->lines, kMostAtOnce, ask}, out);
  if (!out.flush()) return refused({ErrorCode::exhausted, "Not everything could be written.", ""});
  if (!written) return failedToAsk(written.error());
  return kDone;
}

}  // namespace

std::vector<Command> telemetryCommands() {
  return {
      {.words = "device telemetry",
       .arguments = "ID [--channel NAME] [--from TIME] [--to TIME] [--step STEP] [--output FILE]",
       .summary = "writes what the device has measured as a table (CSV), with --json as JSON lines",
       .options = {{"channel", "NAME", "of one channel only"},
                   {"from", "TIME",
                    "not before: 2026-11-21 or \"2026-11-21 12:05\", local time (default: an hour ago)"},
                   {"to", "TIME", "before that time (default: now)"},
                   {"step", "STEP", "raw (single values, the default), 1m, 10m or 1h"},
                   {"output", "FILE", "where to, instead of standard output"}},
       .min_arguments = 1,
       .max_arguments = 1,
       .run = run,
       .details = "Single values are kept for telemetry.values, then steps; see docs/TELEMETRY.md."},
  };
}

}  // namespace robohub::hub

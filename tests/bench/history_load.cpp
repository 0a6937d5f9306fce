// How fast history takes values while charts are drawn of it. Writes months of roll-ups for some devices first, then
// records a steady stream of values of many series, as devices' loops would, and asks for 30 days of one device's
// channel in 500 points again and again. Prints the values that came to the files, and how long answers took.
#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include <unistd.h>

#include "base/json.hpp"
#include "kit/measure.hpp"
#include "plugin/manifest.hpp"
#include "telemetry/history.hpp"
#include "telemetry/series_file.hpp"

using namespace robohub;

namespace {

constexpr int kChannels = 4, kFields = 5;
constexpr std::int64_t kDayMs = 86'400'000;

std::string deviceName(int i) {
  return "bench-" + std::to_string(i);
}

std::shared_ptr<const plugin::Manifest> manifest() {
  std::string channels;
  for (int c = 0; c < kChannels; ++c) {
    std::string fields;
    for (int f = 0; f < kFields; ++f)
      fields += (f ? ",\"" : "\"") + std::string(1, static_cast<char>('a' + f)) +
                "_deg\":{\"type\":\"number\",\"minimum\":-1000,\"maximum\":1000,\"x-unit\":\"deg\"}";
    channels += (c ? "," : "") + std::string("{\"name\":\"c") + std::to_string(c) +
                "\",\"kind\":\"value\",\"max_rate_hz\":1000,\"schema\":{\"type\":\"object\",\"additionalProperties\":"
                "false,\"properties\":{" +
                fields + "}}}";
  }
  auto read = plugin::Manifest::parse(
      "{\"abi\":1,\"id\":\"bench\",\"version\":\"1.0.0\",\"device_types\":[{\"type\":\"bench\",\"commands\":[],"
      "\"streams\":[],\"channels\":[" +
      channels + "]}]}");
  if (!read) bench::giveUp(read.error().where + " " + read.error().message);
  return *read;
}

void must(const Status& done) {
  if (!done) bench::giveUp(done.error().message);
}

// `days` of every level for the first `devices` devices.
void fill(const std::filesystem::path& folder, int devices, int days) {
  const std::atomic<bool> stop{false};
  auto file = telemetry::SeriesFile::open(folder / "history.db", stop);
  if (!file) bench::giveUp(file.error().message);
  std::vector<telemetry::SeriesKey> keys;
  for (int d = 0; d < devices; ++d)
    for (int c = 0; c < kChannels; ++c)
      for (int f = 0; f < kFields; ++f)
        keys.push_back(
            {deviceName(d),
             "c" + std::to_string(c),
             {.pointer = "/" + std::string(1, static_cast<char>('a' + f)) + "_deg", .title = "", .unit = "deg"}});
  const auto ids = (*file)->number(keys);
  if (!ids) bench::giveUp(ids.error().message);
  const std::int64_t now = toMs(SystemClock().wall());
  for (const std::int64_t id : *ids) {
    must((*file)->begin());
    for (std::size_t level = 0; level < telemetry::kSteps.size(); ++level) {
      const std::int64_t step = telemetry::kSteps[level];
      for (std::int64_t t = telemetry::floorTo(now - days * kDayMs, step); t < now - step; t += step) {
        telemetry::Bucket bucket{.t = t};
        bucket.add(static_cast<double>(t % 997));
        bucket.add(static_cast<double>(id % 97));
        must((*file)->merge(level, id, bucket));
      }
    }
    must((*file)->commit());
  }
  must((*file)->begin());
  must((*file)->setRolled(1));
  must((*file)->commit());
}

std::string value(int i) {
  std::string text = "{";
  for (int f = 0; f < kFields; ++f)
    text += (f ? ",\"" : "\"") + std::string(1, static_cast<char>('a' + f)) +
            "_deg\":" + std::to_string((i * 7 + f * 13) % 997) + "." + std::to_string(i % 100);
  return text + "}";
}

}  // namespace

int main(int argc, char** argv) {
  bench::prepareProcess();
  const bench::Options options(argc, argv,
                               {{"folder", ""},
                                {"rate", "300000"},
                                {"for", "20"},
                                {"devices", "125"},
                                {"days", "30"},
                                {"drawn", "4"},
                                {"pause", "0.05"},
                                {"points", "500"}});
  const std::filesystem::path folder = options.text("folder");
  if (folder.empty()) bench::giveUp("--folder=FOLDER is needed; it gets some hundred MB.");
  const int devices = options.count("devices"), drawn = std::min(options.count("drawn"), devices);
  fill(folder, drawn, options.count("days"));

  const SystemClock clock;
  telemetry::Settings settings;
  settings.roll = std::chrono::seconds(10);  // so that a short run has several of these writes
  telemetry::History history(
      {folder, &clock, [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); }}, settings);
  history.open();
  const auto type = manifest();
  std::vector<DeviceId> ids;
  for (int d = 0; d < devices; ++d) {
    ids.push_back(*DeviceId::parse(deviceName(d)));
    history.describe(ids.back(), &type->types[0]);
  }
  history.flush();

  std::vector<std::string> values;
  for (int i = 0; i < 1000; ++i) values.push_back(value(i));
  const double per_s = options.number("rate") / kFields;  // values of a channel
  const std::int64_t length = options.ns("for");
  const std::int64_t begin = bench::nowNs();
  const std::int64_t begin_ms = toMs(clock.wall());
  std::atomic<bool> over{false};
  std::thread recording([&] {
    std::int64_t said = 0;
    while (true) {
      const std::int64_t passed = bench::nowNs() - begin;
      if (passed >= length) break;
      const auto due = static_cast<std::int64_t>(per_s * static_cast<double>(passed) / 1e9);
      for (; said < due; ++said) {
        const auto i = static_cast<std::size_t>(said);
        // Of the time when it was due: a generator that was held up brings them late, not all at once.
        const std::int64_t t_ms = begin_ms + static_cast<std::int64_t>(static_cast<double>(said) * 1000 / per_s);
        static const std::string names[kChannels] = {"c0", "c1", "c2", "c3"};
        history.record(ids[i / kChannels % ids.size()], names[i % kChannels], t_ms, values[i * 31 % values.size()]);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    over = true;
  });

  bench::Samples waits;
  double worst_ms = 0, least_points = 1e9;
  for (int i = 0; !over; ++i) {
    std::promise<Result<telemetry::Answer>> answer;
    const std::int64_t to = toMs(clock.wall());
    const std::int64_t asked = bench::nowNs();
    history.ask({ids[static_cast<std::size_t>(i % drawn)], "c" + std::to_string(i / drawn % kChannels),
                 to - options.count("days") * kDayMs, to, static_cast<std::size_t>(options.count("points"))},
                [&](Result<telemetry::Answer> result) { answer.set_value(std::move(result)); });
    const auto got = answer.get_future().get();
    const std::int64_t took = bench::nowNs() - asked;
    if (!got || got->series.size() != kFields) bench::giveUp(got ? "series are missing" : got.error().message);
    for (const auto& series : got->series)
      least_points = std::min(least_points, static_cast<double>(series.points.size()));
    waits.add(took);
    worst_ms = std::max(worst_ms, static_cast<double>(took) / 1e6);
    std::this_thread::sleep_for(std::chrono::nanoseconds(options.ns("pause")));
  }
  recording.join();
  history.flush();
  const double took_s = static_cast<double>(bench::nowNs() - begin) / 1e9;
  const auto figures = history.figures();
  const bench::Use use = bench::useOf(static_cast<int>(::getpid()));
  bench::Result result;
  result.add("rows_per_s", static_cast<double>(figures.recorded) / took_s)
      .add("lost", static_cast<double>(figures.dropped + figures.thinned + figures.refused + figures.over_limit))
      .add("series", static_cast<double>(figures.series))
      .add("questions", static_cast<double>(waits.size()))
      .add("least_points", least_points)
      .add("answer", waits)
      .add("answer_worst_ms", worst_ms)
      .add("cpu_s", use.cpu_s)
      .add("rss_mb", use.rss_mb)
      .print();
  history.end();
}

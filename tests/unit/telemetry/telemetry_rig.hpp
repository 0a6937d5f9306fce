// A history in a folder of its own, with a clock that tests move and a small device type.
#pragma once
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <random>

#include "plugin/manifest.hpp"
#include "store/session.hpp"
#include "telemetry/history.hpp"
#include "telemetry/rollup.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::telemetry::test {

inline constexpr std::int64_t kStart = 1'763'712'000'000;  // 2025-11-21 08:00 UTC, the beginning of a period

// Moved by the test, read by the threads of the history.
class TestClock final : public Clock {
 public:
  MonoTime now() const override { return MonoTime(Duration(mono_ns_.load())); }
  WallTime wall() const override { return WallTime(std::chrono::milliseconds(ms())); }
  void advance(Duration by) { mono_ns_ += by.count(); }
  void setWall(std::int64_t ms) { ahead_ms_ = ms - mono_ns_ / 1'000'000; }
  std::int64_t ms() const { return mono_ns_ / 1'000'000 + ahead_ms_; }

 private:
  std::atomic<std::int64_t> mono_ns_{3'600'000'000'000}, ahead_ms_{kStart - 3'600'000};
};

// "climate" {temperature_cel, pressure_pa} and "state" {on, mode, wheels [a, b]}, both up to 1000 Hz.
inline std::shared_ptr<const plugin::Manifest> manifest(double rate_hz = 1000, const char* unit = "Cel") {
  const std::string text = R"({"abi":1,"id":"t","version":"1.0.0","title":"T","device_types":[{"type":"t","title":"T",
    "commands":[],"streams":[],"channels":[
    {"name":"climate","kind":"value","max_rate_hz":)" +
                           std::to_string(rate_hz) + R"(,"schema":{"type":"object",
      "additionalProperties":false,"required":["temperature_cel"],"properties":{
      "temperature_cel":{"type":"number","minimum":-1000,"maximum":1000,"x-unit":")" +
                           unit + R"(","title":"Temperature"},
      "pressure_pa":{"type":"number","minimum":0,"maximum":1000000,"x-unit":"Pa"}}}},
    {"name":"state","kind":"state","max_rate_hz":1000,"schema":{"type":"object","additionalProperties":false,
      "properties":{"on":{"type":"boolean"},"mode":{"type":"string","maxLength":20},
      "wheels":{"type":"array","maxItems":2,"items":{"type":"integer","minimum":-100,"maximum":100}}}}}]}]})";
  auto read = plugin::Manifest::parse(text);
  INFO((read ? std::string() : read.error().where + " " + read.error().message));
  REQUIRE(read);
  return *read;
}

class Rig {
 public:
  explicit Rig(Settings settings = quick(), double rate_hz = 1000) : settings_(settings), type_(manifest(rate_hz)) {}
  static Settings quick() {
    Settings settings;
    settings.flush = std::chrono::milliseconds(5);
    return settings;
  }

  void open() {
    history = std::make_unique<History>(History::Ground{folder.path(), &clock,
                                                        [this](const std::string& text) {
                                                          std::lock_guard lock(mutex_);
                                                          said_.push_back(text);
                                                        },
                                                        [this] { return room.load(); }, most_rolls},
                                        settings_);
    history->open();
    history->describe(device, &type_->types[0]);
    history->flush();  // it is open then
  }
  void close() { history.reset(); }

  void temperature(double value, std::int64_t t_ms) {
    history->record(device, "climate", t_ms, "{\"temperature_cel\":" + std::to_string(value) + "}");
  }
  Result<Answer> ask(std::int64_t from_ms, std::int64_t to_ms, std::size_t points, std::string channel = "climate") {
    std::promise<Result<Answer>> answer;
    history->ask({device, std::move(channel), from_ms, to_ms, points},
                 [&](Result<Answer> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  // All points of the one series that there must be.
  std::vector<Point> points(std::int64_t from_ms, std::int64_t to_ms, std::size_t count) {
    auto answer = ask(from_ms, to_ms, count);
    INFO((answer ? std::string() : answer.error().message));
    REQUIRE(answer);
    if (answer->series.empty()) return {};
    REQUIRE(answer->series.size() == 1);
    CHECK(answer->series[0].points.size() <= count);
    step_ms = answer->step_ms;
    return answer->series[0].points;
  }
  std::string exported(ExportQuery query) {
    auto text = tryExport(std::move(query));
    INFO((text ? std::string() : text.error().message));
    REQUIRE(text);
    return *text;
  }
  Result<std::string> tryExport(ExportQuery query) {
    auto file = history->beginExport(std::move(query));
    if (!file) return fail(file.error());
    std::string text;
    while (true) {
      std::promise<Result<Export::Piece>> piece;
      (*file)->next([&](Result<Export::Piece> next) { piece.set_value(std::move(next)); });
      auto next = piece.get_future().get();
      if (!next) return fail(next.error());
      largest_piece = std::max(largest_piece, next->text.size());
      text += next->text;
      if (next->last) return text;
    }
  }
  Status erase() {
    std::promise<Status> done;
    history->erase(device, [&](Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  std::vector<std::string> said() {
    std::lock_guard lock(mutex_);
    return said_;
  }
  bool saidSomething(const std::string& part) {
    for (const std::string& text : said())
      if (text.find(part) != std::string::npos) return true;
    return false;
  }

  robohub::test::TempFolder folder;
  TestClock clock;
  std::atomic<bool> room{true};
  std::size_t most_rolls = 500'000;
  const DeviceId device = *DeviceId::parse("d1");
  std::unique_ptr<History> history;
  std::int64_t step_ms = 0;
  std::size_t largest_piece = 0;

 private:
  Settings settings_;
  std::shared_ptr<const plugin::Manifest> type_;
  std::mutex mutex_;
  std::vector<std::string> said_;
};

}  // namespace robohub::telemetry::test

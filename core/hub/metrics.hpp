// The figures of a hub in the Prometheus text format. Labels are bounded (states, codes, loops): none names a person, a
// device or an address. Pure but for the process's own figures. [any-thread]
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "hub/health.hpp"
#include "live/tally.hpp"
#include "net/http_server.hpp"

namespace robohub::hub {

// Answers by status, counted as they are given. Thread-safe.
class AnswerTally {
 public:
  static constexpr int kFirst = 100, kLast = 599;
  void count(int status) {
    if (status >= kFirst && status <= kLast) ++counts_[static_cast<std::size_t>(status - kFirst)];
  }
  std::uint64_t of(int status) const { return counts_[static_cast<std::size_t>(status - kFirst)]; }

 private:
  std::array<std::atomic<std::uint64_t>, kLast - kFirst + 1> counts_{};
};

struct MetricFigures {
  net::HttpServerStats server;
  const AnswerTally* answers = nullptr;
  const live::Tally* tally = nullptr;
  std::size_t devices = 0, devices_online = 0, devices_stopped = 0;
  std::vector<Duration> loop_lags;
  std::size_t database_queue = 0;
  std::int64_t database_bytes = 0, wal_bytes = 0;
  std::uint64_t audit_lost = 0;
  std::int64_t disk_free_bytes = 0;
  telemetry::Figures history;
  std::vector<Finding> findings;
  gateway::CameraFigures cameras;
  media::CaptureFigures captures;
  std::optional<gateway::MqttFigures> mqtt;
  std::string version;
};

std::string metricsText(const MetricFigures& figures);

}  // namespace robohub::hub

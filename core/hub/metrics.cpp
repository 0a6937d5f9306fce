#include "hub/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace robohub::hub {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    of(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
  }
  void counter(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    of(name, help, MetricType::Counter).metric.push_back(std::move(metric));
  }
  void commandSeconds(const live::Tally& tally) {
    ClientMetric metric;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < live::Tally::kSeconds.size(); ++i)
      metric.histogram.bucket.push_back({so_far += tally.bucket(i), live::Tally::kSeconds[i]});
    metric.histogram.sample_count = so_far + tally.bucket(live::Tally::kSeconds.size());
    metric.histogram.sample_sum = tally.commandSeconds();
    of("robohub_command_seconds", "From a command's arrival at the hub to its final state.", MetricType::Histogram)
        .metric.push_back(std::move(metric));
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  MetricFamily& of(const std::string& name, const std::string& help, MetricType type) {
    if (families_.empty() || families_.back().name != name) families_.push_back({name, help, type, {}});
    return families_.back();
  }
  std::vector<MetricFamily> families_;
};

// Fields 14, 15, 20, 22, 23 and 24 of proc(5): times, threads, start, memory.
void addProcess(Families& to) {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto behind_name = text.rfind(')');
  if (behind_name == std::string::npos) return;
  std::istringstream fields(text.substr(behind_name + 2));
  std::vector<std::string> field{"pid", "name"};
  for (std::string one; fields >> one;) field.push_back(one);
  if (field.size() < 24) return;
  const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  to.counter("process_cpu_seconds_total", "User and system time.",
             (std::stod(field[13]) + std::stod(field[14])) / ticks);
  to.gauge("process_threads", "Threads.", std::stod(field[19]));
  std::ifstream machine("/proc/stat");
  for (std::string line; std::getline(machine, line);)
    if (line.starts_with("btime "))
      to.gauge("process_start_time_seconds", "Since 1970.", std::stod(line.substr(6)) + std::stod(field[21]) / ticks);
  to.gauge("process_virtual_memory_bytes", "Address space.", std::stod(field[22]));
  to.gauge("process_resident_memory_bytes", "Memory in use.",
           std::stod(field[23]) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  std::error_code none;
  double open = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", none), end; !none && at != end; at.increment(none))
    ++open;
  to.gauge("process_open_fds", "Open descriptors.", open);
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    to.gauge("process_max_fds", "Descriptors that may be open.", static_cast<double>(limit.rlim_cur));
}

void addPeople(Families& to, const MetricFigures& of) {
  to.gauge("robohub_connections", "Open connections, sockets and streams included.",
           static_cast<double>(of.server.connections));
  to.counter("robohub_connections_accepted_total", "Connections that were accepted.",
             static_cast<double>(of.server.accepted));
  to.counter("robohub_connections_refused_total", "Connections over a limit.",
             static_cast<double>(of.server.refused_total), {{"limit", "total"}});
  to.counter("robohub_connections_refused_total", "Connections over a limit.",
             static_cast<double>(of.server.refused_by_address), {{"limit", "address"}});
  for (int status = AnswerTally::kFirst; status <= AnswerTally::kLast; ++status)
    if (const std::uint64_t count = of.answers->of(status); count > 0)
      to.counter("robohub_http_requests_total", "Requests answered, by status.", static_cast<double>(count),
                 {{"code", std::to_string(status)}});
  to.counter("robohub_http_bad_requests_total", "Requests that the parser refused.",
             static_cast<double>(of.server.bad_requests));
  to.counter("robohub_http_timeouts_total", "Requests that came too slowly.", static_cast<double>(of.server.timeouts));
  to.gauge("robohub_live_sockets", "Open live sockets of pages.", static_cast<double>(of.tally->sockets()));
  to.gauge("robohub_people", "Persons with at least one live socket.", static_cast<double>(of.tally->people()));
}

void addDevices(Families& to, const MetricFigures& of) {
  to.gauge("robohub_devices", "Enrolled devices.", static_cast<double>(of.devices));
  to.gauge("robohub_devices_online", "Devices whose agent is linked.", static_cast<double>(of.devices_online));
  to.gauge("robohub_devices_stopped", "Devices with a latched stop.", static_cast<double>(of.devices_stopped));
  to.counter("robohub_turns_total", "Turns that have begun.", static_cast<double>(of.tally->turns()));
  for (std::size_t i = 0; i < live::Tally::kStates; ++i) {
    const auto state = static_cast<control::CommandState>(i);
    if (control::isFinal(state))
      to.counter("robohub_commands_total", "Commands by their final state.",
                 static_cast<double>(of.tally->commands(state)), {{"state", control::toString(state)}});
  }
  to.commandSeconds(*of.tally);
  to.counter("robohub_stops_total", "Stops that were pressed.", static_cast<double>(of.tally->stops()));
}

void addCameras(Families& to, const gateway::CameraFigures& of) {
  if (of.pull.cameras > 0) {
    to.gauge("robohub_pull_cameras", "Cameras that are read by URL.", static_cast<double>(of.pull.cameras));
    to.gauge("robohub_pull_connected", "Those that are read now.", static_cast<double>(of.pull.connected));
    to.counter("robohub_pull_pictures_total", "Their pictures.", static_cast<double>(of.pull.pictures));
    to.counter("robohub_pull_bytes_total", "Of those pictures.", static_cast<double>(of.pull.bytes));
    to.counter("robohub_pull_faults_total", "Their connections that failed.", static_cast<double>(of.pull.faults));
  }
  if (!of.has_door) return;
  const gateway::CloudtalkerFigures& talk = of.cloudtalker;
  to.gauge("robohub_cloudtalker_listening", "1 while the port is open.", of.door_fault.empty() ? 1 : 0);
  to.gauge("robohub_cloudtalker_connected", "Cameras that are connected.", static_cast<double>(talk.connected));
  const char* connections = "Connections by what became of them.";
  to.counter("robohub_cloudtalker_connections_total", connections, static_cast<double>(talk.taken),
             {{"outcome", "taken"}});
  to.counter("robohub_cloudtalker_connections_total", connections, static_cast<double>(talk.refused),
             {{"outcome", "refused"}});
  const char* texts = "Texts of and for cameras.";
  to.counter("robohub_cloudtalker_texts_total", texts, static_cast<double>(talk.heard), {{"direction", "in"}});
  to.counter("robohub_cloudtalker_texts_total", texts, static_cast<double>(talk.said), {{"direction", "out"}});
  to.counter("robohub_cloudtalker_alarms_total", "Alarms.", static_cast<double>(talk.alarms));
  to.counter("robohub_cloudtalker_segments_total", "Segments that were kept.", static_cast<double>(talk.segments));
  to.counter("robohub_cloudtalker_segment_bytes_total", "Of those segments.",
             static_cast<double>(talk.segment_bytes));
}

void addMqtt(Families& to, const gateway::MqttFigures& of) {
  to.gauge("robohub_mqtt_connected", "1 while the MQTT broker is there and answers.", of.up ? 1 : 0);
  const char* help = "Messages to and from the MQTT broker.";
  to.counter("robohub_mqtt_messages_total", help, static_cast<double>(of.in), {{"direction", "in"}});
  to.counter("robohub_mqtt_messages_total", help, static_cast<double>(of.out), {{"direction", "out"}});
  to.counter("robohub_mqtt_refused_total", "Messages that could not be sent.", static_cast<double>(of.refused));
  to.counter("robohub_mqtt_dropped_total", "Messages that came faster than they were taken, or were too large.",
             static_cast<double>(of.dropped));
  to.gauge("robohub_mqtt_devices_left_out", "Devices whose settings do not fit.",
           static_cast<double>(of.faults.size()));
}

void addHub(Families& to, const MetricFigures& of) {
  for (std::size_t i = 0; i < of.loop_lags.size(); ++i)
    to.gauge("robohub_loop_lag_seconds", "The worst delay of a timer in the last ten to twenty seconds.",
             static_cast<double>(of.loop_lags[i].count()) / 1e9, {{"loop", std::to_string(i)}});
  to.gauge("robohub_database_write_queue", "Changes that wait for the disk.", static_cast<double>(of.database_queue));
  to.gauge("robohub_database_bytes", "Size of the database.", static_cast<double>(of.database_bytes));
  to.gauge("robohub_database_log_bytes", "Size of the database's write-ahead log.", static_cast<double>(of.wal_bytes));
  to.gauge("robohub_disk_free_bytes", "Free space where the data is kept.", static_cast<double>(of.disk_free_bytes));
  to.counter("robohub_audit_lost_total", "Audit entries that could not be written.",
             static_cast<double>(of.audit_lost));
  to.counter("robohub_history_values_total", "Measured values that were kept.",
             static_cast<double>(of.history.recorded));
  for (const auto& [why, count] : {std::pair{"lost", of.history.dropped}, std::pair{"too_fast", of.history.thinned},
                                   std::pair{"refused", of.history.refused}})
    to.counter("robohub_history_left_out_total", "Measured values that were not kept.", static_cast<double>(count),
               {{"why", why}});
  to.gauge("robohub_history_series", "Series that are recorded.", static_cast<double>(of.history.series));
  to.gauge("robohub_history_waiting", "Measured values that wait for the disk.",
           static_cast<double>(of.history.waiting));
  to.gauge("robohub_history_bytes", "Size of the history's files.", static_cast<double>(of.history.bytes));
  for (const HealthLevel level : {HealthLevel::warning, HealthLevel::critical}) {
    double count = 0;
    for (const Finding& finding : of.findings) count += finding.level == level;
    to.gauge("robohub_findings", "Findings of the health page.", count, {{"level", toString(level)}});
  }
  to.gauge("robohub_info", "The running version.", 1, {{"version", of.version}});
}

void addCaptures(Families& to, const media::CaptureFigures& of) {
  const std::pair<const char*, std::size_t> states[] = {
      {"open", of.open}, {"joining", of.joining}, {"ready", of.ready}, {"failed", of.failed}};
  for (const auto& [state, count] : states)
    to.gauge("robohub_captures", "Captures by their state.", static_cast<double>(count), {{"state", state}});
  to.gauge("robohub_capture_bytes", "What captures have of the disk.", static_cast<double>(of.bytes));
  to.gauge("robohub_capture_quota_bytes", "What they may have.", static_cast<double>(of.quota_bytes));
  to.counter("robohub_capture_segments_total", "Segments stored.", static_cast<double>(of.segments_total));
  to.counter("robohub_capture_segment_bytes_total", "Bytes of segments stored.",
             static_cast<double>(of.segment_bytes_total));
  to.counter("robohub_capture_refused_total", "Refused for lack of room.", static_cast<double>(of.refused_total));
  to.counter("robohub_capture_joins_total", "Captures joined.", static_cast<double>(of.joins_total),
             {{"outcome", "ok"}});
  to.counter("robohub_capture_joins_total", "Captures joined.", static_cast<double>(of.joins_failed_total),
             {{"outcome", "failed"}});
}

}  // namespace

std::string metricsText(const MetricFigures& figures) {
  Families families;
  addPeople(families, figures);
  addDevices(families, figures);
  if (figures.mqtt) addMqtt(families, *figures.mqtt);
  addCameras(families, figures.cameras);
  addCaptures(families, figures.captures);
  addHub(families, figures);
  addProcess(families);
  return families.text();
}

}  // namespace robohub::hub

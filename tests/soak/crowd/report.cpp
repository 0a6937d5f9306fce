#include "soak/crowd/report.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace soak {
namespace {

[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...) {
  char buffer[512];
  va_list values;
  va_start(values, format);
  std::vsnprintf(buffer, sizeof buffer, format, values);
  va_end(values);
  return buffer;
}

std::string quoted(const std::string& plain) {
  std::string out = "\"";
  for (const char c : plain) {
    if (static_cast<unsigned char>(c) < ' ') continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

unsigned long long ull(std::uint64_t value) {
  return value;
}

constexpr std::size_t kSlices = 12;

// Caches, pools and the allocator fill during the first third, at most twenty minutes.
std::size_t firstSettled(const std::vector<Sample>& samples) {
  if (samples.empty()) return 0;
  const double warm = std::min(1200.0, samples.back().at_s / 3);
  return static_cast<std::size_t>(
      std::find_if(samples.begin(), samples.end(), [warm](const Sample& sample) { return sample.at_s >= warm; }) -
      samples.begin());
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double settledSpan(const Report& report) {
  const auto first = firstSettled(report.samples);
  return first < report.samples.size() ? report.samples.back().at_s - report.samples[first].at_s : 0;
}

std::string figures(const char* name, const ProcessFigures& of) {
  return text("\"%s\":{\"rss_kb\":%.0f,\"private_kb\":%.0f,\"fds\":%d,\"threads\":%d,\"cpu_s\":%.2f}", name, of.rss_kb,
              of.private_kb, of.descriptors, of.threads, of.cpu_s);
}

std::string times(const char* name, const Histogram& of) {
  return text("\"%s\":{\"count\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}", name, ull(of.count()),
              of.percentileMs(50), of.percentileMs(99), of.percentileMs(100));
}

std::string row(const char* name, const Histogram& of) {
  return text("  %-34s %9llu  p50 %8.2f  p99 %8.2f  at most %8.2f ms\n", name, ull(of.count()), of.percentileMs(50),
              of.percentileMs(99), of.percentileMs(100));
}

}  // namespace

double Report::kbASocket() const {
  return people > 0 ? (full.rss_kb - idle.rss_kb) / people : 0;
}

double Report::growthKbPerS() const {
  const auto first = firstSettled(samples);
  const std::size_t count = samples.size() - std::min(first, samples.size());
  struct Point {
    double at_s, kb;
  };
  std::vector<Point> points;
  const std::size_t slices = std::min(kSlices, count);
  for (std::size_t slice = 0; slice < slices; ++slice) {
    std::vector<double> at, kb;
    for (std::size_t i = count * slice / slices; i < count * (slice + 1) / slices; ++i) {
      at.push_back(samples[first + i].at_s);
      kb.push_back(samples[first + i].hub.rss_kb);
    }
    points.push_back({median(at), median(kb)});
  }
  std::vector<double> slopes;
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t j = i + 1; j < points.size(); ++j)
      if (points[j].at_s > points[i].at_s)
        slopes.push_back((points[j].kb - points[i].kb) / (points[j].at_s - points[i].at_s));
  return median(std::move(slopes));
}

double Report::neededKb() const {
  double most = full.rss_kb;
  for (const Sample& sample : samples) most = std::max(most, sample.hub.rss_kb);
  return most - idle.rss_kb;
}

bool Report::gaveBack(const Limits& limits) const {
  return after.rss_kb - idle.rss_kb <= neededKb() * limits.left_percent / 100 + limits.left_kb;
}

double Report::leftPercent() const {
  return 100 * (after.rss_kb - idle.rss_kb) / std::max(1.0, neededKb());
}

std::vector<std::string> broken(const Report& report, const Limits& limits, bool times) {
  std::vector<std::string> faults;
  if (!report.all_came) faults.push_back("not everybody came in");
  if (!report.all_gone || report.after.descriptors > report.idle.descriptors + kOwnDescriptors)
    faults.push_back(
        text("%d descriptors were open before, %d after", report.idle.descriptors, report.after.descriptors));
  if (report.after.threads > report.idle.threads + 4)
    faults.push_back(text("%d threads before, %d after", report.idle.threads, report.after.threads));
  if (report.lost > 0) faults.push_back(text("%llu people were sent away", ull(report.lost)));
  if (report.refused > 0) faults.push_back(text("%llu people were not let in", ull(report.refused)));
  if (report.api_failed > 0) faults.push_back(text("%llu requests failed", ull(report.api_failed)));
  if (report.stayed_on > 0) faults.push_back(text("%llu lights stayed on after a stop", ull(report.stayed_on)));
  if (report.api.count() == 0 || report.stop.count() == 0 || (report.measured && report.delay.count() == 0))
    faults.push_back("no answers, no stops or no values were measured");
  if (!times) return faults;

  if (report.stop_failed > report.stop.count() / 100)
    faults.push_back(text("%llu trials came to no stop", ull(report.stop_failed)));
  if (report.kbASocket() > limits.kb_a_socket) faults.push_back(text("a live socket has %.2f KB", report.kbASocket()));
  if (report.api.percentileMs(99) > limits.api_p99_ms)
    faults.push_back(text("the API's p99 is %.1f ms", report.api.percentileMs(99)));
  if (report.stop.percentileMs(99) > limits.stop_p99_ms)
    faults.push_back(text("a stop's p99 is %.1f ms", report.stop.percentileMs(99)));
  const double span = settledSpan(report), grown = report.growthKbPerS() * span;
  const double mean = report.samples.empty() ? 0 : report.samples.back().hub.rss_kb;
  if (grown > limits.growth_kb + mean * limits.growth_percent / 100)
    faults.push_back(text("the hub grew by %.0f KB in %.0f s", grown, span));
  if (report.leaving_stop.percentileMs(99) > limits.stop_p99_ms)
    faults.push_back(text("a stop's p99 is %.1f ms while everybody leaves", report.leaving_stop.percentileMs(99)));
  if (!report.gaveBack(limits))
    faults.push_back(text("%.0f of %.0f KB are left %.0f s after everybody has gone",
                          report.after.rss_kb - report.idle.rss_kb, report.neededKb(), report.given_back_s));
  return faults;
}

std::string line(const Sample& sample) {
  return text(
      "%6.0f s  rss %7.0f KB  fds %5d  threads %2d  people %5d  others %4d  %7.0f msg/s  api %5.1f/%5.1f  stop "
      "%5.1f/%5.1f  delay %5.1f/%5.1f ms",
      sample.at_s, sample.hub.rss_kb, sample.hub.descriptors, sample.hub.threads, sample.people, sample.others,
      sample.messages_per_s, sample.api.percentileMs(50), sample.api.percentileMs(99), sample.stop.percentileMs(50),
      sample.stop.percentileMs(99), sample.delay.percentileMs(50), sample.delay.percentileMs(99));
}

std::string table(const Report& report) {
  std::string out = "\n";
  out += text("  %-34s %9.0f KB, %d descriptors, %d threads\n", "hub, before anybody came", report.idle.rss_kb,
              report.idle.descriptors, report.idle.threads);
  out += text("  %-34s %9.0f KB: %.2f KB each\n", text("hub, %d people", report.people).c_str(), report.full.rss_kb,
              report.kbASocket());
  if (!report.samples.empty()) {
    const auto by_rss = [](const Sample& a, const Sample& b) { return a.hub.rss_kb < b.hub.rss_kb; };
    const auto [least, most] = std::minmax_element(report.samples.begin(), report.samples.end(), by_rss);
    out += text("  %-34s %9.0f to %.0f KB, %+.2f KB/s; hub's CPU %.0f %%\n", "hub, under load", least->hub.rss_kb,
                most->hub.rss_kb, report.growthKbPerS(),
                100 * (report.samples.back().hub.cpu_s - report.samples.front().hub.cpu_s) /
                    std::max(1.0, report.samples.back().at_s - report.samples.front().at_s));
  }
  out += text("  %-34s %9.0f KB after %.0f s: %.0f %% of what they needed; %d descriptors, %d threads\n",
              "hub, when all have gone", report.after.rss_kb, report.given_back_s, report.leftPercent(),
              report.after.descriptors, report.after.threads);
  out += row("API", report.api) + row("stop", report.stop) + row("stop, while all leave", report.leaving_stop) +
         row("measured to shown", report.delay) + row("a person comes in", report.arrival);
  out +=
      text("  sent away %llu, not let in %llu, requests failed %llu of %llu, trials without a stop %llu\n",
           ull(report.lost), ull(report.refused), ull(report.api_failed), ull(report.asked), ull(report.stop_failed));
  return out;
}

std::string json(const Report& report, const std::vector<std::string>& faults) {
  std::string out = text("{\"seed\":%llu,\"people\":%d,\"kb_a_socket\":%.3f,\"growth_kb_per_s\":%.4f,",
                         ull(report.seed), report.people, report.kbASocket(), report.growthKbPerS());
  out += figures("idle", report.idle) + "," + figures("full", report.full) + "," + figures("after", report.after) + ",";
  out += times("api", report.api) + "," + times("stop", report.stop) + "," + times("delay", report.delay) + "," +
         times("arrival", report.arrival) + "," + times("leaving_stop", report.leaving_stop);
  out += text(",\"left_percent\":%.1f,\"given_back_s\":%.1f", report.leftPercent(), report.given_back_s);
  out += text(",\"lost\":%llu,\"refused\":%llu,\"api_failed\":%llu,\"stop_failed\":%llu,\"samples\":[",
              ull(report.lost), ull(report.refused), ull(report.api_failed), ull(report.stop_failed));
  for (std::size_t i = 0; i < report.samples.size(); ++i) {
    const Sample& sample = report.samples[i];
    out += text("%s{\"at_s\":%.1f,\"people\":%d,\"others\":%d,\"messages_per_s\":%.0f,\"kernel_tcp_kb\":%.0f,",
                i == 0 ? "\n" : ",\n", sample.at_s, sample.people, sample.others, sample.messages_per_s,
                sample.kernel_tcp_kb);
    out += figures("hub", sample.hub) + "," + times("api", sample.api) + "," + times("stop", sample.stop) + "," +
           times("delay", sample.delay) + "}";
  }
  out += "],\"faults\":[";
  for (std::size_t i = 0; i < faults.size(); ++i) out += (i == 0 ? "" : ",") + quoted(faults[i]);
  return out + "]}\n";
}

}  // namespace soak

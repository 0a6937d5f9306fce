#include "telemetry/text.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include "base/json.hpp"

namespace robohub::telemetry {

namespace {

void appendInteger(std::string& text, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), end);
}

// RFC 4180, section 2; and a program that opens it must not take a text for a formula.
void appendCell(std::string& text, const std::string& cell) {
  const bool formula = !cell.empty() && std::string_view("=+-@\t\r").find(cell[0]) != std::string_view::npos;
  if (!formula && cell.find_first_of(",\"\r\n") == std::string::npos) {
    text += cell;
    return;
  }
  text += '"';
  if (formula) text += '\'';
  for (const char c : cell) {
    if (c == '"') text += '"';
    text += c;
  }
  text += '"';
}

}  // namespace

void appendNumber(std::string& text, double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), end);
}

void appendTime(std::string& text, std::int64_t t_ms) {
  const std::time_t seconds = static_cast<std::time_t>(t_ms / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 40> digits{};
  const std::size_t length = std::strftime(digits.data(), digits.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  text.append(digits.data(), length);
  text += '.';
  const std::string ms = std::to_string(1000 + t_ms % 1000);
  text.append(ms, 1, 3);
  text += 'Z';
}

std::string csvHead(Level level) {
  return level == Level::raw ? "device,channel,field,unit,time,t_ms,value\r\n"
                             : "device,channel,field,unit,time,t_ms,n,min,max,mean\r\n";
}

void appendRow(std::string& text, Format format, const SeriesKey& series, Level level, const Point& point) {
  if (format == Format::csv) {
    for (const std::string* cell : {&series.device, &series.channel, &series.field.pointer, &series.field.unit}) {
      appendCell(text, *cell);
      text += ',';
    }
    appendTime(text, point.t_ms);
    text += ',';
    appendInteger(text, point.t_ms);
    text += ',';
    if (level != Level::raw) {
      appendInteger(text, point.n);
      for (const double value : {point.min, point.max}) {
        text += ',';
        appendNumber(text, value);
      }
      text += ',';
    }
    appendNumber(text, point.mean);
    text += "\r\n";
    return;
  }
  text += "{\"device\":" + json::quote(series.device) + ",\"channel\":" + json::quote(series.channel) +
          ",\"field\":" + json::quote(series.field.pointer) + ",\"unit\":" + json::quote(series.field.unit) +
          ",\"t_ms\":";
  appendInteger(text, point.t_ms);
  if (level == Level::raw) {
    text += ",\"value\":";
  } else {
    text += ",\"n\":";
    appendInteger(text, point.n);
    text += ",\"min\":";
    appendNumber(text, point.min);
    text += ",\"max\":";
    appendNumber(text, point.max);
    text += ",\"mean\":";
  }
  appendNumber(text, point.mean);
  text += "}\n";
}

std::string toJson(const Answer& answer) {
  std::string text = "{\"device\":" + json::quote(answer.query.device.str()) + ",\"from_ms\":";
  appendInteger(text, answer.query.from_ms);
  text += ",\"to_ms\":";
  appendInteger(text, answer.query.to_ms);
  text += ",\"step_ms\":";
  appendInteger(text, answer.step_ms);
  text += ",\"series\":[";
  for (const SeriesAnswer& series : answer.series) {
    if (&series != &answer.series.front()) text += ',';
    text += "{\"channel\":" + json::quote(series.channel) + ",\"field\":" + json::quote(series.field) +
            ",\"title\":" + json::quote(series.title) + ",\"unit\":" + json::quote(series.unit) + ",\"points\":[";
    for (const Point& point : series.points) {
      text += &point == &series.points.front() ? "[" : ",[";
      appendInteger(text, point.t_ms);
      text += ',';
      appendInteger(text, point.n);
      for (const double value : {point.min, point.max, point.mean}) {
        text += ',';
        appendNumber(text, value);
      }
      text += ']';
    }
    text += "]}";
  }
  text += "],\"raw_from_ms\":";
  appendInteger(text, answer.raw_from_ms);
  text += ",\"lossy_ms\":";
  appendInteger(text, answer.lossy_ms);
  return text + "}";
}

}  // namespace robohub::telemetry

#include "gateway/robot_tcp/type.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace robohub::gateway {

namespace {

const std::set<std::string, std::less<>> kCommands{"drive", "led", "buzzer", "message", "stop"};
const std::set<std::string, std::less<>> kChannels{"orientation", "climate", "message", "outputs"};

// The members of the list whose name is one of these.
std::string namedOnes(const json::Object& type, const char* list, const std::set<std::string, std::less<>>& names) {
  std::string text;
  const auto array = type.getArray(list);
  for (unsigned i = 0; array && i < array->size(); ++i)
    if (const auto item = array->getObject(i); item && names.contains(item->optValue<std::string>("name", "")))
      text += (text.empty() ? "" : ",") + json::write(*item);
  return text;
}

// `commands`: see RobotType.
std::string declaredOnes(const json::Object& type, const RobotSettings& settings,
                         std::map<std::string, std::string, std::less<>>& commands) {
  std::string text;
  for (const auto& [message_type, declared] : settings.types) {
    const std::string& name = declared.command.empty() ? message_type : declared.command;
    if (kCommands.contains(name)) {
      if (name == message_type) commands[message_type] = name;
      continue;
    }
    const auto present = type.getArray("commands");
    bool taken = false;
    for (unsigned i = 0; present && i < present->size(); ++i)
      taken = taken || present->getObject(i)->optValue<std::string>("name", "") == name;
    if (taken) continue;
    commands[message_type] = name;
    text += ",{\"name\":" + json::quote(name) + ",\"title\":" + json::quote(message_type) +
            ",\"turn\":\"required\",\"hazardous\":false,\"ttl_ms\":2000,\"params\":" + declared.json + "}";
  }
  return text;
}

// How long a line of text may be is this wire's to say, which counts bytes (messageObject()), and not that of the
// plugin's own driver.
void takeLongerTexts(const json::Var& commands) {
  const auto list = commands.extract<json::Array::Ptr>();
  for (unsigned i = 0; i < list->size(); ++i) {
    const auto command = list->getObject(i);
    if (command->optValue<std::string>("name", "") != "message") continue;
    const auto params = command->getObject("params");
    const auto properties = params ? params->getObject("properties") : nullptr;
    auto text = properties ? properties->getObject("text") : nullptr;
    if (text && text->has("maxLength")) text->set("maxLength", static_cast<std::int64_t>(kRobotReadBytes));
  }
}

double bound(const json::Object& schema, const char* key, double fallback) {
  const json::Var value = schema.get(key);
  return value.isNumeric() && !value.isBoolean() ? value.convert<double>() : fallback;
}

}  // namespace

std::optional<NumberChannel> NumberChannel::of(const plugin::DeviceType& type, std::string_view name,
                                               std::vector<std::string> fields) {
  const plugin::Channel* channel = type.channel(name);
  const auto list = type.json->getArray("channels");
  if (!channel || !list) return std::nullopt;
  json::Object::Ptr schema;
  for (unsigned i = 0; i < list->size(); ++i)
    if (list->getObject(i)->optValue<std::string>("name", "") == name) schema = list->getObject(i)->getObject("schema");
  const auto properties = schema ? schema->getObject("properties") : nullptr;
  if (!properties || properties->size() != fields.size() || fields.size() > kMostFields) return std::nullopt;
  for (const auto& [key, value] : *schema) {
    static const std::set<std::string> kKnown{"type", "properties", "required", "additionalProperties", "title"};
    if (!kKnown.contains(key) && !key.starts_with("x-")) return std::nullopt;
  }
  NumberChannel made;
  made.interval_ = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / channel->max_rate_hz));
  for (const std::string& field : fields) {
    const auto property = properties->getObject(field);
    if (!property || property->optValue<std::string>("type", "") != "number") return std::nullopt;
    for (const auto& [key, value] : *property) {
      static const std::set<std::string> kKnown{"type", "minimum", "maximum", "title", "default", "description"};
      if (!kKnown.contains(key) && !key.starts_with("x-")) return std::nullopt;
    }
    made.ranges_.push_back({bound(*property, "minimum", -1e300), bound(*property, "maximum", 1e300)});
  }
  made.shape_ = telemetry::ChannelShape::of(*schema);
  const auto& kept = made.shape_->fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto at =
        std::find_if(kept.begin(), kept.end(), [&](const auto& each) { return each.pointer == "/" + fields[i]; });
    if (at == kept.end()) return std::nullopt;
    made.places_[i] = static_cast<std::size_t>(at - kept.begin());
  }
  return made;
}

std::array<double, NumberChannel::kMostFields> NumberChannel::sorted(const double* values) const {
  std::array<double, kMostFields> sorted{};
  for (std::size_t i = 0; i < ranges_.size(); ++i) sorted[places_[i]] = values[i];
  return sorted;
}

bool NumberChannel::fits(const double* values) const {
  for (std::size_t i = 0; i < ranges_.size(); ++i)
    if (!std::isfinite(values[i]) || values[i] < ranges_[i].low || values[i] > ranges_[i].high) return false;
  return true;
}

std::string_view RobotType::typeOf(std::string_view command) const {
  for (const auto& [message_type, name] : commands)
    if (name == command) return message_type;
  return command;
}

std::string outputsJson(bool led, bool buzzer, const RobotMotors& motors) {
  auto motor = [](const RobotMotor& each) {
    return std::string("{\"dir\":\"") + (each.clockwise ? "CW" : "CCW") + "\",\"speed\":" + std::to_string(each.speed) +
           "}";
  };
  return std::string("{\"led\":") + (led ? "true" : "false") + ",\"buzzer\":" + (buzzer ? "true" : "false") +
         ",\"m1\":" + motor(motors.m1) + ",\"m2\":" + motor(motors.m2) + "}";
}

Result<std::shared_ptr<const RobotType>> robotType(const live::TypeCatalogue& catalogue,
                                                   const RobotSettings& settings) {
  auto made = std::make_shared<RobotType>();
  const auto base = catalogue.newest(kRobotType);
  if (!base) return std::shared_ptr<const RobotType>(std::move(made));
  const json::Object::Ptr whole = base->type->json;
  json::Object::Ptr edited(new json::Object(*whole));
  const auto listed = [](const std::string& items) { return json::parse("[" + items + "]"); };
  const auto commands =
      listed(namedOnes(*whole, "commands", kCommands) + declaredOnes(*whole, settings, made->commands));
  const auto channels = listed(namedOnes(*whole, "channels", kChannels));
  if (!commands) return fail(commands.error());
  if (!channels) return fail(channels.error());
  takeLongerTexts(*commands);
  edited->set("commands", *commands);
  edited->set("channels", *channels);
  edited->set("streams", json::Array::Ptr(new json::Array));
  auto type = live::typeFrom(*base, json::write(*edited));
  if (!type) return fail(type.error());
  made->type = *type;
  made->orientation = NumberChannel::of(*made->type->type, "orientation", {"pitch_deg", "roll_deg"});
  made->climate = NumberChannel::of(*made->type->type, "climate", {"temperature_cel", "pressure_pa"});
  const plugin::Channel* outputs = made->type->type->channel("outputs");
  const auto sample = json::parse(outputsJson(true, false, {{true, 100}, {false, 0}}));
  made->shows_outputs = outputs && sample && outputs->schema.validate(*sample);
  return std::shared_ptr<const RobotType>(std::move(made));
}

}  // namespace robohub::gateway

#include "gateway/mqtt/type.hpp"

#include <cmath>

#include "base/json.hpp"
#include "rh/param.hpp"

namespace robohub::gateway {

namespace {

constexpr double kChannelRate = 10;
constexpr std::int64_t kDeadmanMs = 500, kTtlMs = 2000;

using json::Array;
using json::Object;

Object::Ptr object(std::initializer_list<std::pair<const char*, json::Var>> members) {
  Object::Ptr made = new Object;
  for (const auto& [key, value] : members) made->set(key, value);
  return made;
}

template <class List>
Array::Ptr array(const List& items) {
  Array::Ptr made = new Array;
  for (const auto& item : items) made->add(item);
  return made;
}

json::Var bound(double value, bool whole) {
  return whole ? json::Var(static_cast<std::int64_t>(std::llround(value))) : json::Var(value);
}

std::int64_t longest(const std::vector<std::string>& values) {
  std::size_t most = 0;
  for (const std::string& value : values) most = std::max(most, value.size());
  return static_cast<std::int64_t>(most);
}

Object::Ptr schemaOf(const MqttParam& param) {
  Object::Ptr schema;
  const bool whole = param.kind == MqttParam::Kind::integer;
  switch (param.kind) {
    case MqttParam::Kind::number:
    case MqttParam::Kind::integer:
      schema = object({{"type", whole ? "integer" : "number"},
                       {"minimum", bound(param.minimum, whole)},
                       {"maximum", bound(param.maximum, whole)},
                       {"x-unit", param.unit.empty() ? rh::detail::unitOf(param.name) : param.unit}});
      break;
    case MqttParam::Kind::boolean: schema = object({{"type", "boolean"}}); break;
    case MqttParam::Kind::choice:
      schema = object({{"type", "string"}, {"enum", array(param.values)}, {"maxLength", longest(param.values)}});
      break;
    case MqttParam::Kind::text: schema = object({{"type", "string"}, {"maxLength", param.max_length}}); break;
  }
  if (!param.title.empty()) schema->set("title", param.title);
  return schema;
}

Object::Ptr schemaOf(const std::vector<MqttParam>& params) {
  Object::Ptr properties = new Object;
  std::vector<std::string> names;
  for (const MqttParam& param : params) {
    properties->set(param.name, schemaOf(param));
    names.push_back(param.name);
  }
  return object({{"type", "object"},
                 {"additionalProperties", false},
                 {"properties", properties},
                 {"required", array(names)},
                 {"x-order", array(names)}});
}

// "switch_on" -> "Switch on"
std::string titleOf(const std::string& name, const std::string& title) {
  if (!title.empty()) return title;
  std::string made = name;
  for (char& c : made) c = c == '_' || c == '-' ? ' ' : c;
  if (!made.empty() && made[0] >= 'a' && made[0] <= 'z') made[0] = static_cast<char>(made[0] - 32);
  return made;
}

Object::Ptr named(const Array::Ptr& list, const std::string& name) {
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    const auto each = list->getObject(static_cast<unsigned>(i));
    if (each && each->optValue<std::string>("name", "") == name) return each;
  }
  return nullptr;
}

std::set<std::string> textsOf(const Object::Ptr& from, const char* key) {
  std::set<std::string> texts;
  const auto list = from ? from->getArray(key) : nullptr;
  for (std::size_t i = 0; list && i < list->size(); ++i) texts.insert(list->get(static_cast<unsigned>(i)).toString());
  return texts;
}

// Makes the type's JSON of the plugin's (null: none) and the configuration's.
class Maker {
 public:
  Maker(const MqttDevice& device, Object::Ptr base) : device_(device), base_(std::move(base)) {}

  Status make(MqttType& out) {
    const auto translator = base_ ? base_->getObject("translator") : nullptr;
    if (device_.translator && !translator) return refuse("translator", "The plugin of this type has no translator.");
    if (device_.translator || !device_.calibration.empty()) out.translated = textsOf(translator, "commands");
    if (device_.translator) {
      channels_ = textsOf(translator, "channels");
      out.translator_halts = translator->optValue("halt", false);
    }
    if (Status ok = commands(out.translated); !ok) return ok;
    if (Status ok = channels(); !ok) return ok;
    const bool halts = device_.native || device_.halt || out.translator_halts;
    out.halt = halts ? live::HaltKind::sent : live::HaltKind::none;
    made_->set("type", device_.type);
    made_->set("title", base_ ? base_->optValue<std::string>("title", device_.type) : titleOf(device_.type, ""));
    made_->set("description", base_ ? base_->optValue<std::string>("description", "") : "");
    const auto streams = base_ && device_.has_streams ? base_->getArray("streams") : nullptr;
    made_->set("streams", streams ? streams : Array::Ptr(new Array));
    const auto panels = base_ && from_plugin_ ? base_->getArray("panels") : nullptr;
    made_->set("panels", panels ? panels : Array::Ptr(new Array));
    safety(out.halt);
    return {};
  }
  const Object::Ptr& made() const { return made_; }

 private:
  Status refuse(const std::string& key, std::string sentence) const {
    return fail(ErrorCode::invalid_argument, std::move(sentence), "devices." + device_.id + ".mqtt." + key);
  }

  Status commands(const std::set<std::string>& translated) {
    Array::Ptr list = new Array;
    const auto all = base_ ? base_->getArray("commands") : nullptr;
    for (std::size_t i = 0; all && i < all->size(); ++i) {
      const auto each = all->getObject(static_cast<unsigned>(i));
      const auto name = each->optValue<std::string>("name", "");
      const MqttCommand* configured = find(name);
      const bool is_translated = device_.translator && translated.count(name) > 0;
      if (!device_.native && !configured && !is_translated) continue;
      Object::Ptr command = new Object(*each);
      if (configured && configured->has_params) command->set("params", schemaOf(configured->params));
      list->add(command);
      from_plugin_ = true;
    }
    for (const MqttCommand& command : device_.commands) {
      if (named(all, command.name)) continue;
      if (!command.has_params)
        return refuse(
            "commands." + command.name,
            "The type " + device_.type + " has no such command here, so its parameters must stand below `params`.");
      list->add(object({{"name", command.name},
                        {"title", titleOf(command.name, command.title)},
                        {"description", command.description},
                        {"turn", command.needs_turn ? "required" : "none"},
                        {"ttl_ms", kTtlMs},
                        {"hazardous", command.hazardous},
                        {"panel", false},
                        {"params", schemaOf(command.params)}}));
      hazardous_ = hazardous_ || command.hazardous;
    }
    made_->set("commands", list);
    return {};
  }

  Status channels() {
    Array::Ptr list = new Array;
    const auto all = base_ ? base_->getArray("channels") : nullptr;
    for (std::size_t i = 0; all && i < all->size(); ++i) {
      const auto each = all->getObject(static_cast<unsigned>(i));
      const auto name = each->optValue<std::string>("name", "");
      bool configured = false;
      for (const MqttChannel& channel : device_.telemetry) configured = configured || channel.name == name;
      if (device_.native || configured || channels_.count(name) > 0) list->add(each);
    }
    for (const MqttChannel& channel : device_.telemetry) {
      if (named(all, channel.name)) {
        if (channel.pointer)
          return refuse("telemetry." + channel.name,
                        "The type " + device_.type + " has this channel; say below `fields` where its members stand.");
        continue;
      }
      if (!channel.fields.empty())
        return refuse("telemetry." + channel.name,
                      "The type " + device_.type + " has no such channel here; a new one has one value, at `json`.");
      if (!channel.pointer)
        return refuse("telemetry." + channel.name, "The type " + device_.type +
                                                       " has no such channel here; say what it is: where in the "
                                                       "message its number stands (`json`), `minimum` and `maximum`, "
                                                       "or another `type`.");
      list->add(object({{"name", channel.name},
                        {"title", titleOf(channel.name, channel.title)},
                        {"kind", "value"},
                        {"max_rate_hz", kChannelRate},
                        {"schema", schemaOf(std::vector<MqttParam>{channel.value})}}));
    }
    made_->set("channels", list);
    return {};
  }

  void safety(live::HaltKind halt) {
    const auto before = base_ ? base_->getObject("safety") : nullptr;
    Object::Ptr safety = before ? new Object(*before) : new Object;
    // Commands of the configuration may hurt where those of the plugin do not.
    if (textsOf(before, "hazards").empty()) safety->set("hazards", array(device_.hazards));
    if (!safety->has("deadman_ms") && (hazardous_ || !device_.hazards.empty())) safety->set("deadman_ms", kDeadmanMs);
    safety->set("halt", device_.native                 ? "The device is told to stop, and says when it has"
                        : halt == live::HaltKind::sent ? "A message that stops it is sent; nothing confirms it"
                                                       : "Nobody can stop it from here");
    made_->set("safety", safety);
  }

  const MqttCommand* find(const std::string& name) const {
    for (const MqttCommand& command : device_.commands)
      if (command.name == name) return &command;
    return nullptr;
  }

  const MqttDevice& device_;
  const Object::Ptr base_;
  Object::Ptr made_ = new Object;
  std::set<std::string> channels_;
  bool from_plugin_ = false;
  bool hazardous_ = false;
};

}  // namespace

Result<MqttType> mqttTypeOf(const MqttDevice& device, const live::TypeCatalogue& catalogue) {
  const auto refuse = [&](std::string sentence, const char* key) {
    return fail(ErrorCode::invalid_argument, std::move(sentence), "devices." + device.id + "." + key);
  };
  MqttType out;
  out.installed = catalogue.newest(device.type);
  Object::Ptr base;
  if (out.installed) {
    const auto read = json::parseObject(out.installed->json);
    if (!read) return fail(read.error());
    base = *read;
  } else if (device.native) {
    return refuse("The plugin of " + device.type + " is not installed here, which a native device needs.", "type");
  }
  Maker maker(device, base);
  if (Status ok = maker.make(out); !ok) return fail(ok.error());
  Object manifest;
  manifest.set("abi", 1);
  manifest.set("id", out.installed ? out.installed->manifest->id : device.type);
  manifest.set("version", out.installed ? out.installed->manifest->version : std::string("1.0.0"));
  manifest.set("title", maker.made()->optValue<std::string>("title", device.type));
  manifest.set("vendor", out.installed ? out.installed->manifest->vendor : std::string());
  manifest.set("permissions", Array::Ptr(new Array));
  manifest.set("device_types", array(std::vector<Object::Ptr>{maker.made()}));
  auto type =
      live::typeFrom(json::write(manifest), out.installed ? out.installed->panel_folder : std::filesystem::path());
  if (!type)
    return fail(type.error().code, type.error().message, "devices." + device.id + ".mqtt " + type.error().where);
  out.type = std::move(*type);
  if (!out.type->type->hazards.empty() && !device.accept_unfenced)
    return refuse("A " + device.type +
                      " can do harm, and nothing at this device ends what it does when its link or this hub is lost; "
                      "accept_unfenced: true takes that risk.",
                  "accept_unfenced");
  return out;
}

}  // namespace robohub::gateway

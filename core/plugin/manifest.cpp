#include "plugin/manifest.hpp"

#include <algorithm>
#include <set>

#include "base/dotted_name.hpp"
#include "base/ids.hpp"
#include "plugin/sha256.hpp"

namespace robohub::plugin {
namespace {

constexpr std::int64_t kAbi = 1;
constexpr std::size_t kSoundChunksKept = 16;
constexpr std::size_t kMaxChannels = 64;  // a hub keeps the newest value of so many

Status refuse(const std::string& at, std::string sentence) {
  return fail(ErrorCode::invalid_argument, std::move(sentence), at);
}

Result<std::string> nameAt(const json::Object& object, const std::string& key, const std::string& at) {
  auto name = json::getString(object, key, at);
  if (!name) return name;
  if (!isDottedName(*name))
    return fail(ErrorCode::invalid_argument,
                "\"" + key + "\" must have 1 to 64 characters of a-z, 0-9, _, - and single dots.", at + "/" + key);
  return name;
}

// Of what each message on the wire names.
Result<std::string> plainNameAt(const json::Object& object, const std::string& at) {
  auto name = json::getString(object, "name", at);
  if (!name) return name;
  if (!isPlainName(*name))
    return fail(ErrorCode::invalid_argument,
                "\"name\" must have 1 to 64 characters of a-z, 0-9, _ and -, a letter or digit first.", at + "/name");
  return name;
}

// The objects of an array member; an empty list when it is absent.
Result<std::vector<json::Object::Ptr>> objectsAt(const json::Object& object, const std::string& key,
                                                 const std::string& at) {
  std::vector<json::Object::Ptr> out;
  const json::Var value = object.get(key);
  if (value.isEmpty()) return out;
  if (value.type() != typeid(json::Array::Ptr))
    return fail(ErrorCode::invalid_argument, "This must be an array.", at + "/" + key);
  for (const auto& item : *value.extract<json::Array::Ptr>()) {
    if (item.type() != typeid(json::Object::Ptr))
      return fail(ErrorCode::invalid_argument, "This must be an object.",
                  at + "/" + key + "/" + std::to_string(out.size()));
    out.push_back(item.extract<json::Object::Ptr>());
  }
  return out;
}

Result<std::vector<std::string>> textsAt(const json::Object& object, const std::string& key, const std::string& at) {
  std::vector<std::string> out;
  const json::Var value = object.get(key);
  if (value.isEmpty()) return out;
  if (value.type() == typeid(json::Array::Ptr)) {
    for (const auto& item : *value.extract<json::Array::Ptr>()) {
      if (!item.isString() || item.convert<std::string>().empty())
        return fail(ErrorCode::invalid_argument, "This must be an array of texts.", at + "/" + key);
      out.push_back(item.convert<std::string>());
    }
    return out;
  }
  return fail(ErrorCode::invalid_argument, "This must be an array of texts.", at + "/" + key);
}

Result<std::int64_t> integerWithin(const json::Object& object, const std::string& key, const std::string& at,
                                   std::int64_t low, std::int64_t high) {
  auto value = json::getInt(object, key, at);
  if (value && (*value < low || *value > high))
    return fail(ErrorCode::invalid_argument,
                "\"" + key + "\" must be from " + std::to_string(low) + " to " + std::to_string(high) + ".",
                at + "/" + key);
  return value;
}

Result<schema::CompiledSchema> schemaAt(const json::Object& object, const std::string& key, const std::string& at) {
  auto schema = json::getObject(object, key, at);
  if (!schema) return fail(schema.error());
  if (!*schema) return fail(ErrorCode::invalid_argument, "A schema is needed here.", at + "/" + key);
  if ((*schema)->optValue<std::string>("type", "") != "object")
    return fail(ErrorCode::invalid_argument, "This schema must be of an object.", at + "/" + key + "/type");
  return schema::compile(*schema, at + "/" + key);
}

Result<Command> readCommand(const json::Object& object, const std::string& at) {
  auto name = nameAt(object, "name", at);
  if (!name) return fail(name.error());
  auto params = schemaAt(object, "params", at);
  if (!params) return fail(params.error());
  Command command{*name, object.optValue<std::string>("title", *name), true, false, {}, *params, std::nullopt};
  auto turn = json::getString(object, "turn", at);
  if (!turn || (*turn != "required" && *turn != "none"))
    return fail(ErrorCode::invalid_argument, "\"turn\" must be \"required\" or \"none\".", at + "/turn");
  command.needs_turn = *turn == "required";
  auto hazardous = json::getBool(object, "hazardous", at);
  if (!hazardous) return fail(hazardous.error());
  command.hazardous = *hazardous;
  if (command.hazardous && !command.needs_turn)
    return fail(ErrorCode::invalid_argument, "A hazardous command needs a turn.", at + "/turn");
  auto ttl = integerWithin(object, "ttl_ms", at, 1, 60'000);
  if (!ttl) return fail(ttl.error());
  command.ttl = std::chrono::milliseconds(*ttl);
  if (object.has("result")) {
    auto result = schemaAt(object, "result", at);
    if (!result) return fail(result.error());
    command.result = *result;
  }
  return command;
}

Result<Channel> readChannel(const json::Object& object, const std::string& at) {
  auto name = plainNameAt(object, at);
  if (!name) return fail(name.error());
  auto schema = schemaAt(object, "schema", at);
  if (!schema) return fail(schema.error());
  auto kind = json::getString(object, "kind", at);
  if (!kind || (*kind != "state" && *kind != "value"))
    return fail(ErrorCode::invalid_argument, "\"kind\" must be \"state\" or \"value\".", at + "/kind");
  const json::Var rate = object.get("max_rate_hz");
  if (rate.isEmpty() || rate.isString() || rate.isBoolean() || !rate.isNumeric() || !(rate.convert<double>() > 0) ||
      rate.convert<double>() > 1000)
    return fail(ErrorCode::invalid_argument, "\"max_rate_hz\" must be above 0 and at most 1000.", at + "/max_rate_hz");
  return Channel{*name, *kind == "state", rate.convert<double>(), *schema};
}

Result<Stream> readStream(const json::Object& object, const std::string& at) {
  auto name = plainNameAt(object, at);
  if (!name) return fail(name.error());
  auto kind = json::getString(object, "kind", at);
  if (!kind || (*kind != "mjpeg" && *kind != "sound"))
    return fail(ErrorCode::invalid_argument, "\"kind\" must be \"mjpeg\" or \"sound\".", at + "/kind");
  if (*kind == "sound") {
    auto rate = integerWithin(object, "rate_hz", at, 8000, 48'000);
    if (!rate) return fail(rate.error());
    return Stream{*name, 0, 0, Stream::Kind::sound, static_cast<int>(*rate), kSoundChunksKept};
  }
  auto width = integerWithin(object, "width", at, 1, 8192);
  if (!width) return fail(width.error());
  auto height = integerWithin(object, "height", at, 1, 8192);
  if (!height) return fail(height.error());
  Stream pictures;
  pictures.name = *name;
  pictures.width_px = static_cast<int>(*width);
  pictures.height_px = static_cast<int>(*height);
  return pictures;
}

Status checkPanel(const json::Object& object, const std::string& at) {
  auto element = json::getString(object, "element", at);
  if (!element) return fail(element.error());
  // HTML, "valid custom element name": it must hold a hyphen.
  if (!isDottedName(*element) || element->find('-') == std::string::npos || element->find('.') != std::string::npos)
    return refuse(at + "/element", "A custom element's name is of a-z, 0-9 and has a '-'.");
  auto module = nameAt(object, "module", at);
  if (!module) return fail(module.error());
  auto slot = json::getString(object, "slot", at);
  if (!slot || (*slot != "video" && *slot != "side"))
    return refuse(at + "/slot", "\"slot\" must be \"video\" or \"side\".");
  return {};
}

// Reads a list of named things; two of one name are refused.
template <class Item, class Read>
Status readList(const json::Object& object, const char* key, const std::string& at, std::vector<Item>& out, Read read) {
  auto list = objectsAt(object, key, at);
  if (!list) return fail(list.error());
  std::set<std::string> names;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string place = at + "/" + key + "/" + std::to_string(i);
    auto item = read(*(*list)[i], place);
    if (!item) return fail(item.error());
    if (!names.insert(item->name).second) return refuse(place + "/name", "\"" + item->name + "\" stands here twice.");
    out.push_back(std::move(*item));
  }
  return {};
}

Status readSafety(const json::Object& object, const std::string& at, DeviceType& type) {
  auto safety = json::getObject(object, "safety", at);
  if (!safety) return fail(safety.error());
  if (*safety) {
    auto hazards = textsAt(**safety, "hazards", at + "/safety");
    if (!hazards) return fail(hazards.error());
    type.hazards = *hazards;
    if ((*safety)->has("deadman_ms")) {
      auto deadman = integerWithin(**safety, "deadman_ms", at + "/safety", 50, 10'000);
      if (!deadman) return fail(deadman.error());
      type.deadman = std::chrono::milliseconds(*deadman);
    }
  }
  const bool deadman_said = *safety && (*safety)->has("deadman_ms");
  const bool commands_hurt =
      std::any_of(type.commands.begin(), type.commands.end(), [](const Command& c) { return c.hazardous; });
  if ((commands_hurt || !type.hazards.empty()) && !deadman_said)
    return refuse(at + "/safety/deadman_ms", "A type with hazards needs a dead-man.");
  // What protects people from a type (no turns without TLS, who resets a stop) goes by its hazards.
  if (commands_hurt && type.hazards.empty())
    return refuse(at + "/safety/hazards", "A type with hazardous commands says what can hurt (hazards).");
  return {};
}

Result<DeviceType> readType(const json::Object::Ptr& object, const std::string& at) {
  auto name = nameAt(*object, "type", at);
  if (!name) return fail(name.error());
  DeviceType type;
  type.type = *name;
  type.title = object->optValue<std::string>("title", *name);
  type.json = object;
  if (auto ok = readList(*object, "commands", at, type.commands, readCommand); !ok) return fail(ok.error());
  if (auto ok = readList(*object, "channels", at, type.channels, readChannel); !ok) return fail(ok.error());
  if (type.channels.size() > kMaxChannels)
    return fail(ErrorCode::invalid_argument, "A type has at most 64 channels.", at + "/channels");
  if (auto ok = readList(*object, "streams", at, type.streams, readStream); !ok) return fail(ok.error());
  if (auto ok = readSafety(*object, at, type); !ok) return fail(ok.error());
  auto panels = objectsAt(*object, "panels", at);
  if (!panels) return fail(panels.error());
  for (std::size_t i = 0; i < panels->size(); ++i)
    if (auto ok = checkPanel(*(*panels)[i], at + "/panels/" + std::to_string(i)); !ok) return fail(ok.error());
  return type;
}

Status readLibrary(const json::Object& root, Manifest& manifest) {
  auto libraries = json::getObject(root, "libraries");
  if (!libraries) return fail(libraries.error());
  if (!*libraries) return {};
  auto ours = json::getObject(**libraries, platform(), "/libraries");
  if (!ours) return fail(ours.error());
  if (!*ours) return {};
  const std::string at = std::string("/libraries/") + platform();
  auto file = nameAt(**ours, "file", at);
  if (!file) return fail(file.error());
  auto sha256 = json::getString(**ours, "sha256", at);
  if (!sha256) return fail(sha256.error());
  if (sha256->size() != 64 || sha256->find_first_not_of("0123456789abcdef") != std::string::npos)
    return refuse(at + "/sha256", "This must be 64 lower-case hexadecimal digits.");
  manifest.library = Library{*file, *sha256};
  return {};
}

std::string hashOfObject(const json::Object& object) {
  json::Object described(object);  // a shallow copy: only a member of its own is taken out
  described.remove("libraries");
  return sha256Hex(json::write(described));
}

template <class Item>
const Item* byName(const std::vector<Item>& items, std::string_view name) {
  auto it = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  return it == items.end() ? nullptr : &*it;
}

}  // namespace

const Command* DeviceType::command(std::string_view name) const {
  return byName(commands, name);
}
const Channel* DeviceType::channel(std::string_view name) const {
  return byName(channels, name);
}
const Stream* DeviceType::stream(std::string_view name) const {
  return byName(streams, name);
}

const DeviceType* Manifest::type(std::string_view name) const {
  auto it = std::find_if(types.begin(), types.end(), [&](const DeviceType& t) { return t.type == name; });
  return it == types.end() ? nullptr : &*it;
}

const char* platform() {
#if defined(__x86_64__)
  return "linux-x86_64";
#elif defined(__aarch64__)
  return "linux-aarch64";
#elif defined(__arm__)
  return "linux-armhf";
#elif defined(__riscv)
  return "linux-riscv64";
#else
#error "This platform needs a name for plugin.json."
#endif
}

Result<std::shared_ptr<const Manifest>> Manifest::parse(std::string_view text) {
  auto root = json::parseObject(text);
  if (!root) return fail(root.error());
  const json::Object& object = **root;
  auto abi = json::getInt(object, "abi");
  if (!abi) return fail(abi.error());
  if (*abi != kAbi)
    return fail(ErrorCode::unsupported, "The plugin is made for ABI " + std::to_string(*abi) + ", this is 1.", "/abi");
  auto manifest = std::make_shared<Manifest>();
  auto id = nameAt(object, "id", "");
  if (!id) return fail(id.error());
  auto version = nameAt(object, "version", "");
  if (!version) return fail(version.error());
  auto permissions = textsAt(object, "permissions", "");
  if (!permissions) return fail(permissions.error());
  manifest->id = *id;
  manifest->version = *version;
  manifest->title = object.optValue<std::string>("title", *id);
  manifest->vendor = object.optValue<std::string>("vendor", "");
  manifest->permissions = *permissions;
  auto types = objectsAt(object, "device_types", "");
  if (!types) return fail(types.error());
  if (types->empty()) return fail(ErrorCode::invalid_argument, "At least one device type is needed.", "/device_types");
  for (std::size_t i = 0; i < types->size(); ++i) {
    const std::string at = "/device_types/" + std::to_string(i);
    auto type = readType((*types)[i], at);
    if (!type) return fail(type.error());
    if (manifest->type(type->type))
      return fail(ErrorCode::invalid_argument, "\"" + type->type + "\" stands here twice.", at + "/type");
    manifest->types.push_back(std::move(*type));
  }
  if (auto ok = readLibrary(object, *manifest); !ok) return fail(ok.error());
  manifest->hash = hashOfObject(object);
  return std::shared_ptr<const Manifest>(std::move(manifest));
}

Result<std::string> Manifest::hashOf(std::string_view text) {
  auto root = json::parseObject(text);
  if (!root) return fail(root.error());
  return hashOfObject(**root);
}

}  // namespace robohub::plugin

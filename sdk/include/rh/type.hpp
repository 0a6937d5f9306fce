// How an author declares a device type: identity, commands, channels, streams, safety and panels in one expression.
// Schema, dispatch, checks, form and documentation come from it.
#pragma once
#include <chrono>
#include <functional>

#include "rh/completion.hpp"
#include "rh/param.hpp"
#include "rh/translator.hpp"

namespace rh {

namespace detail {

struct Command {
  std::string name;
  bool hazardous = false;
  Json schema;  // of the parameters
  // Returns the result, or nothing when the method took the completion.
  std::function<std::optional<Json>(Device&, const Json& params, const std::shared_ptr<Pending>&)> invoke;
};

// What a Type<T> comes down to.
struct TypeInfo {
  Json plugin = Json::object();  // the manifest's members of the plugin
  Json type = Json::object();    // its device type
  std::vector<Command> commands;
  std::function<std::unique_ptr<Device>(Context)> make;
  std::function<std::unique_ptr<Translator>(Context)> make_translator;  // null: none
};

template <class T>
T argument(const Params& params, const Json& values, std::size_t i) {
  const Json* value = values.find(params[i].name());
  return value ? value->as<T>() : Json().as<T>();  // only an std::optional can be absent
}

// Whether as<T>() can be of a value that was left out: a class of the author's may see that in its fromJson().
template <class T>
inline constexpr bool kCanBeAbsent = !std::is_arithmetic_v<T> && !std::is_same_v<T, std::string> && !IsVector<T>::value;

template <class F>
struct Method;
template <class T, class R, class... Args>
struct Method<R (T::*)(Args...)> {
  using Class = T;
  static constexpr std::size_t count = sizeof...(Args);
  static constexpr bool can_be_absent[] = {kCanBeAbsent<std::decay_t<Args>>..., false};  // one more: none is empty

  template <class F, std::size_t... I>
  static std::optional<Json> call(F method, T& device, const Params& params, const Json& values,
                                  std::index_sequence<I...>) {
    if constexpr (std::is_void_v<R>) {
      (device.*method)(argument<std::decay_t<Args>>(params, values, I)...);
      return Json();
    } else {
      return Json((device.*method)(argument<std::decay_t<Args>>(params, values, I)...));
    }
  }
  template <class F>
  static std::optional<Json> invoke(F method, T& device, const Params& params, const Json& values,
                                    const std::shared_ptr<Pending>&) {
    return call(method, device, params, values, std::index_sequence_for<Args...>());
  }
};
template <class T, class... Args>
struct Method<void (T::*)(Completion, Args...)> {
  using Class = T;
  static constexpr std::size_t count = sizeof...(Args);
  static constexpr bool can_be_absent[] = {kCanBeAbsent<std::decay_t<Args>>..., false};

  template <class F, std::size_t... I>
  static void call(F method, T& device, const Params& params, const Json& values, Completion done,
                   std::index_sequence<I...>) {
    (device.*method)(std::move(done), argument<std::decay_t<Args>>(params, values, I)...);
  }
  template <class F>
  static std::optional<Json> invoke(F method, T& device, const Params& params, const Json& values,
                                    const std::shared_ptr<Pending>& pending) {
    call(method, device, params, values, Completion(pending), std::index_sequence_for<Args...>());
    return std::nullopt;
  }
};
template <class T, class R, class... Args>
struct Method<R (T::*)(Args...) const> : Method<R (T::*)(Args...)> {};
template <class T, class R, class... Args>
struct Method<R (T::*)(Args...) noexcept> : Method<R (T::*)(Args...)> {};
template <class T, class R, class... Args>
struct Method<R (T::*)(Args...) const noexcept> : Method<R (T::*)(Args...)> {};

}  // namespace detail

// Every function returns *this. Those of a command or channel apply to the one declared last. Wrong use throws
// std::logic_error, which the build of the plugin (its describe()) reports.
template <class T>
class Type : public detail::TypeInfo {
 public:
  // `id` names plugin and device type: a-z, 0-9, '_', '-' and '.'; `version` is semantic (1.2.0).
  Type(std::string_view id, std::string_view version) {
    plugin = Json{{"abi", RH_ABI_VERSION}, {"id", id},      {"version", version},  {"title", id},
                  {"vendor", ""},          {"licence", ""}, {"documentation", ""}, {"permissions", Json::array()}};
    type = Json{{"type", id},
                {"title", id},
                {"description", ""},
                {"commands", Json::array()},
                {"channels", Json::array()},
                {"streams", Json::array()},
                {"panels", Json::array()},
                {"safety", Json{{"hazards", Json::array()}, {"halt", ""}}}};
    make = [](Context context) -> std::unique_ptr<Device> { return std::make_unique<T>(std::move(context)); };
  }

  // ---- the plugin ----
  Type& vendor(std::string_view name) { return set(plugin, "vendor", name); }
  Type& licence(std::string_view spdx) { return set(plugin, "licence", spdx); }
  Type& documentation(std::string_view url) { return set(plugin, "documentation", url); }
  // What the driver needs of the machine: "i2c", "gpio", "video", "network", ...
  Type& permission(std::string_view name) { return plugin["permissions"].push(name), *this; }
  // The device type's id where it is not the plugin's.
  Type& named(std::string_view type_id) { return set(type, "type", type_id); }

  // ---- safety ----
  // What can hurt: "laser", "motion", "heat", ... A type with hazards needs deadman(), and runs in a child process.
  Type& hazard(std::string_view name) { return type["safety"]["hazards"].push(name), *this; }
  // Outputs go off when the driving page was silent for this long.
  Type& deadman(std::chrono::milliseconds after) {
    return set(type["safety"], "deadman_ms", static_cast<std::int64_t>(after.count()));
  }
  // What halt does, in words: "Laser off, servos hold".
  Type& halts(std::string_view words) { return set(type["safety"], "halt", words); }

  // ---- commands ----
  // The method's parameters in the order of `params`: bool, int, double, std::string, rh::Json, std::vector<..>,
  // std::optional<..> (for optional ones). It returns nothing, or an object as result().
  template <auto MethodPointer>
  Type& command(std::string_view name, std::string_view description, const Params& params = {}) {
    using Signature = detail::Method<decltype(MethodPointer)>;
    static_assert(std::is_base_of_v<typename Signature::Class, T>, "The command must be a method of the device.");
    if (Signature::count != params.size())
      throw std::logic_error("Command \"" + std::string(name) + "\" declares " + std::to_string(params.size()) +
                             " parameters, its method takes " + std::to_string(Signature::count) + ".");
    for (std::size_t i = 0; i < params.size(); ++i)
      if (!params[i].required() && !Signature::can_be_absent[i])
        throw std::logic_error("Parameter \"" + params[i].name() + "\" of command \"" + std::string(name) +
                               "\" may be left out, so the method takes a std::optional of it.");
    detail::Command command;
    command.name = name;
    command.schema = objectSchema(params);
    command.invoke = [params](Device& device, const Json& values, const std::shared_ptr<detail::Pending>& pending) {
      return Signature::invoke(MethodPointer, static_cast<T&>(device), params, values, pending);
    };
    type["commands"].push(Json{{"name", name},
                               {"title", titleOf(name)},
                               {"description", description},
                               {"turn", "required"},
                               {"ttl_ms", 2000},
                               {"hazardous", false},
                               {"panel", false},
                               {"params", command.schema}});
    commands.push_back(std::move(command));
    last_ = "commands";
    return *this;
  }
  // Refused by the skin unless a permit is valid.
  Type& hazardous() {
    last("commands", "hazardous")["hazardous"] = true;
    commands.back().hazardous = true;
    return *this;
  }
  // Needs no turn.
  Type& turnNone() { return last("commands", "turnNone")["turn"] = "none", *this; }
  // A command that is older than this is not begun any more, and must be done by then.
  Type& ttl(std::chrono::milliseconds ttl) {
    return last("commands", "ttl")["ttl_ms"] = static_cast<std::int64_t>(ttl.count()), *this;
  }
  // A panel offers it, so the generated form leaves it folded away.
  Type& panel() { return last("commands", "panel")["panel"] = true, *this; }
  // What it returns.
  Type& result(const Params& members) { return last("commands", "result")["result"] = objectSchema(members), *this; }

  // ---- telemetry ----
  // A channel whose values are objects of these members; "state" (the newest counts) until value() says otherwise.
  Type& channel(std::string_view name, const Params& members) {
    type["channels"].push(Json{{"name", name},
                               {"title", titleOf(name)},
                               {"kind", "state"},
                               {"max_rate_hz", 10},
                               {"schema", objectSchema(members)}});
    last_ = "channels";
    return *this;
  }
  // The channel is a measured series.
  Type& value() { return last("channels", "value")["kind"] = "value", *this; }
  Type& maxRate(double hz) { return last("channels", "maxRate")["max_rate_hz"] = hz, *this; }

  // ---- pictures, sound and panels ----
  Type& stream(std::string_view name, int width_px, int height_px) {
    type["streams"].push(Json{{"name", name}, {"kind", "mjpeg"}, {"width", width_px}, {"height", height_px}});
    last_ = "streams";
    return *this;
  }
  // What a microphone hears: Context::frame() takes chunks of 10 to 100 ms, 16-bit little-endian samples of one
  // channel. The agent's own microphone may take the driver's place. `rate_hz`: 8000 to 48000.
  Type& sound(std::string_view name, int rate_hz) {
    type["streams"].push(Json{{"name", name}, {"kind", "sound"}, {"rate_hz", rate_hz}});
    last_ = "streams";
    return *this;
  }
  // A custom element of the plugin's ES module; slot "video" (over the picture) or "side".
  Type& panel(std::string_view element, std::string_view module, std::string_view slot, std::string_view title) {
    type["panels"].push(Json{{"element", element}, {"module", module}, {"slot", slot}, {"title", title}});
    last_ = "panels";
    return *this;
  }

  // ---- older devices ----
  // A translator (rh/translator.hpp) for devices of this type that speak another language: which of the commands and
  // channels they have then, and whether it can stop them.
  template <class Tr>
  Type& translator(std::initializer_list<const char*> link_commands,
                   std::initializer_list<const char*> link_channels = {}, bool halts = false) {
    const auto listOf = [](std::initializer_list<const char*> names) {
      Json list = Json::array();
      for (const char* name : names) list.push(name);
      return list;
    };
    type["translator"] =
        Json{{"commands", listOf(link_commands)}, {"channels", listOf(link_channels)}, {"halt", halts}};
    make_translator = [](Context context) -> std::unique_ptr<Translator> {
      return std::make_unique<Tr>(std::move(context));
    };
    last_ = "translator";
    return *this;
  }

  // Of the command or channel declared last; before any declaration, of plugin and device type.
  Type& title(std::string_view words) {
    if (last_.empty()) return set(plugin, "title", words), set(type, "title", words);
    return described("title")["title"] = words, *this;
  }
  // Of the device type, before the first command or channel; of the channel declared last after it.
  Type& description(std::string_view words) {
    if (last_.empty()) return set(type, "description", words);
    return described("description")["description"] = words, *this;
  }

 private:
  Type& set(Json& object, std::string_view key, Json value) { return object[key] = std::move(value), *this; }
  Json& last(const char* list, const char* function) {
    if (last_ != list || type[list].items().empty())
      throw std::logic_error(std::string(function) + "() belongs behind the declaration that it is about.");
    return type[list].back();
  }
  // The command or channel declared last. Streams, panels and translators have no words of their own.
  Json& described(const char* function) { return last(last_ == "channels" ? "channels" : "commands", function); }
  // "arm_camera" -> "Arm camera"
  static std::string titleOf(std::string_view name) {
    std::string title(name);
    for (char& c : title) c = c == '_' || c == '-' ? ' ' : c;
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 32);
    return title;
  }
  std::string last_;  // the list that the functions of one command or channel apply to
};

}  // namespace rh

#include "schema/flat_check.hpp"

#include <algorithm>
#include <cmath>

namespace robohub::schema {

namespace {

std::optional<double> numberOf(const json::Var& value) {
  const auto& type = value.type();
  if (type == typeid(double)) return value.extract<double>();
  if (type == typeid(Poco::Int64)) return static_cast<double>(value.extract<Poco::Int64>());
  if (type == typeid(int)) return static_cast<double>(value.extract<int>());
  return std::nullopt;
}

std::optional<double> bound(const json::Object& schema, const char* word) {
  return schema.has(word) ? numberOf(schema.get(word)) : std::nullopt;
}

}  // namespace

std::optional<FlatCheck> FlatCheck::of(const json::Object& schema) {
  const auto type = json::getString(schema, "type");
  if (!type || *type != "object" || schema.has("enum") || schema.has("const")) return std::nullopt;
  FlatCheck check;
  const auto properties = schema.getObject("properties");
  if (!properties) return std::nullopt;
  for (const auto& [name, value] : *properties) {
    if (value.type() != typeid(json::Object::Ptr)) return std::nullopt;
    const json::Object& of = *value.extract<json::Object::Ptr>();
    const auto kind = json::getString(of, "type");
    if (!kind || of.has("enum") || of.has("const") || of.has("multipleOf")) return std::nullopt;
    Member member;
    member.name = name;
    if (*kind == "number" || *kind == "integer") {
      member.kind = *kind == "number" ? Member::Kind::number : Member::Kind::integer;
      const auto least = bound(of, "minimum"), above = bound(of, "exclusiveMinimum");
      const auto most = bound(of, "maximum"), below = bound(of, "exclusiveMaximum");
      // One of each pair, as a number that this can read; else the library decides.
      if (least.has_value() == above.has_value() || most.has_value() == below.has_value()) return std::nullopt;
      if (of.has("minimum") != least.has_value() || of.has("maximum") != most.has_value()) return std::nullopt;
      if (of.has("exclusiveMinimum") != above.has_value() || of.has("exclusiveMaximum") != below.has_value())
        return std::nullopt;
      member.least = least ? *least : *above;
      member.most = most ? *most : *below;
      member.above_least = above.has_value();
      member.below_most = below.has_value();
    } else if (*kind == "string") {
      member.kind = Member::Kind::text;
      const auto longest = json::getInt(of, "maxLength");
      if (!longest || *longest < 0) return std::nullopt;
      member.longest = static_cast<std::size_t>(*longest);
      if (of.has("minLength")) {
        const auto shortest = json::getInt(of, "minLength");
        if (!shortest || *shortest > 1) return std::nullopt;
        member.nonempty = *shortest == 1;
      }
    } else if (*kind != "boolean") {
      return std::nullopt;
    }
    check.members_.push_back(std::move(member));
  }
  if (schema.has("required")) {
    const auto required = schema.getArray("required");
    if (!required) return std::nullopt;
    for (const auto& each : *required) {
      if (!each.isString()) return std::nullopt;
      const auto name = each.extract<std::string>();
      const auto at = std::find_if(check.members_.begin(), check.members_.end(),
                                   [&](const Member& member) { return member.name == name; });
      if (at == check.members_.end()) return std::nullopt;
      at->required = true;
    }
  }
  for (const Member& member : check.members_) check.required_ += member.required;
  return check;
}

bool FlatCheck::Member::fits(const json::Var& value) const {
  switch (kind) {
    case Kind::boolean: return value.type() == typeid(bool);
    case Kind::text: {
      if (value.type() != typeid(std::string)) return false;
      const auto& text = value.extract<std::string>();
      return text.size() <= longest && !(nonempty && text.empty());  // no more characters than bytes
    }
    case Kind::number:
    case Kind::integer: break;
  }
  const auto number = numberOf(value);
  // What is not finite is refused with a sentence of its own, what is no exact integer as the library says.
  if (!number || !std::isfinite(*number)) return false;
  if (kind == Kind::integer && (std::nearbyint(*number) != *number || std::fabs(*number) >= 9e15)) return false;
  if (above_least ? *number <= least : *number < least) return false;
  return below_most ? *number < most : *number <= most;
}

bool FlatCheck::fits(const json::Var& value) const {
  if (value.type() != typeid(json::Object::Ptr)) return false;
  const auto& object = value.extract<json::Object::Ptr>();
  if (!object) return false;
  std::size_t required = 0;
  for (const auto& [name, member] : *object) {
    const auto at = std::find_if(members_.begin(), members_.end(),
                                 [&name = name](const Member& each) { return each.name == name; });
    if (at == members_.end() || !at->fits(member)) return false;
    required += at->required;
  }
  return required == required_;
}

}  // namespace robohub::schema

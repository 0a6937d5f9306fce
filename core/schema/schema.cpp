#include "schema/schema.hpp"

#include <cmath>
#include <optional>
#include <valijson/adapters/poco_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "schema/explain.hpp"
#include "schema/flat_check.hpp"

namespace robohub::schema {
namespace {

using Adapter = valijson::adapters::PocoJsonAdapter;

// What the library would get wrong: it refuses 3.0 where an integer is asked for, converts what no 64 bits hold, and
// lets NaN pass every bound. The worst last.
enum class Doubles { none, integral, huge, not_finite };
constexpr double kBeyondIntegers = 9.2e18;

bool isDouble(const json::Var& value) {
  return value.type() == typeid(double) || value.type() == typeid(float);
}

Doubles lookAt(const json::Var& value) {
  Doubles worst = Doubles::none;
  if (isDouble(value)) {
    const double number = value.convert<double>();
    if (!std::isfinite(number)) return Doubles::not_finite;
    if (std::fabs(number) >= kBeyondIntegers) return Doubles::huge;
    return std::nearbyint(number) == number && std::fabs(number) < 9e15 ? Doubles::integral : Doubles::none;
  }
  if (value.type() == typeid(json::Object::Ptr)) {
    for (const auto& [key, member] : *value.extract<json::Object::Ptr>()) worst = std::max(worst, lookAt(member));
  } else if (value.type() == typeid(json::Array::Ptr)) {
    for (const auto& item : *value.extract<json::Array::Ptr>()) worst = std::max(worst, lookAt(item));
  }
  return worst;
}

// Where a value that no 64 bits hold stands for an integer: the library would convert it for `multipleOf`, unchecked.
std::optional<std::string> hugeInteger(const json::Object& schema, const json::Var& value, const std::string& at) {
  if (isDouble(value))
    return schema.optValue<std::string>("type", "") == "integer" && lookAt(value) == Doubles::huge ? std::optional(at)
                                                                                                   : std::nullopt;
  if (value.type() == typeid(json::Object::Ptr)) {
    const auto properties = schema.getObject("properties");
    if (properties.isNull()) return std::nullopt;
    for (const auto& [key, member] : *value.extract<json::Object::Ptr>())
      if (const auto of = properties->getObject(key); !of.isNull())
        if (auto found = hugeInteger(*of, member, at + "/" + json::pointerStep(key))) return found;
  } else if (value.type() == typeid(json::Array::Ptr)) {
    const auto of = schema.getObject("items");
    if (of.isNull()) return std::nullopt;
    std::size_t number = 0;
    for (const auto& item : *value.extract<json::Array::Ptr>())
      if (auto found = hugeInteger(*of, item, at + "/" + std::to_string(number++))) return found;
  }
  return std::nullopt;
}

// A copy in which 3.0 is 3.
json::Var withIntegers(const json::Var& value) {
  if (isDouble(value)) {
    if (lookAt(value) == Doubles::integral) return static_cast<Poco::Int64>(value.convert<double>());
    return value;
  }
  if (value.type() == typeid(json::Object::Ptr)) {
    json::Object::Ptr copy = new json::Object;
    for (const auto& [key, member] : *value.extract<json::Object::Ptr>()) copy->set(key, withIntegers(member));
    return copy;
  }
  if (value.type() == typeid(json::Array::Ptr)) {
    json::Array::Ptr copy = new json::Array;
    for (const auto& item : *value.extract<json::Array::Ptr>()) copy->add(withIntegers(item));
    return copy;
  }
  return value;
}

// The library's context is {"<root>", "[pairs]", "[1]"}: brackets around a member's name or an item's number.
std::string_view stepOf(const std::string& context) {
  return std::string_view(context).substr(1, context.size() - 2);
}

}  // namespace

struct CompiledSchema::Compiled {
  json::Object::Ptr source;  // a copy of its own, only read
  valijson::Schema schema;
  std::optional<FlatCheck> flat;
};

Result<CompiledSchema> CompiledSchema::compile(const json::Object::Ptr& schema, std::string_view at) {
  if (!schema) return fail(ErrorCode::invalid_argument, "A schema is expected here.", std::string(at));
  if (auto ok = lint(*schema, at); !ok) return fail(ok.error());
  auto source = json::parseObject(json::write(*schema));
  if (!source) return fail(source.error());
  auto compiled = std::make_shared<Compiled>();
  compiled->source = *source;
  compiled->flat = FlatCheck::of(**source);
  try {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(Adapter(json::Var(compiled->source)), compiled->schema);
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, std::string("The schema cannot be used: ") + error.what(),
                std::string(at));
  }
  return CompiledSchema(std::move(compiled));
}

Status CompiledSchema::validate(const json::Var& value, std::string_view at) const {
  if (compiled_->flat && compiled_->flat->fits(value)) return {};
  json::Var target = value;
  switch (lookAt(value)) {
    case Doubles::none: break;
    case Doubles::huge:
      if (auto where = hugeInteger(*compiled_->source, value, std::string(at)))
        return fail(ErrorCode::invalid_argument, "This integer needs over 64 bits.", std::move(*where));
      [[fallthrough]];
    case Doubles::integral: target = withIntegers(value); break;
    case Doubles::not_finite: return fail(ErrorCode::invalid_argument, "All numbers must be finite.", std::string(at));
  }
  valijson::Validator validator;
  if (validator.validate(compiled_->schema, Adapter(target), nullptr)) return {};

  // Refused: once more for the place, which costs too much to collect each time.
  valijson::ValidationResults results;
  validator.validate(compiled_->schema, Adapter(target), &results);
  valijson::ValidationResults::Error error;
  std::string where(at);
  json::Object::Ptr node = compiled_->source;
  if (results.popError(error)) {
    for (std::size_t i = 1; i < error.context.size(); ++i) {
      const std::string step(stepOf(error.context[i]));
      where += "/" + step;
      if (target.type() == typeid(json::Object::Ptr)) {
        target = json::Var(target.extract<json::Object::Ptr>()->get(step));
        node = node->getObject("properties")->getObject(step);
      } else {
        target = json::Var(target.extract<json::Array::Ptr>()->get(static_cast<unsigned>(std::stoul(step))));
        node = node->getObject("items");
      }
    }
  }
  const Explanation why = explain(*node, target);
  std::string name = where.size() > at.size() ? where.substr(where.rfind('/') + 1) : "";
  if (!why.member.empty()) {
    name = why.member;
    where += "/" + json::pointerStep(why.member);
  }
  const std::string subject = name.empty() ? "The value" : "\"" + name + "\"";
  return fail(ErrorCode::invalid_argument, subject + " " + why.sentence + ".", where);
}

}  // namespace robohub::schema

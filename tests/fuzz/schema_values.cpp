// Schemas of the profile, made out of the input, and values that fit them or nearly do. A flat schema is checked by a
// short cut (flat_check.hpp) and any other by the library; inside of another object the short cut is not taken, so both
// are asked for the same value here, and must agree.
#include <limits>
#include <string>

#include "base/json.hpp"
#include "byte_source.hpp"
#include "schema/flat_check.hpp"
#include "schema/schema.hpp"
#include "target.hpp"

using namespace robohub;

namespace {

using Object = json::Object;

json::Var number(fuzz::ByteSource& source, bool whole) {
  constexpr double kEdges[] = {0, -0.0, 1, -1, 0.5, 1e-9, 9e15, -9e15, 9007199254740992.0, 1e300, 4294967296.0};
  switch (source.pick(whole ? 3 : 5)) {
    case 0: return static_cast<Poco::Int64>(static_cast<std::int8_t>(source.byte()));
    case 1: return static_cast<Poco::Int64>(source.integer(4));
    case 2: return static_cast<double>(static_cast<std::int8_t>(source.byte()));
    case 3: return kEdges[source.pick(std::size(kEdges))];
    default: return static_cast<double>(source.integer(2)) / 8;
  }
}

Object::Ptr memberSchema(fuzz::ByteSource& source, int nesting) {
  Object::Ptr schema = new Object;
  switch (source.pick(nesting > 1 ? 4 : 6)) {
    case 0:
    case 1: {
      const bool whole = source.flag();
      schema->set("type", whole ? "integer" : "number");
      schema->set("x-unit", "1");
      schema->set(source.flag() ? "minimum" : "exclusiveMinimum", number(source, whole));
      schema->set(source.flag() ? "maximum" : "exclusiveMaximum", number(source, whole));
      if (whole && source.pick(8) == 7) schema->set("multipleOf", 1 + source.byte());
      break;
    }
    case 2: schema->set("type", "boolean"); break;
    case 3:
      schema->set("type", "string");
      schema->set("maxLength", static_cast<int>(source.pick(12)));
      if (source.flag()) schema->set("minLength", static_cast<int>(source.pick(4)));
      break;
    case 4:
      schema->set("type", "array");
      schema->set("maxItems", static_cast<int>(source.pick(4)));
      schema->set("items", memberSchema(source, nesting + 1));
      break;
    default: {
      Object::Ptr properties = new Object;
      properties->set("m", memberSchema(source, nesting + 1));
      schema->set("type", "object");
      schema->set("properties", properties);
      schema->set("additionalProperties", false);
    }
  }
  return schema;
}

json::Var value(fuzz::ByteSource& source, int nesting = 0) {
  switch (source.pick(nesting > 2 ? 6 : 9)) {
    case 0:
    case 1: return number(source, source.flag());
    case 2: return source.flag();
    case 3: {
      // Characters of one to four bytes: lengths count characters.
      constexpr const char* kCharacters[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\xa4\x96"};
      std::string text;
      for (auto left = source.pick(14); left > 0; --left) text += kCharacters[source.pick(4)];
      return text;
    }
    case 4: return source.flag() ? json::Var() : json::Var(std::string());
    case 5:
      // No text of JSON can say these; a driver's own numbers can.
      return source.flag() ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    case 6: {
      json::Array::Ptr array = new json::Array;
      for (auto left = source.pick(4); left > 0; --left) array->add(value(source, nesting + 1));
      return array;
    }
    default: {
      Object::Ptr object = new Object;
      if (source.flag()) object->set("m", value(source, nesting + 1));
      return object;
    }
  }
}

Object::Ptr wrapped(const char* name, const json::Var& inner) {
  Object::Ptr object = new Object;
  object->set(name, inner);
  return object;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::ByteSource source(fuzz::text(data, size));
  Object::Ptr properties = new Object;
  json::Array::Ptr required = new json::Array;
  const auto members = source.pick(5);
  for (std::size_t i = 0; i < members; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    properties->set(name, memberSchema(source, 0));
    if (source.flag()) required->add(name);
  }
  Object::Ptr schema = wrapped("type", "object");
  schema->set("properties", properties);
  schema->set("additionalProperties", false);
  if (required->size() > 0) schema->set("required", required);

  Object::Ptr outer = wrapped("type", "object");
  outer->set("properties", wrapped("v", schema));
  outer->set("additionalProperties", false);

  const bool good = schema::lint(*schema).has_value();
  const auto compiled = schema::compile(schema), around = schema::compile(outer);
  fuzz::promise(good == compiled.has_value(), "a schema of the profile compiles, and no other one");
  fuzz::promise(good == around.has_value(), "a schema is as good inside of another one");
  if (!good) return 0;
  const auto flat = schema::FlatCheck::of(*schema);
  for (int round = 0; round < 4; ++round) {
    Object::Ptr given = new Object;
    for (std::size_t i = 0; i < members + 1; ++i)
      if (source.pick(4) != 3) given->set(std::string(1, static_cast<char>('a' + i)), value(source));
    const auto here = compiled->validate(given), there = around->validate(wrapped("v", given));
    fuzz::promise(here.has_value() == there.has_value(), "the short cut and the library say the same");
    if (flat && flat->fits(given)) fuzz::promise(there.has_value(), "what the short cut takes, the library takes");
    if (here || here.error().message == "All numbers must be finite.") continue;
    fuzz::promise("/v" + here.error().where == there.error().where, "both say the same place");
    fuzz::promise(!here.error().message.empty(), "a refusal has a sentence");
  }
  return 0;
}

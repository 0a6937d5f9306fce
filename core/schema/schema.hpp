// What devices declare about their commands and values decides what reaches hardware, so a schema is checked before it
// is trusted: the library behind validate() ignores words that it does not know and runs std::regex on whatever it is
// given. compile() therefore takes only the profile of docs/PLUGINS.md: JSON Schema draft-07 with known keywords and
// x-*, no pattern and no format, bounds on every number, maxLength on every string, maxItems on every array,
// additionalProperties false on every object, and x-unit on every number.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace robohub::schema {

// Whether `schema` stays within the profile. Errors: invalid_argument, `where` is the JSON Pointer of the offending
// keyword behind `at`. [any-thread]
Status lint(const json::Object& schema, std::string_view at = "");

// A linted schema, ready for use. Immutable; copies share it. [any-thread]
class CompiledSchema {
 public:
  // Errors as lint(). Nothing of `schema` is kept by reference.
  static Result<CompiledSchema> compile(const json::Object::Ptr& schema, std::string_view at = "");

  // Errors: invalid_argument, `where` = `at` + the JSON Pointer of the first value that does not fit, and a sentence
  // for a person ("must be at most 479"). Integers may be written as doubles (3.0), as draft-07 says.
  Status validate(const json::Var& value, std::string_view at = "") const;

 private:
  struct Compiled;
  explicit CompiledSchema(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

inline Result<CompiledSchema> compile(const json::Object::Ptr& schema, std::string_view at = "") {
  return CompiledSchema::compile(schema, at);
}

}  // namespace robohub::schema

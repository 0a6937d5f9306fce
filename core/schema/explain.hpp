// Turns "does not fit" into a sentence that a person can act on. Looks at one node only: the library has found where.
#pragma once
#include <string>

#include "base/json.hpp"

namespace robohub::schema {

struct Explanation {
  std::string member;    // the member that is missing or unknown; empty when the value itself is at fault
  std::string sentence;  // "must be at most 479"
};

// Why `value` does not fit this linted schema, without looking into its members. [any-thread]
Explanation explain(const json::Object& schema, const json::Var& value);

}  // namespace robohub::schema

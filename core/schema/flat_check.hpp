// Most of what devices declare is flat: an object of bounded numbers, switches and short texts, checked at each command
// and each measured value. The library builds adapters and strings for every member of it; this says "it fits" in a
// tenth of the time, and leaves everything else, also every refusal, to the library. [any-thread]
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace robohub::schema {

// Immutable.
class FlatCheck {
 public:
  // Of a linted schema; nothing when it says more than this knows (enums, nesting, multiples).
  static std::optional<FlatCheck> of(const json::Object& schema);

  // True: the value fits the schema. False: it may or may not.
  bool fits(const json::Var& value) const;

 private:
  struct Member {
    enum class Kind { number, integer, boolean, text };
    std::string name;
    Kind kind = Kind::boolean;
    bool required = false;
    double least = 0, most = 0;                    // of a number
    bool above_least = false, below_most = false;  // the bound itself is excluded
    std::size_t longest = 0;                       // of a text, in characters
    bool nonempty = false;
    bool fits(const json::Var& value) const;
  };
  std::vector<Member> members_;
  std::size_t required_ = 0;
};

}  // namespace robohub::schema

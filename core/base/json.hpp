// Strict JSON in, Poco JSON out. Poco alone takes the last of two equal keys, turns 18446744073709551616 into 0 and has
// no depth limit that holds; so text from outside passes the SDK's strict reader (rh/json.hpp) first. [any-thread]
#pragma once
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::json {

using Object = Poco::JSON::Object;
using Array = Poco::JSON::Array;
using Var = Poco::Dynamic::Var;

inline constexpr std::size_t kMaxDepth = 32;

// One JSON value of any kind. Errors: invalid_argument with `where` = "offset N" (byte offset of the fault);
// refused: duplicate keys, depth over kMaxDepth, numbers that are not finite or not exact integers within +-2^63,
// invalid UTF-8, anything behind the value.
Result<Var> parse(std::string_view text);
// The same, and the value must be an object.
Result<Object::Ptr> parseObject(std::string_view text);

// Compact text. Doubles are written so that they read back equal.
std::string write(const Object& object);
std::string write(const Var& value);
// A JSON string literal, quotes included.
std::string quote(std::string_view text);

// A key as one step of a JSON Pointer (RFC 6901, section 3): "a/b" -> "a~1b".
std::string pointerStep(std::string_view key);

// Typed access to a member: errors name the JSON pointer of the member (`at` + "/" + key).
Result<std::string> getString(const Object& object, const std::string& key, std::string_view at = "");
Result<std::int64_t> getInt(const Object& object, const std::string& key, std::string_view at = "");
Result<bool> getBool(const Object& object, const std::string& key, std::string_view at = "");
// Null when it is absent or null; an error when it is something else than an object.
Result<Object::Ptr> getObject(const Object& object, const std::string& key, std::string_view at = "");

}  // namespace robohub::json

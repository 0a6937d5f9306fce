// JSON of whoever may send a lot: a mebibyte of "{}," would become a hundred mebibytes of objects, and half a second in
// which a loop does nothing else. So its values are counted before any is made. [any-thread]
#pragma once
#include "base/json.hpp"

namespace robohub::json {

// As parseObject(). Errors: those, and too_large when the text holds more values than that, keys not counted.
Result<Object::Ptr> parseObject(std::string_view text, std::size_t max_values);

}  // namespace robohub::json

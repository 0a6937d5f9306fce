// Why somebody presses stop. Whatever is wrong with the reason, the stop counts: it is cut, or left out.
#pragma once
#include <string>

#include "base/json.hpp"
#include "base/text.hpp"

namespace robohub::api {

inline std::string stopReason(const json::Object& object) {
  constexpr std::size_t kLongest = 200;  // bytes
  return std::string(beginningOf(json::getString(object, "reason").value_or(""), kLongest));
}

}  // namespace robohub::api

// JSON that is written straight to the end of somebody's text: for messages of which there are many, where each string
// made on the way would cost as much as what is done with it. [any-thread]
#pragma once
#include <string>
#include <string_view>

namespace robohub::json {

// A JSON string literal, quotes included.
void appendQuoted(std::string& out, std::string_view text);

}  // namespace robohub::json

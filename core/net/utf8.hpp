// [any-thread]
#pragma once
#include <string_view>

namespace robohub::net {

// Well-formed UTF-8 by Unicode table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is allowed.
bool isUtf8(std::string_view text);

}  // namespace robohub::net

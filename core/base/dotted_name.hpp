// Names of plugins, device types and versions: a component of a path and of a URL that may be a reversed domain name.
#pragma once
#include <string_view>

namespace robohub {

// True for 1 to 64 characters of a-z, 0-9, _, - and single dots ("com.acme.turret", "1.2.0") that begin with a letter
// or digit and do not end with a dot. [any-thread]
bool isDottedName(std::string_view text);

}  // namespace robohub

// A name is shown to others beside what they trust, so it may not hide, reorder or impersonate: no control, bidi or
// zero-width characters, no lone surrogates. Pure. [any-thread]
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::identity {

// A name as people may choose it: trimmed (Unicode white space), 1 to `max_characters` code points of valid UTF-8.
// `what` begins the sentence of the error ("A name"), `where` is its JSON pointer. Errors: invalid_argument.
Result<std::string> cleanName(std::string_view text, std::size_t max_characters = 32, std::string_view what = "A name",
                              std::string_view where = "");

// What of this can be such a name, for a text that nobody has chosen here and that must keep nobody out: without its
// hidden characters and what is beyond the limit. "" when nothing is left, or it is no UTF-8.
std::string shownName(std::string_view text, std::size_t max_characters = 32);

// 2 to 32 characters of [a-z0-9._-], the first a letter or digit: ".." is no step of a path. Errors: invalid_argument.
Status checkUsername(std::string_view text, std::string_view where = "/username");
// Whether an account may have this name: accounts of before that rule begin with any of those characters.
bool mayBeUsername(std::string_view text);

// 8 to 256 characters (code points) of valid UTF-8. Errors: invalid_argument.
Status checkPassword(std::string_view text, std::string_view where = "/password");

}  // namespace robohub::identity

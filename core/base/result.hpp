// Expected failures are values. An Error says which kind of failure it is (so that callers can choose an HTTP status
// or a retry), one sentence for the person who must act, and where in the input the cause stands.
#pragma once
#include <string>
#include <tl/expected.hpp>

namespace robohub {

enum class ErrorCode {
  invalid_argument,   // the input is wrong; the same input will fail again
  unauthenticated,    // nobody is signed in
  permission_denied,  // somebody is, and may not
  confirm_required,   // somebody is and may, but must give the password again first
  not_found,
  conflict,  // true input, wrong moment: not your turn, already exists, already used
  stale,     // of an epoch, stamp or boot that is over
  stopped,   // a person's stop is latched
  too_large,
  exhausted,    // a queue, quota or rate is used up; later may work
  unavailable,  // offline, shutting down
  timeout,
  unsupported,
  corrupt,  // stored or received data fails its check
  internal,
};

// The code's name as it stands in JSON, for example "permission_denied".
const char* toString(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;  // a sentence for a person
  std::string where;    // "/params/x_px" or "robohub.yaml:12:3"; may be empty
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

// return fail(ErrorCode::conflict, "It is not your turn.");
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string where = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(where)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace robohub

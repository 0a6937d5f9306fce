// Errors as people and programs get them over HTTP: RFC 9457 problem+json with our code and, where it helps, a JSON
// Pointer into what was sent. Pure. [any-thread]
#pragma once
#include <string>

#include "base/result.hpp"

namespace robohub::api {

int httpStatus(ErrorCode code);
const char* httpTitle(int status);
// {"type","title","status","code","detail"[,"pointer"]}.
std::string problemJson(const Error& error, int status);

}  // namespace robohub::api

// Errors as people and programs get them over HTTP: RFC 9457 problem+json with our code and, where it helps, a JSON
// Pointer into what was sent. Pure. [any-thread]
#pragma once
#include <string>

#include "base/result.hpp"

namespace robohub::api {

int httpStatus(ErrorCode code);
const char* httpTitle(int status);
// The sentence, with its place where that is no JSON Pointer ("offset 5").
std::string detailOf(const Error& error);
// `,"pointer":"/x_px"`, or nothing when there is no JSON Pointer.
std::string pointerMember(const Error& error);
// {"type","title","status","code","detail"[,"pointer"]}.
std::string problemJson(const Error& error, int status);

}  // namespace robohub::api

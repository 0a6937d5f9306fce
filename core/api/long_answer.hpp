// Answers that are made whole in memory and may be long: a list of very many devices, a picture of some megabytes. Who
// reads such a one slowly keeps it there, so only so many are on their way at once, and to one person.
#pragma once
#include "api/file_answer.hpp"

namespace robohub::api {

// Shorter ones are many and leave at once, most of them into the socket.
inline constexpr std::size_t kLongAnswer = 1024 * 1024;

// Answers a request of somebody; with a body over kLongAnswer it holds one of `places` until it has left, or is 429
// where there is none. [any-thread]
void answerLong(const Request& request, net::HttpResponse response, const std::shared_ptr<FilePlaces>& places);

}  // namespace robohub::api

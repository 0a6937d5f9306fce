// Heads of answers and requests on their way out, through Poco's messages. [any-thread]
#pragma once
#include <string>
#include <string_view>

#include "net/http_message.hpp"

namespace robohub::net {

// How the end of an answer is told. What lasts until the connection closes may say its length beforehand, in a field
// Content-Length.
enum class AnswerLength { of_body, chunked, until_close };

// The head of an answer. Fields that would break the message (a control character, a name that is no token, or one of
// the framing's own: Content-Length, Transfer-Encoding, Connection) make it a 500 without a body: `response` is changed
// then.
std::string answerHead(HttpResponse& response, AnswerLength length, bool keep_alive);

// The head of a request with a body of that length. Empty when a field would break the message.
std::string requestHead(std::string_view method, std::string_view target, std::string_view host, const Headers& headers,
                        std::size_t body_bytes, bool keep_alive);

// The problem+json answer of the server itself (RFC 9457), with the security fields of every answer.
HttpResponse serverProblem(int status, std::string_view detail);

// Whether the field can stand in a message.
bool isSafeField(std::string_view name, std::string_view value);

}  // namespace robohub::net

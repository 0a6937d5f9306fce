#include "api/problem.hpp"

#include "base/json.hpp"

namespace robohub::api {

int httpStatus(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return 400;
    case ErrorCode::unauthenticated: return 401;
    case ErrorCode::permission_denied: return 403;
    case ErrorCode::confirm_required: return 403;
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 409;
    case ErrorCode::stale: return 409;
    case ErrorCode::stopped: return 409;
    case ErrorCode::too_large: return 413;
    case ErrorCode::exhausted: return 429;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::timeout: return 504;
    case ErrorCode::unsupported: return 501;
    case ErrorCode::corrupt: return 500;
    case ErrorCode::internal: return 500;
  }
  return 500;
}

const char* httpTitle(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 429: return "Too Many Requests";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 507: return "Insufficient Storage";
    default: return "Internal Server Error";
  }
}

namespace {
bool isPointer(const Error& error) {
  return error.where.starts_with('/');
}
}  // namespace

std::string detailOf(const Error& error) {
  if (error.where.empty() || isPointer(error)) return error.message;
  std::string text = error.message;
  if (text.ends_with('.')) text.pop_back();
  return text + " (" + error.where + ").";
}

std::string pointerMember(const Error& error) {
  return isPointer(error) ? ",\"pointer\":" + json::quote(error.where) : std::string();
}

std::string problemJson(const Error& error, int status) {
  return "{\"type\":\"about:blank\",\"title\":" + json::quote(httpTitle(status)) +
         ",\"status\":" + std::to_string(status) + ",\"code\":" + json::quote(toString(error.code)) +
         ",\"detail\":" + json::quote(detailOf(error)) + pointerMember(error) + "}";
}

}  // namespace robohub::api

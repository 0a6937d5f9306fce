#include "api/long_answer.hpp"

namespace robohub::api {

void answerLong(const Request& request, net::HttpResponse response, const std::shared_ptr<FilePlaces>& places) {
  if (response.body && response.body->size() > kLongAnswer) {
    response.held = FilePlaces::take(places, request.person(), request.exchange->head().peer.host());
    if (!response.held)
      return request.answer(
          Error{ErrorCode::exhausted, "Too many long answers are on their way; try again in a moment.", ""});
  }
  request.answer(std::move(response));
}

}  // namespace robohub::api

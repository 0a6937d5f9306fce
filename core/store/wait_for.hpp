// The command line and start-up want an asynchronous answer where they stand. Never on a loop, and never on the thread
// that would have to give the answer.
#pragma once
#include <functional>
#include <future>
#include <memory>

#include "base/result.hpp"

namespace robohub::store {

// auto claim = store::waitFor<Enrolment>([&](auto done) { registry.enrol(..., done); });
template <class T, class Start>
Result<T> waitFor(Start start) {
  auto answer = std::make_shared<std::promise<Result<T>>>();
  auto future = answer->get_future();
  start(std::function<void(Result<T>)>([answer](Result<T> result) { answer->set_value(std::move(result)); }));
  return future.get();
}

}  // namespace robohub::store

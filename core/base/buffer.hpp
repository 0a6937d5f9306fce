// Bytes that are encoded once and queued by reference to every receiver. Immutable after it is made. [any-thread]
#pragma once
#include <memory>
#include <string>

namespace robohub {

using SharedBytes = std::shared_ptr<const std::string>;
inline SharedBytes shareBytes(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace robohub

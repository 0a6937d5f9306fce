#include "gateway/mqtt/inbox.hpp"

#include <utility>

namespace robohub::gateway {

bool MqttInbox::put(MqttIncoming message, const Counts& counts) {
  const std::size_t bytes = message.payload.size();
  if (fits(bytes, 1)) return append(std::move(message)), true;
  if (newest_.empty())
    for (std::size_t i = 0; i < waiting_.size(); ++i) newest_[waiting_[i].topic] = i;
  if (fits(bytes, 2) && counts(message.topic)) return append(std::move(message)), true;
  const auto at = newest_.find(message.topic);
  if (at == newest_.end()) return false;
  MqttIncoming& older = waiting_[at->second];
  if (bytes > older.payload.size() && bytes_ + bytes - older.payload.size() > 2 * most_bytes_) return false;
  bytes_ += bytes;
  bytes_ -= older.payload.size();
  older = std::move(message);
  return false;
}

void MqttInbox::append(MqttIncoming message) {
  bytes_ += message.payload.size();
  if (!newest_.empty()) newest_[message.topic] = waiting_.size();
  waiting_.push_back(std::move(message));
}

std::vector<MqttIncoming> MqttInbox::take() {
  bytes_ = 0;
  newest_.clear();
  return std::exchange(waiting_, {});
}

}  // namespace robohub::gateway

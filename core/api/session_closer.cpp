#include "api/session_closer.hpp"

namespace robohub::api {

std::shared_ptr<void> SessionCloser::keep(net::Loop& loop, const identity::Session& session,
                                          std::function<void()> close) {
  auto entry = std::make_shared<Entry>();
  entry->close = std::move(close);
  const Duration left = std::max<Duration>(Duration{0}, session.expires - clock_.wall());
  entry->expiry = loop.after(left, [weak = std::weak_ptr<Entry>(entry)] {
    if (auto alive = weak.lock()) alive->close();
  });
  Entries& entries = by_loop_[loop.index()];
  const auto at = entries.emplace(session.handle, entry);
  // The token dies on the loop, with the socket that holds it.
  return std::shared_ptr<void>(entry.get(), [&entries, &loop, at](void*) {
    loop.cancel(at->second->expiry);
    entries.erase(at);
  });
}

void SessionCloser::ended(const std::string& handle) {
  for (std::size_t i = 0; i < by_loop_.size(); ++i)
    loops_.at(i).post([this, i, handle] {
      std::vector<std::shared_ptr<Entry>> due;
      const auto [begin, end] = by_loop_[i].equal_range(handle);
      for (auto at = begin; at != end; ++at) due.push_back(at->second);
      for (const auto& entry : due) entry->close();
    });
}

}  // namespace robohub::api

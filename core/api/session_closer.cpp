#include "api/session_closer.hpp"

#include <algorithm>

namespace robohub::api {

namespace {
constexpr Duration kReview = std::chrono::minutes(1);
}

std::shared_ptr<void> SessionCloser::keep(net::Loop& loop, const identity::Session& session, const std::string& token,
                                          std::function<void()> close) {
  auto entry = std::make_shared<Entry>();
  entry->close = std::move(close);
  entry->token = token;
  // The administrator at this machine has no token; the kernel vouches for him as long as he is connected.
  if (!token.empty()) reviewLater(loop, entry, session.expires - clock_.wall());
  Entries& entries = by_loop_[loop.index()];
  const auto at = entries.emplace(session.handle, entry);
  // What is returned dies on the loop, with the socket that holds it.
  return std::shared_ptr<void>(entry.get(), [&entries, &loop, at](void*) {
    loop.cancel(at->second->review);
    entries.erase(at);
  });
}

// At its expiry or after a minute, whichever is sooner: looking the session up tells whether it still holds, and keeps
// one that is used by an open socket only from going idle.
void SessionCloser::reviewLater(net::Loop& loop, const std::shared_ptr<Entry>& entry, Duration left) {
  entry->review =
      loop.after(std::clamp<Duration>(left, Duration{0}, kReview), [this, &loop, weak = std::weak_ptr<Entry>(entry)] {
        const auto alive = weak.lock();
        if (!alive) return;
        const auto session = identity_.find(alive->token);
        if (session)
          reviewLater(loop, alive, std::max<Duration>(session->expires - clock_.wall(), std::chrono::milliseconds(10)));
        else
          alive->close();
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

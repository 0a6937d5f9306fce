#include "api/session_closer.hpp"

#include <algorithm>

namespace robohub::api {

namespace {

constexpr Duration kReview = std::chrono::minutes(1);
constexpr Duration kTick = std::chrono::milliseconds(500);
constexpr Duration kAgain = std::chrono::seconds(1);

bool isGuest(const PersonId& person) {
  return person.str().starts_with("g-");
}

}  // namespace

SessionCloser::SessionCloser(net::LoopPool& loops, identity::Identity& identity, live::LiveDevices& devices,
                             const Clock& clock)
    : loops_(loops), identity_(identity), devices_(devices), clock_(clock), by_loop_(loops.size()) {
  identity_.onSessionEnded([this](const identity::EndedSession& session) { ended(session); });
  identity_.onRightsChanged([this](const identity::RightsChange& change) { rightsChanged(change); });
  loops_.at(0).post([this] { tick(); });
}

// A program's token expires without anybody doing anything.
void SessionCloser::tick() {
  loops_.at(0).after(kTick, [this] {
    identity_.tellExpired();
    tick();
  });
}

std::shared_ptr<void> SessionCloser::keep(net::Loop& loop, const identity::Session& session, Close close,
                                          std::function<bool()> still_may) {
  auto entry = std::make_shared<Entry>(Entry{session, std::move(close), std::move(still_may), 0});
  // The kernel vouches for the administrator at this machine as long as he is connected.
  if (session.handle != "local") reviewLater(loop, entry, session.expires - clock_.wall());
  {
    Lock lock(mutex_);
    ++open_[session.person.id][session.handle];
  }
  Entries& entries = by_loop_[loop.index()];
  const auto at = entries.emplace(session.person.id, entry);
  // It may have ended between the request's look at it and now.
  if (!identity_.renew(session))
    loop.post([weak = std::weak_ptr<Entry>(entry)] {
      if (const auto alive = weak.lock()) alive->close(Why::ended);
    });
  // What is returned dies on the loop, with the socket that holds it.
  return std::shared_ptr<void>(entry.get(), [this, &entries, &loop, at](void*) {
    const EntryPtr gone = at->second;
    loop.cancel(gone->review);
    entries.erase(at);
    Lock lock(mutex_);
    const auto person = open_.find(gone->session.person.id);
    const auto count = person->second.find(gone->session.handle);
    if (--count->second == 0) person->second.erase(count);
    if (person->second.empty()) open_.erase(person);
  });
}

// At its expiry or after a minute, whichever is sooner: looking the session up tells whether it still holds, and keeps
// one that is used by an open socket only from going idle.
void SessionCloser::reviewLater(net::Loop& loop, const EntryPtr& entry, Duration left) {
  entry->review =
      loop.after(std::clamp<Duration>(left, Duration{0}, kReview), [this, &loop, weak = std::weak_ptr<Entry>(entry)] {
        const auto alive = weak.lock();
        if (!alive) return;
        if (const auto session = identity_.renew(alive->session))
          reviewLater(loop, alive, std::max<Duration>(session->expires - clock_.wall(), std::chrono::milliseconds(10)));
        else
          alive->close(Why::ended);
      });
}

void SessionCloser::each(const PersonId& person, const std::function<bool(const Entry&)>& which, Why why) {
  for (std::size_t i = 0; i < by_loop_.size(); ++i)
    loops_.at(i).post([this, i, person, which, why] {
      const Entries& all = by_loop_[i];
      const auto [begin, end] = person.empty() ? std::pair(all.begin(), all.end()) : all.equal_range(person);
      // Closing changes the list.
      std::vector<EntryPtr> due;
      for (auto at = begin; at != end; ++at)
        if (which(*at->second)) due.push_back(at->second);
      for (const EntryPtr& entry : due) entry->close(why);
    });
}

void SessionCloser::later(std::function<void()> work) {
  loops_.at(0).post([this, work = std::move(work)] { loops_.at(0).after(kAgain, work); });
}

void SessionCloser::ended(const identity::EndedSession& session) {
  bool alone = session.last;
  {
    // Whoever has other windows open under another session goes on in those.
    Lock lock(mutex_);
    const auto person = open_.find(session.person);
    if (person != open_.end() && person->second.contains(session.handle)) alone = alone || person->second.size() == 1;
  }
  each(
      session.person, [handle = session.handle](const Entry& entry) { return entry.session.handle == handle; },
      Why::ended);
  if (!alone) return;
  devices_.revoke(session.person);
  if (session.last)
    later([this, person = session.person] {
      if (!identity_.present(person)) devices_.revoke(person);
    });
}

bool SessionCloser::standsInLine(const PersonId& person) const {
  for (const auto all = devices_.all(); const auto& [id, device] : *all) {
    const auto view = device->view();
    const auto is = [&](const control::PersonName& other) { return other.id == person; };
    if ((view->turn.holder && is(*view->turn.holder)) ||
        std::any_of(view->turn.waiting.begin(), view->turn.waiting.end(), is))
      return true;
  }
  return false;
}

void SessionCloser::rightsChanged(const identity::RightsChange& change) {
  const bool reduced = change.reduced;
  each(
      change.person,
      [this, reduced, guests = change.person.empty()](const Entry& entry) {
        const PersonId& person = entry.session.person.id;
        if (guests && !isGuest(person)) return false;
        if (entry.still_may) return !entry.still_may();
        return reduced || !standsInLine(person);
      },
      Why::rights_changed);
  if (!reduced) return;
  endTurns(change.person);
  later([this, who = change.person] { endTurns(who); });
}

void SessionCloser::endTurns(const PersonId& person) {
  for (const auto all = devices_.all(); const auto& [id, device] : *all)
    live::LiveDevices::on(device, [this, person](live::LiveDevice& live) {
      const identity::Place place = live.place();
      std::vector<PersonId> due;
      const auto look = [&](const PersonId& other) {
        if (person.empty() ? !isGuest(other) : other != person) return;
        if (!identity_.may(other, identity::Permission::play, &place)) due.push_back(other);
      };
      const control::TurnView turn = live.turn();
      if (turn.holder) look(turn.holder->id);
      for (const control::PersonName& waiting : turn.waiting) look(waiting.id);
      for (const PersonId& other : due) live.revoke(other);
    });
}

}  // namespace robohub::api

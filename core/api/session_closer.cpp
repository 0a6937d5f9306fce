#include "api/session_closer.hpp"

#include <algorithm>

namespace robohub::api {

namespace {

constexpr Duration kReview = std::chrono::minutes(1);
constexpr std::size_t kReviewedAtOnce = 200;
constexpr Duration kTick = std::chrono::milliseconds(500);
constexpr Duration kAgain = std::chrono::seconds(1);

bool isGuest(const PersonId& person) {
  return person.str().starts_with("g-");
}

}  // namespace

bool SessionCloser::Order::operator()(const Entry* a, const Entry* b) const {
  return a->session->person.id < b->session->person.id;
}
bool SessionCloser::Order::operator()(const Entry* a, const PersonId& b) const {
  return a->session->person.id < b;
}
bool SessionCloser::Order::operator()(const PersonId& a, const Entry* b) const {
  return a < b->session->person.id;
}

SessionCloser::Entry::Entry(SessionCloser& closer_in, net::Loop& loop_in, SessionPtr session_in, Close close_in,
                            std::function<bool()> still_may_in)
    : closer(closer_in),
      loop(loop_in),
      session(std::move(session_in)),
      close(std::move(close_in)),
      still_may(std::move(still_may_in)) {
  Lock lock(closer.mutex_);
  at = closer.open_.insert(this);
}

SessionCloser::Entry::~Entry() {
  if (review) loop.cancel(review);
  Lock lock(closer.mutex_);
  closer.open_.erase(at);
}

SessionCloser::SessionCloser(net::LoopPool& loops, identity::Identity& identity, live::LiveDevices& devices,
                             const Clock& clock)
    : loops_(loops), identity_(identity), devices_(devices), clock_(clock) {
  identity_.onSessionEnded([this](const identity::EndedSession& session) { ended(session); });
  identity_.onRightsChanged([this](const identity::RightsChange& change) { rightsChanged(change); });
  loops_.at(0).post([this] { tick(); });
  for (std::size_t i = 0; i < loops_.size(); ++i) loops_.at(i).post([this, i] { reviewAllLater(i); });
}

// A program's token expires without anybody doing anything.
void SessionCloser::tick() {
  loops_.at(0).after(kTick, [this] {
    identity_.tellExpired();
    tick();
  });
}

std::shared_ptr<void> SessionCloser::keep(net::Loop& loop, SessionPtr session, Close close,
                                          std::function<bool()> still_may) {
  const auto entry = std::make_shared<Entry>(*this, loop, std::move(session), std::move(close), std::move(still_may));
  reviewBefore(*entry, entry->session->expires - clock_.wall());
  // It may have ended between the request's look at it and now.
  if (!identity_.renew(*entry->session))
    loop.post([weak = std::weak_ptr<Entry>(entry)] {
      if (const auto alive = weak.lock()) alive->close(Why::ended);
    });
  // Dies on the loop, with the socket that holds it.
  return entry;
}

// Looking the session up tells whether it still holds, and keeps one that is used by an open socket only from going
// idle.
void SessionCloser::review(Entry& entry) {
  const EntryPtr alive = entry.shared_from_this();  // closing may end it
  if (const auto session = identity_.renew(*entry.session))
    reviewBefore(entry, std::max<Duration>(session->expires - clock_.wall(), std::chrono::milliseconds(10)));
  else
    entry.close(Why::ended);
}

// At its expiry, when that is before all are looked at again.
void SessionCloser::reviewBefore(Entry& entry, Duration left) {
  // The kernel vouches for the administrator at this machine as long as he is connected.
  if (entry.review || left > kReview + kAgain || entry.session->handle == "local") return;
  // It is taken back before the entry dies.
  entry.review = entry.loop.after(std::max<Duration>(left, Duration{0}), [this, &entry] {
    entry.review = 0;
    review(entry);
  });
}

void SessionCloser::reviewAllLater(std::size_t loop) {
  loops_.at(loop).after(kReview, [this, loop] {
    std::vector<std::weak_ptr<Entry>> all;
    for (const EntryPtr& entry : onLoop(loop, {}))
      if (entry->session->handle != "local") all.push_back(entry);
    reviewSome(loop, std::move(all));
    reviewAllLater(loop);
  });
}

// A few in each iteration: nobody waits for ten thousand.
void SessionCloser::reviewSome(std::size_t loop, std::vector<std::weak_ptr<Entry>> left) {
  for (std::size_t i = 0; i < kReviewedAtOnce && !left.empty(); ++i) {
    if (const auto alive = left.back().lock()) review(*alive);
    left.pop_back();
  }
  if (left.empty()) return;
  loops_.at(loop).post([this, loop, left = std::move(left)]() mutable { reviewSome(loop, std::move(left)); });
}

std::vector<SessionCloser::EntryPtr> SessionCloser::onLoop(std::size_t loop, const PersonId& person) const {
  std::vector<EntryPtr> found;
  Lock lock(mutex_);
  const auto [begin, end] = person.empty() ? std::pair(open_.begin(), open_.end()) : open_.equal_range(person);
  for (auto at = begin; at != end; ++at)
    if (&(*at)->loop == &loops_.at(loop)) found.push_back((*at)->shared_from_this());  // only this thread ends those
  return found;
}

void SessionCloser::each(const PersonId& person, const std::function<bool(const Entry&)>& which, Why why) {
  for (std::size_t i = 0; i < loops_.size(); ++i)
    loops_.at(i).post([this, i, person, which, why] {
      // Closing changes the list.
      std::vector<EntryPtr> due = onLoop(i, person);
      std::erase_if(due, [&](const EntryPtr& entry) { return !which(*entry); });
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
    const auto [begin, end] = open_.equal_range(session.person);
    const auto of_this = [&](const Entry* open) { return open->session->handle == session.handle; };
    if (std::any_of(begin, end, of_this)) alone = alone || std::all_of(begin, end, of_this);
  }
  each(
      session.person, [handle = session.handle](const Entry& entry) { return entry.session->handle == handle; },
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
        const PersonId& person = entry.session->person.id;
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

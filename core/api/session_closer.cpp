#include "api/session_closer.hpp"

#include <algorithm>
#include <utility>

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

bool SessionCloser::Order::operator()(const Lasting* a, const Lasting* b) const {
  return a->session_->person.id < b->session_->person.id;
}
bool SessionCloser::Order::operator()(const Lasting* a, const PersonId& b) const {
  return a->session_->person.id < b;
}
bool SessionCloser::Order::operator()(const PersonId& a, const Lasting* b) const {
  return a < b->session_->person.id;
}

void SessionCloser::Lasting::leave() {
  if (!closer_) return;
  if (review_) loop_.cancel(std::exchange(review_, 0));
  SessionCloser& closer = *std::exchange(closer_, nullptr);
  Lock lock(closer.mutex_);
  closer.open_.erase(at_);
}

class SessionCloser::Entry final : public Lasting, public std::enable_shared_from_this<Entry> {
 public:
  Entry(net::Loop& loop, SessionPtr session, Close close, std::function<bool()> still_may)
      : Lasting(loop, std::move(session)), close_(std::move(close)), still_may_(std::move(still_may)) {}
  void sessionOver(Why why) override { close_(why); }
  std::optional<bool> stillMay() const override {
    return still_may_ ? std::optional<bool>(still_may_()) : std::nullopt;
  }

 private:
  std::shared_ptr<Lasting> self() override { return shared_from_this(); }
  const Close close_;
  const std::function<bool()> still_may_;
};

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

void SessionCloser::keep(Lasting& lasting) {
  {
    Lock lock(mutex_);
    lasting.at_ = open_.insert(&lasting);
    lasting.closer_ = this;
  }
  reviewBefore(lasting, lasting.session_->expires - clock_.wall());
  // It may have ended, or the right to it gone, between the request's look at them and now.
  const bool ended = !identity_.renew(*lasting.session_);
  if (ended || !lasting.stillMay().value_or(true))
    lasting.loop_.post([weak = std::weak_ptr(lasting.self()), why = ended ? Why::ended : Why::rights_changed] {
      const auto alive = weak.lock();
      if (alive && alive->closer_) alive->sessionOver(why);
    });
}

std::shared_ptr<void> SessionCloser::keep(net::Loop& loop, SessionPtr session, Close close,
                                          std::function<bool()> still_may) {
  const auto entry = std::make_shared<Entry>(loop, std::move(session), std::move(close), std::move(still_may));
  keep(*entry);
  // Dies on the loop, with what holds it.
  return entry;
}

// Looking the session up tells whether it still holds, and keeps one that is used by an open socket only from going
// idle.
void SessionCloser::review(Lasting& lasting) {
  const LastingPtr alive = lasting.self();  // closing may end it
  const auto session = identity_.renew(*lasting.session_);
  if (!session) return lasting.sessionOver(Why::ended);
  if (!lasting.stillMay().value_or(true)) return lasting.sessionOver(Why::rights_changed);
  reviewBefore(lasting, std::max<Duration>(session->expires - clock_.wall(), std::chrono::milliseconds(10)));
  lasting.reviewed();
}

// At its expiry, when that is before all are looked at again.
void SessionCloser::reviewBefore(Lasting& lasting, Duration left) {
  // The kernel vouches for the administrator at this machine as long as he is connected.
  if (lasting.review_ || left > kReview + kAgain || lasting.session_->handle == "local") return;
  // It is taken back when it leaves.
  lasting.review_ = lasting.loop_.after(std::max<Duration>(left, Duration{0}), [this, &lasting] {
    lasting.review_ = 0;
    review(lasting);
  });
}

void SessionCloser::reviewAllLater(std::size_t loop) {
  loops_.at(loop).after(kReview, [this, loop] {
    std::vector<std::weak_ptr<Lasting>> all;
    for (const LastingPtr& lasting : onLoop(loop, {}))
      if (lasting->session_->handle != "local") all.push_back(lasting);
    reviewSome(loop, std::move(all));
    reviewAllLater(loop);
  });
}

// A few in each iteration: nobody waits for ten thousand.
void SessionCloser::reviewSome(std::size_t loop, std::vector<std::weak_ptr<Lasting>> left) {
  for (std::size_t i = 0; i < kReviewedAtOnce && !left.empty(); ++i) {
    if (const auto alive = left.back().lock(); alive && alive->closer_) review(*alive);
    left.pop_back();
  }
  if (left.empty()) return;
  loops_.at(loop).post([this, loop, left = std::move(left)]() mutable { reviewSome(loop, std::move(left)); });
}

std::vector<SessionCloser::LastingPtr> SessionCloser::onLoop(std::size_t loop, const PersonId& person) const {
  std::vector<LastingPtr> found;
  Lock lock(mutex_);
  const auto [begin, end] = person.empty() ? std::pair(open_.begin(), open_.end()) : open_.equal_range(person);
  for (auto at = begin; at != end; ++at)
    if (&(*at)->loop_ == &loops_.at(loop)) found.push_back((*at)->self());  // only this thread ends those
  return found;
}

void SessionCloser::each(const PersonId& person, const std::function<bool(const Lasting&)>& which, Why why) {
  for (std::size_t i = 0; i < loops_.size(); ++i)
    loops_.at(i).post([this, i, person, which, why] {
      // Closing changes the list.
      std::vector<LastingPtr> due = onLoop(i, person);
      std::erase_if(due, [&](const LastingPtr& lasting) { return !which(*lasting); });
      for (const LastingPtr& lasting : due)
        if (lasting->closer_) lasting->sessionOver(why);
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
    const auto of_this = [&](const Lasting* open) { return open->session_->handle == session.handle; };
    if (std::any_of(begin, end, of_this)) alone = alone || std::all_of(begin, end, of_this);
  }
  each(
      session.person, [handle = session.handle](const Lasting& lasting) { return lasting.session_->handle == handle; },
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
      [this, reduced, guests = change.person.empty()](const Lasting& lasting) {
        const PersonId& person = lasting.session_->person.id;
        if (guests && !isGuest(person)) return false;
        if (const auto still_may = lasting.stillMay()) return !*still_may;
        return reduced || !standsInLine(person);
      },
      Why::rights_changed);
  if (!reduced) return;
  endTurns(change.person);
  later([this, who = change.person] { endTurns(who); });
}

void SessionCloser::placeChanged() {
  // A live socket hears of it from its audience, and stays for the devices that are left to it.
  each(
      {}, [](const Lasting& lasting) { return !lasting.stillMay().value_or(true); }, Why::rights_changed);
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

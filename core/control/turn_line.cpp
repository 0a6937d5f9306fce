#include "control/turn_line.hpp"

#include <algorithm>
#include <utility>

namespace robohub::control {
namespace {

Duration notNegative(Duration duration) {
  return std::max(duration, Duration::zero());
}

}  // namespace

TurnLine::Entry* TurnLine::find(const PersonId& person) {
  if (holds(person)) return &*holder_;
  for (Entry& entry : waiting_)
    if (entry.person.id == person) return &entry;
  return nullptr;
}

std::string TurnLine::nameOf(const PersonId& person) const {
  if (holds(person)) return holder_->person.name;
  for (const Entry& entry : waiting_)
    if (entry.person.id == person) return entry.person.name;
  return {};
}

bool TurnLine::stands(const PersonId& person) const {
  return holds(person) ||
         std::any_of(waiting_.begin(), waiting_.end(), [&](const Entry& entry) { return entry.person.id == person; });
}

void TurnLine::connectionOpened(const PersonId& person) {
  ++connections_[person];
  if (Entry* entry = find(person)) entry->lost_at.reset();
}

void TurnLine::connectionClosed(const PersonId& person, MonoTime now) {
  const auto count = connections_.find(person);
  if (count == connections_.end() || --count->second > 0) return;
  connections_.erase(count);
  if (Entry* entry = find(person)) entry->lost_at = entry->heard_at = now;
}

void TurnLine::touch(const PersonId& person, MonoTime now) {
  if (Entry* entry = find(person)) entry->heard_at = now;
}

Status TurnLine::join(const Person& person, MonoTime not_before, MonoTime now) {
  if (Entry* entry = find(person.id)) {
    entry->person.is_program = person.is_program;
    entry->heard_at = now;
    return {};  // the length stays what it was told to be
  }
  if (waiting_.size() >= settings_.max_waiting)
    return fail(ErrorCode::exhausted, "The line is full; please try again later.");
  if (crowdedBy(person.guests_from))
    return fail(ErrorCode::exhausted, "Many guests of your network wait here already; please try again later.");
  waiting_.push_back(entryFor(person, now));
  settleEnd(not_before, now);
  return {};
}

// Anybody can be many guests, and a whole school class comes from one address. So nobody is counted while half of the
// line is free; of one that is fuller an address has a quarter, and leaves the rest to others.
bool TurnLine::crowdedBy(const std::string& guests_from) const {
  if (guests_from.empty() || waiting_.size() < settings_.max_waiting / 2) return false;
  const auto same = std::count_if(waiting_.begin(), waiting_.end(),
                                  [&](const Entry& entry) { return entry.person.guests_from == guests_from; });
  return static_cast<std::size_t>(same) >= std::max<std::size_t>(settings_.max_waiting / 4, 1);
}

TurnLine::Entry TurnLine::entryFor(const Person& person, MonoTime now) const {
  Entry entry{person, std::nullopt, now};
  if (!connections_.contains(person.id)) entry.lost_at = now;
  return entry;
}

void TurnLine::stepInFront(const Person& person, MonoTime not_before, MonoTime now) {
  if (holds(person.id)) return;
  const auto at =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Entry& each) { return each.person.id == person.id; });
  if (at != waiting_.end()) waiting_.erase(at);
  Entry entry = entryFor(person, now);
  entry.stepped_in = true;
  waiting_.push_front(std::move(entry));
  settleEnd(not_before, now);
}

bool TurnLine::leaveLine(const PersonId& person) {
  const auto entry =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Entry& e) { return e.person.id == person; });
  if (entry == waiting_.end()) return false;
  waiting_.erase(entry);
  settleEnd(MonoTime::min(), MonoTime::min());
  return true;
}

// Sets the end when somebody has begun to wait, and takes it back when nobody waits any more. An end that is set stays:
// the person in front was told when it comes.
void TurnLine::settleEnd(MonoTime not_before, MonoTime now) {
  const bool has_end = holder_ && (!waiting_.empty() || settings_.when_alone == WhenAlone::end_turn);
  if (!has_end) {
    ends_at_.reset();
    warned_ = false;
  } else if (!ends_at_) {
    const Duration length = lengthOf(*holder_);
    ends_at_ = std::max({began_ + length, now + std::min(settings_.handover, length), not_before});
  }
}

bool TurnLine::mayBegin(const Entry& entry) const {
  return (!held_ || entry.stepped_in) && (!entry.lost_at || entry.person.is_program);
}

const Person* TurnLine::due() const {
  if (holder_) return nullptr;
  for (const Entry& entry : waiting_)
    if (mayBegin(entry)) return &entry.person;
  return nullptr;
}

void TurnLine::begin(Epoch epoch, MonoTime now) {
  const auto entry = std::find_if(waiting_.begin(), waiting_.end(), [this](const Entry& e) { return mayBegin(e); });
  holder_ = std::move(*entry);
  waiting_.erase(entry);
  epoch_ = epoch;
  began_ = now;
  ends_at_.reset();
  warned_ = false;
  settleEnd(MonoTime::min(), now);
}

Person TurnLine::finish() {
  Person person = std::move(holder_->person);
  holder_.reset();
  epoch_ = 0;
  ends_at_.reset();
  warned_ = false;
  return person;
}

MonoTime TurnLine::lostDeadline(const Entry& entry) const {
  if (!entry.lost_at) return MonoTime::max();
  return entry.person.is_program ? entry.heard_at + settings_.program_idle : *entry.lost_at + settings_.grace;
}

TurnEnd TurnLine::expired(MonoTime now) const {
  if (!holder_) return TurnEnd::none;
  if (ends_at_ && now >= *ends_at_) return TurnEnd::time_up;
  return now >= lostDeadline(*holder_) ? TurnEnd::lost : TurnEnd::none;
}

std::vector<PersonId> TurnLine::dropLost(MonoTime now) {
  std::vector<PersonId> dropped;
  for (const Entry& entry : waiting_)
    if (now >= lostDeadline(entry)) dropped.push_back(entry.person.id);
  for (const PersonId& person : dropped) leaveLine(person);
  return dropped;
}

bool TurnLine::takeWarning(MonoTime now) {
  if (warned_ || !ends_at_ || now < *ends_at_ - settings_.warning) return false;
  return warned_ = true;
}

MonoTime TurnLine::nextDeadline() const {
  MonoTime next = MonoTime::max();
  if (holder_) next = std::min(next, lostDeadline(*holder_));
  if (ends_at_) next = std::min(next, warned_ ? *ends_at_ : *ends_at_ - settings_.warning);
  for (const Entry& entry : waiting_) next = std::min(next, lostDeadline(entry));
  return next;
}

void TurnLine::configure(const TurnSettings& settings, MonoTime not_before, MonoTime now) {
  // A device that comes and goes is configured each time; the end that everybody was told stays.
  if (settings == settings_) return;
  const auto told = std::exchange(ends_at_, std::nullopt);
  const Duration length = holder_ ? lengthOf(*holder_) : Duration::zero();
  settings_ = settings;
  settleEnd(not_before, now);
  if (told && ends_at_ && lengthOf(*holder_) == length) ends_at_ = told;
  if (ends_at_ != told) warned_ = false;
}

Duration TurnLine::estimate(std::size_t index, MonoTime now) const {
  Duration wait = ends_at_ ? notNegative(*ends_at_ - now) : Duration::zero();
  for (std::size_t i = 0; i < index; ++i) wait += lengthOf(waiting_[i]);
  return wait;
}

TurnView TurnLine::view(MonoTime now) const {
  TurnView view;
  view.epoch = epoch_;
  if (holder_) {
    view.holder = PersonName{holder_->person.id, holder_->person.name, holder_->person.guests_from};
    if (holder_->lost_at && !holder_->person.is_program) view.grace = notNegative(lostDeadline(*holder_) - now);
  }
  if (ends_at_) view.remaining = notNegative(*ends_at_ - now);
  view.held = held_;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    view.waiting.push_back({waiting_[i].person.id, waiting_[i].person.name, waiting_[i].person.guests_from});
    view.estimates.push_back(estimate(i, now));
  }
  return view;
}

YouView TurnLine::you(const PersonId& person, MonoTime now) const {
  YouView you;
  if (holds(person)) {
    you.state = YouState::active;
    you.epoch = epoch_;
    if (ends_at_) you.remaining = notNegative(*ends_at_ - now);
    return you;
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i].person.id != person) continue;
    you.state = YouState::waiting;
    you.place = i + 1;
    you.estimate = estimate(i, now);
  }
  return you;
}

}  // namespace robohub::control

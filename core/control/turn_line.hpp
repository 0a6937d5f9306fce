// Who drives and who waits: first come, first served, one place for a person however many tabs, a grace time for
// whoever loses the connection. Knows nothing of devices, epochs on disk or links: it says that somebody is due
// (`due`), is told that the turn began (`begin`), and says when it is over (`expired`). A moderator may hold the line,
// so that nobody is due, and may step in front of everybody, also while it is held. Pure; owned by one loop.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/effects.hpp"
#include "control/settings.hpp"

namespace robohub::control {

class TurnLine {
 public:
  explicit TurnLine(const TurnSettings& settings) : settings_(settings) {}

  // One live socket of this person that concerns this device came or went. Closing the last one starts the grace time.
  void connectionOpened(const PersonId& person);
  void connectionClosed(const PersonId& person, MonoTime now);
  // A program was heard of.
  void touch(const PersonId& person, MonoTime now);

  // At the end of the line; holding or waiting already changes nothing. `not_before`: the present lease runs until
  // then, so the turn must not end sooner. Errors: exhausted (the line is full, or half full and a quarter of it is for
  // guests of this one's address).
  Status join(const Person& person, MonoTime not_before, MonoTime now);
  // Out of the line. False when the person neither waits nor holds (the holder leaves by finish()).
  bool leaveLine(const PersonId& person);

  // In front of everybody, also of a full line and while it is held. Holding already changes nothing.
  void stepInFront(const Person& person, MonoTime not_before, MonoTime now);

  // Nobody is due from now on, but whoever stepped in front; absent: as usual again.
  void setHold(std::optional<Hold> hold) { held_ = std::move(hold); }
  const std::optional<Hold>& held() const { return held_; }

  // Whoever would be next and is present; null while somebody holds or nobody is due.
  const Person* due() const;
  // The person returned by due() now holds `epoch`.
  void begin(Epoch epoch, MonoTime now);
  // The turn is over; the holder is out of the line. Needs a holder. Returns who it was.
  Person finish();

  // Why the present turn is over at `now` (time_up or lost), or none.
  TurnEnd expired(MonoTime now) const;
  // Takes out the waiting whose grace is over; returns them.
  std::vector<PersonId> dropLost(MonoTime now);
  // True once for a turn, when its end is near.
  bool takeWarning(MonoTime now);
  MonoTime nextDeadline() const;

  // An end that was told is moved by nothing but another length.
  void configure(const TurnSettings& settings, MonoTime not_before, MonoTime now);

  // "" when not in the line.
  std::string nameOf(const PersonId& person) const;
  // Whether the person holds or waits.
  bool stands(const PersonId& person) const;
  bool holds(const PersonId& person) const { return holder_ && holder_->person.id == person; }
  const Person* holder() const { return holder_ ? &holder_->person : nullptr; }
  bool holderPresent() const { return holder_ && !holder_->lost_at; }
  Epoch epoch() const { return epoch_; }
  std::optional<MonoTime> endsAt() const { return ends_at_; }
  std::size_t waitingCount() const { return waiting_.size(); }
  const PersonId& waitingAt(std::size_t index) const { return waiting_[index].person.id; }

  TurnView view(MonoTime now) const;
  YouView you(const PersonId& person, MonoTime now) const;

 private:
  struct Entry {
    Person person;
    std::optional<MonoTime> lost_at;  // since then without a connection
    MonoTime heard_at;                // programs: when last heard of
    bool stepped_in = false;          // in front of everybody
  };
  bool mayBegin(const Entry& entry) const;
  Duration lengthOf(const Entry& entry) const { return entry.person.turn_length.value_or(settings_.length); }
  Entry entryFor(const Person& person, MonoTime now) const;
  bool crowdedBy(const std::string& guests_from) const;
  void settleEnd(MonoTime not_before, MonoTime now);
  MonoTime lostDeadline(const Entry& entry) const;
  Duration estimate(std::size_t index, MonoTime now) const;
  Entry* find(const PersonId& person);

  TurnSettings settings_;
  std::map<PersonId, int> connections_;  // of persons with at least one
  std::optional<Entry> holder_;
  std::deque<Entry> waiting_;
  Epoch epoch_ = 0;
  MonoTime began_;
  std::optional<MonoTime> ends_at_;  // absent while the holder is alone and may go on
  bool warned_ = false;
  std::optional<Hold> held_;
};

}  // namespace robohub::control

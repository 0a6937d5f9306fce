// The life of each command, told honestly: refused before anything could move, sent, acknowledged, ended as the device
// says, expired when nothing came in time, unknown when the link was lost after it was sent. A key sent twice by one
// person for one turn is one command. Bounded: pending ones by number, finished ones with a key by number. Pure.
#pragma once
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_set>

#include "control/effects.hpp"
#include "control/settings.hpp"

namespace robohub::control {

struct CommandRequest {
  std::string name;
  std::string params_json = "{}";  // text of an object, already valid for the type's schema
  Epoch epoch = 0;                 // as the person sent it; a program's may be 0 for "my present turn"
  std::string key;                 // idempotency key, may be empty
  bool needs_turn = true;          // of the schema
  std::int64_t ttl_ms = 2000;
  bool elsewhere = false;     // from a window of this person's that does not drive
  bool from_program = false;  // came over HTTP: feeds the dead-man of its own turn
  bool by_guest = false;
};

class CommandBook {
 public:
  CommandBook(std::size_t max_pending, std::size_t max_keys, Duration expiry_margin);

  // The command that this person already sent with this key for this epoch (0: for no turn in particular); null when
  // there is none or no key.
  // Errors: conflict when it was another command or had other parameters.
  Result<const CommandRecord*> known(const PersonId& person, const CommandRequest& request, Epoch key_epoch) const;

  bool full() const { return pending_.size() >= max_pending_; }
  // No more that need no turn: of one person they take an eighth of the places, of guests a quarter, since anybody may
  // be many guests, and of all people half. So whoever drives always finds some, and so does an account.
  bool crowded(const PersonId& person, bool by_guest) const;
  // Never to be sent: nothing moved.
  CommandRecord refuse(const PersonId& person, const CommandRequest& request, Epoch epoch, Error error, MonoTime now);
  // Accepted and sent.
  const CommandRecord& open(const PersonId& person, const CommandRequest& request, Epoch epoch, Epoch key_epoch,
                            MonoTime now);

  // The device's answers; unknown or finished ids are ignored.
  void acknowledged(std::string_view id, MonoTime now, Effects& out);
  void finished(std::string_view id, const link::Outcome& outcome, MonoTime now, Effects& out);
  // Sent and unanswered: nobody knows.
  void linkLost(MonoTime now, Effects& out);
  // Ends what has had no answer in time; asks the agent to cancel it.
  void tick(MonoTime now, Effects& out);
  MonoTime nextDeadline() const;

  const CommandRecord* find(std::string_view id) const;
  std::size_t pendingCount() const { return pending_.size(); }

 private:
  struct Entry {
    CommandRecord record;
    Epoch key_epoch = 0;
    std::size_t params_hash = 0;
    MonoTime expires_at;
    bool by_guest = false;
  };
  using Entries = std::list<Entry>;
  struct Key {  // what makes a request the same one
    std::string_view person;
    Epoch epoch;
    std::string_view key;
    friend bool operator==(const Key&, const Key&) = default;
  };
  // Entries as their keys; nothing is written twice, and nothing is made to look one up.
  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const;
    std::size_t operator()(Entries::iterator entry) const;
  };
  struct SameKey {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return keyOf(a) == keyOf(b);
    }
  };
  static Key keyOf(const Key& key) { return key; }
  static Key keyOf(Entries::iterator entry) {
    return {entry->record.person.str(), entry->key_epoch, entry->record.key};
  }
  CommandRecord make(const PersonId& person, const CommandRequest& request, Epoch epoch, MonoTime now);
  void close(Entries::iterator entry, CommandState state, std::optional<Error> error, MonoTime now, Effects& out);

  const std::size_t max_pending_;
  const std::size_t max_keys_;
  const Duration expiry_margin_;
  std::uint64_t newest_ = 0;
  Entries pending_;                                                 // in the order sent
  Entries finished_;                                                // with a key, oldest first
  std::unordered_set<Entries::iterator, KeyHash, SameKey> by_key_;  // those with a key
};

}  // namespace robohub::control

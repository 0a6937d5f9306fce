#include "control/command_book.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

namespace robohub::control {
namespace {

CommandState stateOf(link::FinalState state) {
  switch (state) {
    case link::FinalState::succeeded: return CommandState::succeeded;
    case link::FinalState::failed: return CommandState::failed;
    case link::FinalState::cancelled: return CommandState::cancelled;
    case link::FinalState::expired: return CommandState::expired;
    case link::FinalState::refused: return CommandState::refused;
  }
  return CommandState::failed;
}

template <class Entries>
auto findById(Entries& entries, std::string_view id) {
  return std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.record.id == id; });
}

}  // namespace

CommandBook::CommandBook(std::size_t max_pending, std::size_t max_keys, Duration expiry_margin)
    : max_pending_(max_pending), max_keys_(max_keys), expiry_margin_(expiry_margin) {}

std::size_t CommandBook::KeyHash::operator()(const Key& key) const {
  const std::hash<std::string_view> hash;
  const std::size_t texts = hash(key.person) * 31 + hash(key.key);
  return texts * 31 + std::hash<Epoch>()(key.epoch);
}
std::size_t CommandBook::KeyHash::operator()(Entries::iterator entry) const {
  return (*this)(keyOf(entry));
}

Result<const CommandRecord*> CommandBook::known(const PersonId& person, const CommandRequest& request,
                                                Epoch key_epoch) const {
  if (request.key.empty()) return nullptr;
  const auto found = by_key_.find(Key{person.str(), key_epoch, request.key});
  if (found == by_key_.end()) return nullptr;
  const Entry& entry = **found;
  if (entry.record.name != request.name || entry.params_hash != std::hash<std::string>()(request.params_json))
    return fail(ErrorCode::conflict, "This idempotency key was used for another command.");
  return &entry.record;
}

bool CommandBook::crowded(const PersonId& person, bool by_guest) const {
  std::size_t of_person = 0, of_guests = 0, of_all = 0;
  for (const Entry& entry : pending_) {
    if (entry.record.epoch != 0) continue;
    ++of_all;
    of_guests += entry.by_guest;
    of_person += entry.record.person == person;
  }
  const auto share = [this](std::size_t part) { return std::max<std::size_t>(1, max_pending_ / part); };
  return of_person >= share(8) || (by_guest && of_guests >= share(4)) || of_all >= share(2);
}

CommandRecord CommandBook::make(const PersonId& person, const CommandRequest& request, Epoch epoch, MonoTime now) {
  CommandRecord record;
  record.id = "c-" + std::to_string(++newest_);
  record.key = request.key;
  record.name = request.name;
  record.person = person;
  record.epoch = epoch;
  record.received = now;
  return record;
}

CommandRecord CommandBook::refuse(const PersonId& person, const CommandRequest& request, Epoch epoch, Error error,
                                  MonoTime now) {
  CommandRecord record = make(person, request, epoch, now);
  record.state = CommandState::refused;
  record.finished = now;
  record.error = std::move(error);
  return record;
}

const CommandRecord& CommandBook::open(const PersonId& person, const CommandRequest& request, Epoch epoch,
                                       Epoch key_epoch, MonoTime now) {
  Entry entry;
  entry.key_epoch = key_epoch;
  entry.record = make(person, request, epoch, now);
  entry.record.state = CommandState::sent;
  entry.record.accepted = entry.record.sent = now;
  entry.params_hash = std::hash<std::string>()(request.params_json);
  entry.expires_at = now + std::chrono::milliseconds(request.ttl_ms) + expiry_margin_;
  entry.by_guest = request.by_guest;
  pending_.push_back(std::move(entry));
  // Whoever opens one has asked for it with known() and found none.
  if (!request.key.empty()) by_key_.insert(std::prev(pending_.end()));
  return pending_.back().record;
}

void CommandBook::acknowledged(std::string_view id, MonoTime now, Effects& out) {
  const auto entry = findById(pending_, id);
  if (entry == pending_.end() || entry->record.state != CommandState::sent) return;
  entry->record.state = CommandState::acknowledged;
  entry->record.acknowledged = now;
  out.push_back(CommandChanged{entry->record});
}

void CommandBook::finished(std::string_view id, const link::Outcome& outcome, MonoTime now, Effects& out) {
  const auto entry = findById(pending_, id);
  if (entry == pending_.end()) return;
  std::optional<Error> error;
  if (outcome.state != link::FinalState::succeeded)
    error = Error{outcome.code.value_or(ErrorCode::internal), outcome.message, outcome.pointer};
  entry->record.value_json = outcome.value_json;
  close(entry, stateOf(outcome.state), std::move(error), now, out);
}

void CommandBook::close(Entries::iterator entry, CommandState state, std::optional<Error> error, MonoTime now,
                        Effects& out) {
  entry->record.state = state;
  entry->record.error = std::move(error);
  entry->record.finished = now;
  out.push_back(CommandChanged{entry->record});
  if (entry->record.key.empty()) {
    pending_.erase(entry);
    return;
  }
  finished_.splice(finished_.end(), pending_, entry);
  if (finished_.size() <= max_keys_) return;
  by_key_.erase(finished_.begin());
  finished_.pop_front();
}

void CommandBook::linkLost(MonoTime now, Effects& out) {
  while (!pending_.empty())
    close(pending_.begin(), CommandState::unknown,
          Error{ErrorCode::unavailable, "The link was lost after it was sent; it may have happened.", {}}, now, out);
}

void CommandBook::tick(MonoTime now, Effects& out) {
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    const auto next = std::next(entry);
    if (now >= entry->expires_at) {
      out.push_back(SendToAgent{link::Cancel{entry->record.id}});
      close(entry, CommandState::expired, Error{ErrorCode::timeout, "The device has not answered in time.", {}}, now,
            out);
    }
    entry = next;
  }
}

MonoTime CommandBook::nextDeadline() const {
  MonoTime next = MonoTime::max();
  for (const Entry& entry : pending_) next = std::min(next, entry.expires_at);
  return next;
}

const CommandRecord* CommandBook::find(std::string_view id) const {
  if (const auto entry = findById(pending_, id); entry != pending_.end()) return &entry->record;
  if (const auto entry = findById(finished_, id); entry != finished_.end()) return &entry->record;
  return nullptr;
}

}  // namespace robohub::control

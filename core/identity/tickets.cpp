#include "identity/tickets.hpp"

namespace robohub::identity {

Result<std::string> Tickets::issue(const Session& session) {
  const MonoTime now = clock_.now();
  Lock lock(mutex_);
  dropOld(now);
  auto of_person = of_person_.find(session.person.id);
  if (of_person != of_person_.end() && of_person->second >= kOfPerson)
    return fail(ErrorCode::exhausted, "You have " + std::to_string(kOfPerson) +
                                          " tickets that are not used yet; they lapse within ten seconds.");
  if (tickets_.size() >= kAll) return fail(ErrorCode::exhausted, "Too many tickets are out; try again in ten seconds.");
  std::string ticket = randomToken();
  const SecretHash hash = hashOf(ticket);
  tickets_.emplace(hash, Ticket{session, now + kLifetime});
  by_end_.emplace(now + kLifetime, hash);
  ++of_person_[session.person.id];
  return ticket;
}

std::optional<Session> Tickets::redeem(std::string_view text) {
  if (text.size() != 43) return std::nullopt;
  const SecretHash hash = hashOf(text);
  const MonoTime now = clock_.now();
  Lock lock(mutex_);
  auto found = tickets_.find(hash);
  if (found == tickets_.end()) return std::nullopt;
  const bool good = now < found->second.ends;
  std::optional<Session> session;
  if (good) session = found->second.session;
  forget(found);
  return session;
}

std::size_t Tickets::size() const {
  Lock lock(mutex_);
  return tickets_.size();
}

void Tickets::dropOld(MonoTime now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now) forget(tickets_.find(by_end_.begin()->second));
}

void Tickets::forget(std::map<SecretHash, Ticket>::iterator at) {
  auto [begin, end] = by_end_.equal_range(at->second.ends);
  for (auto each = begin; each != end; ++each)
    if (each->second == at->first) {
      by_end_.erase(each);
      break;
    }
  auto of_person = of_person_.find(at->second.session.person.id);
  if (--of_person->second == 0) of_person_.erase(of_person);
  tickets_.erase(at);
}

}  // namespace robohub::identity

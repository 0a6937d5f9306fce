// Guests who may not come in, to one device or to the whole hub, for a while. A guest is a name and a session, both of
// which he can have anew at once, so a ban also counts for the address that he came from (an IPv6 /64 as one), unless
// that is this machine's: behind a proxy that is not trusted everybody comes from there.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/audit.hpp"

namespace robohub::identity {

struct Ban {
  std::int64_t id = 0;
  PersonId person;
  std::string person_name;
  std::string address;  // key of the client's address; "" when it does not count
  std::string device;   // "" = the whole hub
  WallTime created, until;
  std::string by, reason;
};

// Thread-safe. What is in force is answered from an immutable list in memory. `done` comes on the writer thread, or at
// once on the calling one when the request is refused. Make it after the database and let it go after that was closed.
class Bans {
 public:
  static constexpr Duration kShortest = std::chrono::seconds(1);
  static constexpr Duration kLongest = std::chrono::hours(24) * 366;

  // Reads what is in force. Blocks; start-up only. `database`, `audit` and `clock` must outlive it.
  static Result<std::unique_ptr<Bans>> load(store::Database& database, const Audit& audit, const Clock& clock);
  ~Bans();
  Bans(const Bans&) = delete;
  Bans& operator=(const Bans&) = delete;

  // A guest made a request from this IP address, or is there still. Remembered in memory, for the newest 4096 guests.
  // Does not block.
  void remember(const Person& guest, std::string_view address);
  // What a line knows of a guest, `address` as addressOf() gave it; nothing when he is remembered. So whoever is here
  // can be banned, however many others came since.
  void recall(const PersonId& guest, std::string_view name, std::string_view address);
  // Key of the address that he came from last; "" when it does not count, or he is no guest or not remembered.
  // [any-thread]
  std::string addressOf(const PersonId& guest) const;

  // `device` "" = the whole hub; a second ban of the same guest there takes the place of the first. Counts from the
  // moment it is durable. Of a guest who is remembered no more the id alone is banned. Errors: not_found (no such guest
  // was here lately) at /person, invalid_argument at /person (an account), /for_ms or /reason (over 200 characters),
  // exhausted (200 bans are in force from that device, 800 from single ones, or 1000 in all).
  void add(const PersonId& person, const std::string& device, Duration length, std::string_view reason,
           const Actor& actor, std::function<void(Result<Ban>)> done);
  // Errors: not_found.
  void lift(std::int64_t id, const Actor& actor, store::Done done);

  // In force, the oldest first; of one device, or of all and the hub. [any-thread]
  std::vector<Ban> list(const std::optional<std::string>& device = std::nullopt) const;
  std::optional<Ban> find(std::int64_t id) const;

  // Why this guest may not: permission_denied with a sentence, or nothing. `device` "" = asks for bans from the whole
  // hub only. `address`, a key as addressOf() gives it, counts for a guest who is remembered no more. Accounts and
  // tokens are never banned. Does not block. [any-thread]
  std::optional<Error> refusal(const PersonId& person, std::string_view device = "",
                               std::string_view address = "") const;
  // The guests that were here lately and whom it concerns: the one that it names, and those of the same address.
  // [any-thread]
  std::vector<PersonId> concerned(const Ban& ban) const;
  // Why nobody may sign in as a guest from this IP address, or nothing. [any-thread]
  std::optional<Error> refusalOf(std::string_view address) const;

 private:
  struct Parts;
  explicit Bans(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

// {"id","person":{"id","name"},"device","created_at_ms","until_ms","by","reason"}: BAN of docs/PROTOCOL.md.
std::string banJson(const Ban& ban);

}  // namespace robohub::identity

#include "identity/bans.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/mutex.hpp"
#include "identity/backoff.hpp"
#include "identity/guest_token.hpp"
#include "identity/names.hpp"
#include "identity/recent_guests.hpp"

namespace robohub::identity {
namespace {

// Whoever may ban from one device takes nobody's place elsewhere, and all such together leave some for the whole hub.
constexpr std::size_t kMaxBans = 1000, kMaxOfDevices = 800, kMaxOfDevice = 200;

bool isGuest(const PersonId& person) {
  return person.str().starts_with("g-");
}

// "" for this machine's: see the header.
std::string countedKey(std::string_view address) {
  if (address.empty() || isThisMachine(address)) return {};
  return addressKey(address);
}

std::string lasting(Duration left) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(left).count();
  if (minutes < 2) return "a minute";
  if (minutes < 120) return std::to_string(minutes) + " minutes";
  if (minutes < 48 * 60) return std::to_string((minutes + 59) / 60) + " hours";
  return std::to_string((minutes + 24 * 60 - 1) / (24 * 60)) + " days";
}

Error sentence(const Ban& ban, WallTime now) {
  std::string text = ban.device.empty() ? "You may not come in here" : "You may not drive this device";
  text += " for another " + lasting(ban.until - now);
  text += ban.reason.empty() ? "." : ": " + ban.reason;
  if (text.back() != '.' && text.back() != '!' && text.back() != '?') text += '.';
  return {ErrorCode::permission_denied, text, ""};
}

Ban banOf(const store::Statement& row) {
  Ban ban;
  ban.id = row.integer(0);
  ban.person = PersonId::parse(row.text(1)).value_or(PersonId());
  ban.person_name = row.text(2);
  ban.address = row.text(3);
  ban.device = row.text(4);
  ban.created = WallTime(std::chrono::milliseconds(row.integer(5)));
  ban.until = WallTime(std::chrono::milliseconds(row.integer(6)));
  ban.by = row.text(7);
  ban.reason = row.text(8);
  return ban;
}

Status write(store::Session& db, Ban& ban) {
  // What is over, and the one that this takes the place of, go in the same write: the table stays as small as the list.
  auto gone = db.run("DELETE FROM bans WHERE until_ms <= $1 OR (person_id = $2 AND device = $3)", toMs(ban.created),
                     ban.person.str(), ban.device);
  if (!gone) return fail(std::move(gone.error()));
  auto made = db.prepare(
      "INSERT INTO bans (person_id, person_name, address, device, created_ms, until_ms, banned_by, reason)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
      ban.person.str(), ban.person_name, ban.address, ban.device, toMs(ban.created), toMs(ban.until), ban.by,
      ban.reason);
  if (!made) return fail(std::move(made.error()));
  auto row = made->step();
  if (!row) return fail(std::move(row.error()));
  ban.id = made->integer(0);
  if (auto rest = made->step(); !rest) return fail(std::move(rest.error()));
  return {};
}

std::string objectOf(const Ban& ban) {
  return ban.device.empty() ? std::string("hub") : "device:" + ban.device;
}

}  // namespace

struct Bans::Parts : std::enable_shared_from_this<Bans::Parts> {
  using List = std::vector<Ban>;

  Parts(store::Database& db, const Audit& log, const Clock& time) : database(db), audit(log), clock(time) {}

  store::Database& database;
  const Audit& audit;
  const Clock& clock;
  mutable Mutex mutex;
  std::shared_ptr<const List> bans RH_GUARDED_BY(mutex) = std::make_shared<const List>();
  RecentGuests seen RH_GUARDED_BY(mutex);

  std::shared_ptr<const List> current() const {
    Lock lock(mutex);
    return bans;
  }
  std::optional<RecentGuests::Guest> seenAs(const PersonId& person) const {
    Lock lock(mutex);
    return seen.find(person);
  }
  // Why there is no place for another one. One that takes the place of a former always has it.
  std::optional<Error> full(const PersonId& person, const std::string& device) const {
    const WallTime now = clock.wall();
    std::size_t of_all = 0, of_devices = 0, of_device = 0;
    for (const auto all = current(); const Ban& ban : *all) {
      if (ban.until <= now) continue;
      if (ban.person == person && ban.device == device) return std::nullopt;
      ++of_all;
      of_devices += !ban.device.empty();
      of_device += !device.empty() && ban.device == device;
    }
    const auto tooMany = [](std::size_t number, const std::string& what) {
      return Error{ErrorCode::exhausted, std::to_string(number) + what + " are in force; lift some first.", ""};
    };
    if (of_device >= kMaxOfDevice) return tooMany(kMaxOfDevice, " bans from this device");
    if (!device.empty() && of_devices >= kMaxOfDevices) return tooMany(kMaxOfDevices, " bans from single devices");
    if (of_all >= kMaxBans) return tooMany(kMaxBans, " bans");
    return std::nullopt;
  }
  // Without the one of this id and what is over; with `added`.
  void replace(std::int64_t without, const Ban* added) {
    const WallTime now = clock.wall();
    Lock lock(mutex);
    auto changed = std::make_shared<List>();
    for (const Ban& ban : *bans) {
      const bool replaced = added && ban.person == added->person && ban.device == added->device;
      if (ban.id != without && !replaced && ban.until > now) changed->push_back(ban);
    }
    if (added) changed->push_back(*added);
    bans = std::move(changed);
  }
};

Bans::Bans(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
Bans::~Bans() = default;

Result<std::unique_ptr<Bans>> Bans::load(store::Database& database, const Audit& audit, const Clock& clock) {
  auto parts = std::make_shared<Parts>(database, audit, clock);
  auto list = std::make_shared<Parts::List>();
  auto done = database.readNow([&](store::Session& db) -> Status {
    auto rows = db.prepare(
        "SELECT id, person_id, person_name, address, device, created_ms, until_ms, banned_by, reason FROM bans"
        " WHERE until_ms > $1 ORDER BY id",
        toMs(clock.wall()));
    if (!rows) return fail(std::move(rows.error()));
    while (true) {
      auto row = rows->step();
      if (!row) return fail(std::move(row.error()));
      if (!*row) return {};
      list->push_back(banOf(*rows));
    }
  });
  if (!done) return fail(std::move(done.error()));
  {
    Lock lock(parts->mutex);
    parts->bans = std::move(list);
  }
  return std::unique_ptr<Bans>(new Bans(std::move(parts)));
}

void Bans::remember(const Person& guest, std::string_view address) {
  if (!isGuest(guest.id)) return;
  const std::string key = countedKey(address);
  Lock lock(parts_->mutex);
  parts_->seen.remember(guest.id, guest.name, key);
}

void Bans::recall(const PersonId& guest, std::string_view name, std::string_view address) {
  if (!isGuest(guest)) return;
  Lock lock(parts_->mutex);
  if (!parts_->seen.find(guest)) parts_->seen.remember(guest, name, address);
}

std::string Bans::addressOf(const PersonId& guest) const {
  const auto seen = isGuest(guest) ? parts_->seenAs(guest) : std::nullopt;
  return seen ? seen->address : std::string();
}

void Bans::add(const PersonId& person, const std::string& device, Duration length, std::string_view reason,
               const Actor& actor, std::function<void(Result<Ban>)> done) {
  if (!isGuest(person))
    return done(
        fail(ErrorCode::invalid_argument, "Only guests are banned; take an account's rights instead.", "/person"));
  if (length < kShortest || length > kLongest)
    return done(fail(ErrorCode::invalid_argument, "A ban lasts from a second to 366 days.", "/for_ms"));
  auto words = reason.empty() ? Result<std::string>(std::string()) : cleanName(reason, 200, "A reason", "/reason");
  if (!words) return done(fail(std::move(words.error())));
  // Whoever looks like one of ours may be here still: thousands of others can have taken his place in the memory.
  const auto seen = parts_->seenAs(person);
  if (!seen && !isGuestId(person)) return done(fail(ErrorCode::not_found, "No such guest was here lately.", "/person"));
  if (auto full = parts_->full(person, device)) return done(fail(std::move(*full)));

  auto ban = std::make_shared<Ban>();
  ban->person = person;
  ban->person_name = seen ? seen->name : person.str();
  ban->address = seen ? seen->address : std::string();
  ban->device = device;
  ban->created = parts_->clock.wall();
  ban->until = ban->created + std::chrono::duration_cast<std::chrono::milliseconds>(length);
  ban->by = actor.name;
  ban->reason = std::move(*words);
  parts_->database.write(
      [parts = parts_, ban, actor](store::Session& db) -> Status {
        if (auto written = write(db, *ban); !written) return written;
        return parts->audit.append(db, {actor, "ban.add", objectOf(*ban), Outcome::ok, banJson(*ban)});
      },
      [parts = parts_, ban, done = std::move(done)](Status written) {
        if (!written) return done(fail(std::move(written.error())));
        parts->replace(0, ban.get());
        done(*ban);
      });
}

void Bans::lift(std::int64_t id, const Actor& actor, store::Done done) {
  const auto ban = find(id);
  if (!ban) return done(fail(ErrorCode::not_found, "There is no such ban in force."));
  parts_->database.write(
      [parts = parts_, ban = *ban, actor](store::Session& db) -> Status {
        auto gone = db.run("DELETE FROM bans WHERE id = $1", ban.id);
        if (!gone) return fail(std::move(gone.error()));
        return parts->audit.append(db, {actor, "ban.remove", objectOf(ban), Outcome::ok, banJson(ban)});
      },
      [parts = parts_, id, done = std::move(done)](Status written) {
        if (written) parts->replace(id, nullptr);
        done(std::move(written));
      });
}

std::vector<Ban> Bans::list(const std::optional<std::string>& device) const {
  const WallTime now = parts_->clock.wall();
  std::vector<Ban> found;
  for (const auto all = parts_->current(); const Ban& ban : *all)
    if (ban.until > now && (!device || ban.device == *device)) found.push_back(ban);
  return found;
}

std::optional<Ban> Bans::find(std::int64_t id) const {
  for (Ban& ban : list())
    if (ban.id == id) return std::move(ban);
  return std::nullopt;
}

std::optional<Error> Bans::refusal(const PersonId& person, std::string_view device, std::string_view address) const {
  if (!isGuest(person)) return std::nullopt;
  const auto bans = parts_->current();
  if (bans->empty()) return std::nullopt;
  const auto seen = parts_->seenAs(person);
  if (seen) address = seen->address;
  const WallTime now = parts_->clock.wall();
  for (const Ban& ban : *bans) {
    if (ban.until <= now || (!ban.device.empty() && ban.device != device)) continue;
    if (ban.person == person || (!ban.address.empty() && ban.address == address)) return sentence(ban, now);
  }
  return std::nullopt;
}

std::vector<PersonId> Bans::concerned(const Ban& ban) const {
  std::vector<PersonId> guests{ban.person};
  if (ban.address.empty()) return guests;
  Lock lock(parts_->mutex);
  for (PersonId& other : parts_->seen.from(ban.address))
    if (other != ban.person) guests.push_back(std::move(other));
  return guests;
}

std::optional<Error> Bans::refusalOf(std::string_view address) const {
  const auto bans = parts_->current();
  const std::string key = bans->empty() ? std::string() : countedKey(address);
  if (key.empty()) return std::nullopt;
  const WallTime now = parts_->clock.wall();
  for (const Ban& ban : *bans)
    if (ban.until > now && ban.device.empty() && ban.address == key) return sentence(ban, now);
  return std::nullopt;
}

std::string banJson(const Ban& ban) {
  return "{\"id\":" + std::to_string(ban.id) + ",\"person\":{\"id\":" + json::quote(ban.person.str()) +
         ",\"name\":" + json::quote(ban.person_name) +
         "},\"device\":" + (ban.device.empty() ? std::string("null") : json::quote(ban.device)) +
         ",\"created_at_ms\":" + std::to_string(toMs(ban.created)) +
         ",\"until_ms\":" + std::to_string(toMs(ban.until)) + ",\"by\":" + json::quote(ban.by) +
         ",\"reason\":" + json::quote(ban.reason) + "}";
}

}  // namespace robohub::identity

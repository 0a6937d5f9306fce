#include "identity/certificates.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/json.hpp"
#include "base/mutex.hpp"
#include "identity/certificate_files.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {

namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
using Snapshot = std::map<std::string, DeviceCertificate, std::less<>>;  // by fingerprint

constexpr int kAuthorityDays = 3653;
constexpr Days kForgottenAfter{30};
// A device whose clock is a little behind must not find its hub's certificate of the future.
constexpr auto kBegunBefore = std::chrono::hours(1);

Validity validFor(WallTime now, int days) {
  return {now - kBegunBefore, now + Days(days)};
}

std::vector<std::uint8_t> bytesOf(std::string_view hex) {
  auto digit = [](char each) { return each <= '9' ? each - '0' : each - 'a' + 10; };
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(digit(hex[i]) * 16 + digit(hex[i + 1])));
  return bytes;
}

Result<Snapshot> readAll(store::Session& database) {
  auto rows = database.prepare(
      "SELECT fingerprint, device, serial, issued_ms, expires_ms, revoked_ms FROM device_certificates");
  if (!rows) return fail(std::move(rows.error()));
  Snapshot all;
  while (true) {
    auto row = rows->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return all;
    DeviceCertificate each{hexOf(rows->blob(0)), rows->text(1),    rows->text(2),
                           rows->integer(3),     rows->integer(4), rows->integer(5)};
    all.emplace(each.fingerprint, std::move(each));
  }
}

Status writeRow(store::Session& database, const DeviceCertificate& each) {
  auto written = database.run(
      "INSERT INTO device_certificates (fingerprint, device, serial, issued_ms, expires_ms) VALUES ($1, $2, $3, $4, "
      "$5)",
      store::Bytes(bytesOf(each.fingerprint)), each.device, each.serial, each.issued_ms, each.expires_ms);
  if (!written) return fail(std::move(written.error()));
  return {};
}

std::string detailOf(const CertificateInfo& info) {
  std::string json = "{\"fingerprint\":" + json::quote(info.fingerprint) + ",\"serial\":" + json::quote(info.serial);
  json += ",\"expires_at_ms\":" + std::to_string(toMs(info.expires)) + ",\"names\":[";
  for (std::size_t i = 0; i < info.names.size(); ++i) json += (i ? "," : "") + json::quote(info.names[i]);
  return json + "]}";
}

Status checkDays(int days, int most) {
  if (days >= 1 && days <= most) return {};
  return fail(ErrorCode::invalid_argument, "A certificate is good for 1 to " + std::to_string(most) + " days.",
              "/days");
}

}  // namespace

struct Certificates::Parts : std::enable_shared_from_this<Parts> {
  Parts(std::filesystem::path tls_folder, store::Database& base, const Audit& trail, const Clock& time)
      : folder(std::move(tls_folder)), database(base), audit(trail), clock(time) {}

  const std::filesystem::path folder;
  store::Database& database;
  const Audit& audit;
  const Clock& clock;
  Mutex files;  // held while an authority or a self-signed certificate is looked for and made
  mutable Mutex mutex;
  Snapshot all RH_GUARDED_BY(mutex);
  std::optional<CertificateInfo> authority_info RH_GUARDED_BY(mutex);
  std::vector<std::function<void(const DeviceCertificate&)>> observers;

  Result<std::optional<PemPair>> readAuthority();
  Result<PemPair> authority();
  void issued(const IssuedCertificate& issue, const std::string& device, const Actor& actor,
              std::function<void(Result<IssuedCertificate>)> done);
  // `which` are marked as revoked already.
  void revoke(std::vector<DeviceCertificate> which, const Actor& actor, store::Done done);
  void mark(const std::vector<DeviceCertificate>& which, std::int64_t revoked_ms);
};

Result<std::optional<PemPair>> Certificates::Parts::readAuthority() {
  auto pair = readPemPair(folder / "authority.crt", folder / "authority.key");
  if (!pair || !*pair) return pair;
  auto info = describeCertificate((*pair)->certificate_pem);
  if (!info || !belongTogether(**pair))
    return fail(ErrorCode::corrupt, (folder / "authority.crt").string() + " and " +
                                        (folder / "authority.key").string() +
                                        " do not belong together. Put back both from a backup, or move both away: then "
                                        "a new authority is made, and what the old one has issued is void.");
  Lock lock(mutex);
  authority_info = std::move(*info);
  return pair;
}

// With `files` held.
Result<PemPair> Certificates::Parts::authority() {
  auto there = readAuthority();
  if (!there) return fail(std::move(there.error()));
  if (*there) return std::move(**there);
  // Made again after a loss it must not be taken for the old one.
  auto made = makeAuthority("robohub authority " + randomHex(4), validFor(clock.wall(), kAuthorityDays));
  if (!made) return fail(std::move(made.error()));
  if (Status written = writePemPair(folder / "authority.crt", folder / "authority.key", *made); !written)
    return fail(written.error());
  there = readAuthority();
  if (!there) return fail(std::move(there.error()));
  return made;
}

void Certificates::Parts::issued(const IssuedCertificate& issue, const std::string& device, const Actor& actor,
                                 std::function<void(Result<IssuedCertificate>)> done) {
  const CertificateInfo& info = issue.info;
  const DeviceCertificate row{info.fingerprint, device, info.serial, toMs(clock.wall()), toMs(info.expires), 0};
  const AuditEntry entry{actor, "certificate.issue", device.empty() ? "certificate:server" : "device:" + device,
                         Outcome::ok, detailOf(info)};
  database.write(
      [self = shared_from_this(), row, entry](store::Session& session) -> Status {
        if (!row.device.empty())
          if (Status written = writeRow(session, row); !written) return written;
        return self->audit.append(session, entry);
      },
      [self = shared_from_this(), row, issue, done = std::move(done)](Status status) {
        if (!status) return done(fail(std::move(status.error())));
        if (!row.device.empty()) {
          Lock lock(self->mutex);
          self->all.emplace(row.fingerprint, row);
        }
        done(issue);
      });
}

void Certificates::Parts::mark(const std::vector<DeviceCertificate>& which, std::int64_t revoked_ms) {
  Lock lock(mutex);
  for (const DeviceCertificate& each : which)
    if (const auto at = all.find(each.fingerprint); at != all.end()) at->second.revoked_ms = revoked_ms;
}

void Certificates::Parts::revoke(std::vector<DeviceCertificate> which, const Actor& actor, store::Done done) {
  if (which.empty()) return done({});
  const std::int64_t now_ms = which.front().revoked_ms;
  for (const DeviceCertificate& each : which)
    for (const auto& observer : observers) observer(each);
  database.write(
      [self = shared_from_this(), which, actor, now_ms](store::Session& session) -> Status {
        for (const DeviceCertificate& each : which) {
          auto changed = session.run("UPDATE device_certificates SET revoked_ms = $2 WHERE fingerprint = $1",
                                     store::Bytes(bytesOf(each.fingerprint)), now_ms);
          if (!changed) return fail(std::move(changed.error()));
          const std::string detail =
              "{\"fingerprint\":\"" + each.fingerprint + "\",\"serial\":" + json::quote(each.serial) + "}";
          if (Status noted = self->audit.append(
                  session, {actor, "certificate.revoke", "device:" + each.device, Outcome::ok, detail});
              !noted)
            return noted;
        }
        return {};
      },
      [self = shared_from_this(), which, done = std::move(done)](Status status) {
        if (!status) self->mark(which, 0);
        done(std::move(status));
      });
}

Certificates::Certificates(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
Certificates::~Certificates() = default;

Result<std::unique_ptr<Certificates>> Certificates::open(const store::DataFolder& folder, store::Database& database,
                                                         const Audit& audit, const Clock& clock) {
  auto parts = std::make_shared<Parts>(folder.path() / "tls", database, audit, clock);
  Status read = database.readNow([&](store::Session& session) -> Status {
    auto all = readAll(session);
    if (!all) return fail(std::move(all.error()));
    Lock lock(parts->mutex);
    parts->all = std::move(*all);
    return {};
  });
  if (!read) return fail(std::move(read.error()));
  if (auto authority = parts->readAuthority(); !authority) return fail(std::move(authority.error()));
  return std::unique_ptr<Certificates>(new Certificates(std::move(parts)));
}

std::optional<CertificateInfo> Certificates::authority() const {
  Lock lock(parts_->mutex);
  return parts_->authority_info;
}

Result<CertificateFiles> Certificates::ensureAuthority() {
  Lock lock(parts_->files);
  const bool there = authority().has_value();
  const auto pair = parts_->authority();
  if (!pair) return fail(pair.error());
  return CertificateFiles{parts_->folder / "authority.crt", parts_->folder / "authority.key", *authority(), !there};
}

Result<CertificateFiles> Certificates::ensureSelfSigned(const std::vector<std::string>& names) {
  Lock lock(parts_->files);
  CertificateFiles files{parts_->folder / "self_signed.crt", parts_->folder / "self_signed.key", {}, false};
  const WallTime now = parts_->clock.wall();
  const auto there = readPemPair(files.certificate, files.key);
  if (!there) return fail(there.error());
  if (*there) {
    auto info = describeCertificate((*there)->certificate_pem);
    // One that has not begun is kept as well: we made it, so it is the clock that is wrong, and whoever holds on to its
    // fingerprint does not ask for dates.
    if (info && belongTogether(**there) && info->expires - Days(kRenewBeforeDays) > now) {
      files.info = std::move(*info);
      return files;
    }
  }
  std::vector<std::string> all;
  std::array<char, 256> own{};
  if (::gethostname(own.data(), own.size() - 1) == 0)
    if (auto name = cleanHostName(own.data())) {
      all.push_back(*name);
      if (name->find('.') == std::string::npos) all.push_back(*name + ".local");
    }
  all.insert(all.end(), {"localhost", "127.0.0.1", "::1"});
  all.insert(all.end(), names.begin(), names.end());
  const auto made = makeServerCertificate(all, validFor(now, kSelfSignedDays), nullptr);
  if (!made) return fail(made.error());
  if (Status written = writePemPair(files.certificate, files.key, *made); !written) return fail(written.error());
  auto info = describeCertificate(made->certificate_pem);
  if (!info) return fail(std::move(info.error()));
  files.info = std::move(*info);
  files.made_now = true;
  files.replaced = there->has_value();
  return files;
}

void Certificates::issueServer(const std::vector<std::string>& names, int days, const Actor& actor,
                               std::function<void(Result<IssuedCertificate>)> done) {
  if (Status good = checkDays(days, kServerDays); !good) return done(fail(good.error()));
  Lock lock(parts_->files);
  const auto authority = parts_->authority();
  lock.unlock();
  if (!authority) return done(fail(authority.error()));
  auto pair = makeServerCertificate(names, validFor(parts_->clock.wall(), days), &*authority);
  if (!pair) return done(fail(std::move(pair.error())));
  auto info = describeCertificate(pair->certificate_pem);
  if (!info) return done(fail(std::move(info.error())));
  parts_->issued({std::move(*info), std::move(*pair), authority->certificate_pem}, "", actor, std::move(done));
}

void Certificates::issueDevice(const DeviceId& device, int days, const Actor& actor,
                               std::function<void(Result<IssuedCertificate>)> done) {
  if (Status good = checkDays(days, kMaxDeviceDays); !good) return done(fail(good.error()));
  Lock lock(parts_->files);
  const auto authority = parts_->authority();
  lock.unlock();
  if (!authority) return done(fail(authority.error()));
  auto pair = makeDeviceCertificate(device.str(), validFor(parts_->clock.wall(), days), *authority);
  if (!pair) return done(fail(std::move(pair.error())));
  auto info = describeCertificate(pair->certificate_pem);
  if (!info) return done(fail(std::move(info.error())));
  parts_->issued({std::move(*info), std::move(*pair), authority->certificate_pem}, device.str(), actor,
                 std::move(done));
}

bool Certificates::good(std::string_view fingerprint, const DeviceId& device) const {
  const std::int64_t now_ms = toMs(parts_->clock.wall());
  Lock lock(parts_->mutex);
  const auto at = parts_->all.find(fingerprint);
  return at != parts_->all.end() && at->second.device == device.str() && at->second.revoked_ms == 0 &&
         now_ms < at->second.expires_ms;
}

std::optional<DeviceId> Certificates::holder(std::string_view fingerprint) const {
  const std::int64_t now_ms = toMs(parts_->clock.wall());
  Lock lock(parts_->mutex);
  const auto at = parts_->all.find(fingerprint);
  if (at == parts_->all.end() || at->second.revoked_ms != 0 || now_ms >= at->second.expires_ms) return std::nullopt;
  const auto id = DeviceId::parse(at->second.device);
  return id ? std::optional(*id) : std::nullopt;
}

bool Certificates::revoked(std::string_view fingerprint) const {
  Lock lock(parts_->mutex);
  const auto at = parts_->all.find(fingerprint);
  return at != parts_->all.end() && at->second.revoked_ms != 0;
}

std::vector<DeviceCertificate> Certificates::list() const {
  std::vector<DeviceCertificate> all;
  {
    Lock lock(parts_->mutex);
    for (const auto& [fingerprint, each] : parts_->all) all.push_back(each);
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.issued_ms > b.issued_ms; });
  return all;
}

void Certificates::revoke(std::string_view fingerprint, const Actor& actor, store::Done done) {
  Lock lock(parts_->mutex);
  const auto at = parts_->all.find(fingerprint);
  const bool found = at != parts_->all.end();
  const bool was_good = found && at->second.revoked_ms == 0;
  if (was_good) at->second.revoked_ms = toMs(parts_->clock.wall());
  std::vector<DeviceCertificate> which;
  if (was_good) which.push_back(at->second);
  lock.unlock();
  if (!found) return done(fail(ErrorCode::not_found, "No certificate with this fingerprint was issued here."));
  if (!was_good) return done(fail(ErrorCode::conflict, "This certificate is revoked already."));
  parts_->revoke(std::move(which), actor, std::move(done));
}

void Certificates::revokeAll(const DeviceId& device, const Actor& actor, store::Done done) {
  std::vector<DeviceCertificate> which;
  {
    Lock lock(parts_->mutex);
    for (auto& [fingerprint, each] : parts_->all) {
      if (each.device != device.str() || each.revoked_ms != 0) continue;
      each.revoked_ms = toMs(parts_->clock.wall());
      which.push_back(each);
    }
    // One time for all, as they are written.
    for (DeviceCertificate& each : which) each.revoked_ms = which.front().revoked_ms;
  }
  parts_->revoke(std::move(which), actor, std::move(done));
}

void Certificates::onRevoked(std::function<void(const DeviceCertificate&)> observer) {
  Lock lock(parts_->mutex);
  parts_->observers.push_back(std::move(observer));
}

void Certificates::forgetExpired() {
  const std::int64_t before_ms = toMs(parts_->clock.wall() - kForgottenAfter);
  parts_->database.write(
      [before_ms](store::Session& session) -> Status {
        auto gone = session.run("DELETE FROM device_certificates WHERE expires_ms < $1", before_ms);
        if (!gone) return fail(std::move(gone.error()));
        return {};
      },
      [parts = parts_, before_ms](Status status) {
        if (!status) return;  // tomorrow again
        Lock lock(parts->mutex);
        std::erase_if(parts->all, [&](const auto& each) { return each.second.expires_ms < before_ms; });
      });
}

}  // namespace robohub::identity

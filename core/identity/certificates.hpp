// The hub's own small authority: it makes the certificate that the hub shows where none is configured, those for the
// hub's names, and those by which agents prove themselves beside their keys. Nobody trusts it but who is given its
// certificate. Keys of devices and servers are handed out once and not kept; what is kept of a device's certificate is
// its fingerprint, so that it can be revoked.
//
// Files in <data>/tls, folder 0700, keys 0600: authority.{crt,key}, self_signed.{crt,key}.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/audit.hpp"
#include "identity/x509.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"

namespace robohub::identity {

inline constexpr int kDeviceDays = 397;      // when nothing else is asked for
inline constexpr int kMaxDeviceDays = 825;   // 1 is the least
inline constexpr int kServerDays = 397;      // what browsers take at most
inline constexpr int kSelfSignedDays = 820;  // agents hold on to its fingerprint; over 825 some clients refuse it
inline constexpr int kRenewBeforeDays = 30;

// CERTIFICATE of docs/PROTOCOL.md.
struct DeviceCertificate {
  std::string fingerprint;  // 64 hexadecimal digits
  std::string device;
  std::string serial;                                          // hexadecimal
  std::int64_t issued_ms = 0, expires_ms = 0, revoked_ms = 0;  // revoked_ms 0: it is not
};

struct IssuedCertificate {
  CertificateInfo info;
  PemPair pair;
  std::string authority_pem;
};

// A certificate in files, with its key.
struct CertificateFiles {
  std::filesystem::path certificate, key;
  CertificateInfo info;
  bool made_now = false;
  bool replaced = false;  // in the place of another one, which was good no longer
};

// Thread-safe. "Blocks" means the disk for some milliseconds: never on a loop.
class Certificates {
 public:
  // Reads the fingerprints that were issued. Blocks. All must outlive it; let it go after the database was closed.
  // Errors: permission_denied (a key that others may read; says the chmod that mends it), corrupt, those of the
  // database.
  static Result<std::unique_ptr<Certificates>> open(const store::DataFolder& folder, store::Database& database,
                                                    const Audit& audit, const Clock& clock);
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // Null while there is none. Does not block. [any-thread]
  std::optional<CertificateInfo> authority() const;
  // The authority's certificate, for whoever shall trust it; made for ten years where there is none. Blocks.
  Result<CertificateFiles> ensureAuthority();

  // <data>/tls/self_signed.{crt,key}: kept as long as it is good, made anew when it is missing, does not fit its key or
  // has less than kRenewBeforeDays left; then everybody who holds on to its fingerprint has to learn the new one. A
  // clock that is before its beginning changes nothing. `names` besides localhost and this machine's own. Blocks.
  Result<CertificateFiles> ensureSelfSigned(const std::vector<std::string>& names);

  // A certificate for the hub's listener, signed by the authority (which is made if need be). Blocks, then `done` on
  // the database's writer thread once the audit has it. Errors: invalid_argument at /names, /days.
  void issueServer(const std::vector<std::string>& names, int days, const Actor& actor,
                   std::function<void(Result<IssuedCertificate>)> done);
  // The same for an agent; good() from then on. Whether the device is enrolled is the caller's to check. Errors:
  // invalid_argument at /days.
  void issueDevice(const DeviceId& device, int days, const Actor& actor,
                   std::function<void(Result<IssuedCertificate>)> done);

  // Whether a client that proved itself by this certificate is that device: issued here for it, neither revoked nor
  // expired. Does not block. [any-thread]
  bool good(std::string_view fingerprint, const DeviceId& device) const;
  // The device that a client with this certificate is: issued here, neither revoked nor expired. Does not block.
  // [any-thread]
  std::optional<DeviceId> holder(std::string_view fingerprint) const;
  // Issued here and revoked since; others may be anything. Does not block. [any-thread]
  bool revoked(std::string_view fingerprint) const;
  // All that have not been forgotten, newest first. Does not block. [any-thread]
  std::vector<DeviceCertificate> list() const;

  // Void in memory BEFORE the disk knows; observers are told at once, so that live links drop. If the disk then
  // refuses, it is good again and `done` says why. Errors: not_found, conflict (revoked already).
  void revoke(std::string_view fingerprint, const Actor& actor, store::Done done);
  // All of one device that are good; nothing to revoke is fine.
  void revokeAll(const DeviceId& device, const Actor& actor, store::Done done);
  // Called with each certificate that is revoked, before `done`, on the thread that revokes. Register before the loops
  // start.
  void onRevoked(std::function<void(const DeviceCertificate&)> observer);

  // Lets go of those that expired long ago. Once a day. Does not block.
  void forgetExpired();

 private:
  struct Parts;
  explicit Certificates(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

}  // namespace robohub::identity

// A guest's session is the token itself: a name, an id and two times under a MAC of this installation's key
// (crypto_auth, HMAC-SHA-512-256). No row is written, so guests cannot fill a disk. Pure. [any-thread]
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "store/data_folder.hpp"

namespace robohub::identity {

using InstallKey = std::array<std::uint8_t, 32>;

// data/secret.key (0600), made at the first start; removing it ends every guest session. Blocks; start-up only.
// Errors: permission_denied (readable by others), corrupt, internal.
Result<InstallKey> loadInstallKey(const store::DataFolder& folder);

struct GuestPass {
  PersonId id;       // "g-" and 13 digits
  std::string name;  // as cleanName() gives it
  WallTime issued;
  WallTime expires;
};

inline constexpr std::string_view kGuestPrefix = "g1.";

// "g1." and base64url of (issued_ms, expires_ms: 8 bytes each, big endian; the id's 13 digits; the name; 32 bytes of
// MAC).
std::string signGuestPass(const GuestPass& pass, const InstallKey& key);
// A new guest's: 65 random bits. With its "g-" it has 15 characters, the most that std::string holds without memory of
// its own: ten thousand sockets have several copies each.
PersonId newGuestId();
// Whether newGuestId() may have made it.
bool isGuestId(const PersonId& id);
// Nullopt unless the MAC is right and it has not expired.
std::optional<GuestPass> readGuestPass(std::string_view token, const InstallKey& key, WallTime now);

}  // namespace robohub::identity

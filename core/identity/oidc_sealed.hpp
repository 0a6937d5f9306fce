// What must be remembered of a sign-in while the browser is at the issuer. Anybody may begin one, so a table of them
// could be filled by strangers until nobody gets in; instead the browser keeps its own, sealed in the cookie that binds
// it, and the hub keeps nothing before somebody comes back. A restart makes another key, and all are begun anew. Takes
// `now`. Not thread-safe: its owner guards it.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "base/time.hpp"

namespace robohub::identity {

struct OidcSignIn {
  std::string nonce, verifier;  // 43 characters each
  std::string return_path;
  MonoTime began;
};

class SealedSignIns {
 public:
  static constexpr Duration kTime = std::chrono::minutes(10);
  static constexpr std::size_t kFinished = 10'000;  // more: the oldest may be tried again, and the issuer refuses it

  SealedSignIns();
  // For the cookie; opens with this state only.
  std::string seal(const OidcSignIn& sign_in, const std::string& state) const;
  // Once for each; nullopt also when it is older than kTime, or was sealed for another state or by another hub.
  std::optional<OidcSignIn> open(const std::string& sealed, const std::string& state, MonoTime now);

 private:
  std::array<std::uint8_t, 32> key_{};
  std::set<std::string> finished_;                               // states
  std::deque<std::pair<MonoTime, std::string>> finished_order_;  // oldest first
};

}  // namespace robohub::identity

// Argon2id (RFC 9106) in memory that stays where it is. A hash works on 64 MiB; taking and giving that back each time
// locks the whole process's address space against its other threads, for milliseconds and at the low priority of a
// hashing thread: a click waited 10 ms (p99) beside a flood of wrong passwords. Here the memory is reserved once,
// filled page by page, and emptied in small steps when nobody signs in any more.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::identity {

struct PasswordCost {
  unsigned long long operations = 3;     // Argon2 t
  std::size_t memory_bytes = 64u << 20;  // Argon2 m; p is 1
};

// Owned by one thread.
class Argon2 {
 public:
  Argon2() = default;
  ~Argon2();
  Argon2(const Argon2&) = delete;
  Argon2& operator=(const Argon2&) = delete;

  // "$argon2id$v=19$m=65536,t=3,p=1$<salt>$<hash>" with a new random salt: the text that libsodium and others read too.
  // Blocks for about a tenth of a second. Errors: exhausted (no memory).
  Result<std::string> hash(std::string_view password, PasswordCost cost);
  // Whether the password belongs to such a text; false for texts of other kinds or with absurd costs. Compares in
  // constant time. Blocks as long as hash() with the costs of the text. Errors: exhausted.
  Result<bool> verify(std::string_view password, std::string_view stored);
  // Gives the memory back to the system, a little at a time; the next hash fills it anew.
  void rest();

 private:
  Result<void> run(std::string_view password, std::string_view salt, PasswordCost cost, std::string& out);

  unsigned char* memory_ = nullptr;
  std::size_t reserved_bytes_ = 0;
  bool filled_ = false;
};

}  // namespace robohub::identity

#include "identity/argon2.hpp"

#include <argon2.h>
#include <sodium.h>
#include <sys/mman.h>

#include <algorithm>
#include <charconv>

namespace robohub::identity {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kStep = 1u << 20;
constexpr std::uint32_t kMostKibibytes = 1u << 20;  // 1 GiB: a text that asks for more is not ours
constexpr std::uint32_t kMostOperations = 64;
constexpr std::string_view kStart = "$argon2id$v=19$m=";

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  text.pop_back();  // the NUL that it writes
  return text;
}

std::string fromBase64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr,
                        &size, nullptr, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
    return {};
  bytes.resize(size);
  return bytes;
}

// Takes a number and the character behind it off `text`.
bool takeNumber(std::string_view& text, std::uint32_t& value, std::string_view behind) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(behind)) return false;
  text.remove_prefix(behind.size());
  return true;
}

struct Stored {
  PasswordCost cost;
  std::string salt, hash;
};

bool read(std::string_view text, Stored& stored) {
  if (!text.starts_with(kStart)) return false;
  text.remove_prefix(kStart.size());
  std::uint32_t kibibytes = 0, operations = 0, lanes = 0;
  if (!takeNumber(text, kibibytes, ",t=") || !takeNumber(text, operations, ",p=") || !takeNumber(text, lanes, "$"))
    return false;
  const std::size_t dollar = text.find('$');
  if (dollar == std::string_view::npos || lanes != 1 || kibibytes < 8 || kibibytes > kMostKibibytes ||
      operations == 0 || operations > kMostOperations)
    return false;
  stored.cost = {operations, std::size_t{kibibytes} * 1024};
  stored.salt = fromBase64(text.substr(0, dollar));
  stored.hash = fromBase64(text.substr(dollar + 1));
  return stored.salt.size() >= 8 && stored.hash.size() == kHashBytes;
}

// Argon2's callbacks carry no context; each thread hashes for one owner at a time.
thread_local unsigned char* memory_of_this_hash = nullptr;
thread_local std::size_t memory_size_of_this_hash = 0;

int giveMemory(std::uint8_t** memory, std::size_t bytes) {
  if (!memory_of_this_hash || bytes > memory_size_of_this_hash) return ARGON2_MEMORY_ALLOCATION_ERROR;
  *memory = memory_of_this_hash;
  return ARGON2_OK;
}
// It stays ours; what was in it has been wiped by Argon2 itself.
void keepMemory(std::uint8_t*, std::size_t) {}

}  // namespace

Argon2::~Argon2() {
  if (memory_) ::munmap(memory_, reserved_bytes_);
}

Result<void> Argon2::run(std::string_view password, std::string_view salt, PasswordCost cost, std::string& out) {
  if (cost.memory_bytes > reserved_bytes_) {
    if (memory_) ::munmap(memory_, reserved_bytes_);
    memory_ = nullptr;
    reserved_bytes_ = 0;
    void* found = ::mmap(nullptr, cost.memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED) return fail(ErrorCode::exhausted, "There is not enough memory to hash a password.");
    memory_ = static_cast<unsigned char*>(found);
    reserved_bytes_ = cost.memory_bytes;
  }
  memory_of_this_hash = memory_;
  memory_size_of_this_hash = reserved_bytes_;
  filled_ = true;
  std::string key(password), seasoning(salt);  // Argon2 takes pointers to what may change, and leaves it alone
  out.assign(kHashBytes, '\0');
  argon2_context context{};
  context.out = reinterpret_cast<std::uint8_t*>(out.data());
  context.outlen = kHashBytes;
  context.pwd = reinterpret_cast<std::uint8_t*>(key.data());
  context.pwdlen = static_cast<std::uint32_t>(key.size());
  context.salt = reinterpret_cast<std::uint8_t*>(seasoning.data());
  context.saltlen = static_cast<std::uint32_t>(seasoning.size());
  context.t_cost = static_cast<std::uint32_t>(cost.operations);
  context.m_cost = static_cast<std::uint32_t>(cost.memory_bytes / 1024);
  context.lanes = context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = giveMemory;
  context.free_cbk = keepMemory;
  const int done = argon2_ctx(&context, Argon2_id);
  memory_of_this_hash = nullptr;
  sodium_memzero(key.data(), key.size());
  if (done != ARGON2_OK)
    return fail(ErrorCode::exhausted, std::string("A password cannot be hashed: ") + argon2_error_message(done));
  return {};
}

Result<std::string> Argon2::hash(std::string_view password, PasswordCost cost) {
  std::string salt(kSaltBytes, '\0'), hashed;
  randombytes_buf(salt.data(), salt.size());
  if (auto done = run(password, salt, cost, hashed); !done) return fail(done.error());
  std::string text(kStart);
  text += std::to_string(cost.memory_bytes / 1024);
  text += ",t=";
  text += std::to_string(cost.operations);
  text += ",p=1$";
  text += base64(salt);
  text += '$';
  text += base64(hashed);
  return text;
}

Result<bool> Argon2::verify(std::string_view password, std::string_view stored) {
  Stored known;
  if (!read(stored, known)) return false;
  std::string hashed;
  if (auto done = run(password, known.salt, known.cost, hashed); !done) return fail(done.error());
  return sodium_memcmp(hashed.data(), known.hash.data(), kHashBytes) == 0;
}

void Argon2::rest() {
  if (!filled_) return;
  filled_ = false;
  for (std::size_t at = 0; at < reserved_bytes_; at += kStep)
    ::madvise(memory_ + at, std::min(kStep, reserved_bytes_ - at), MADV_DONTNEED);
}

}  // namespace robohub::identity

#include "link/stamp.hpp"

#include <array>
#include <charconv>

namespace robohub::link {
namespace {

constexpr std::size_t kNonceDigits = 32;

void appendHex(std::string& out, std::uint64_t value) {
  static constexpr char hex[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) out += hex[(value >> shift) & 15];
}

// Only digits in lower case: a nonce has one text form, so texts of equal nonces are equal.
bool readHex(std::string_view text, std::uint64_t& value) {
  value = 0;
  for (char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<unsigned>(c - 'a') + 10;
    else
      return false;
    value = value << 4 | digit;
  }
  return true;
}

}  // namespace

std::string Nonce::text() const {
  std::string out;
  out.reserve(kNonceDigits);
  appendHex(out, high);
  appendHex(out, low);
  return out;
}

Result<Nonce> Nonce::parse(std::string_view text) {
  Nonce nonce;
  if (text.size() != kNonceDigits || !readHex(text.substr(0, 16), nonce.high) || !readHex(text.substr(16), nonce.low) ||
      nonce.isNone())
    return fail(ErrorCode::invalid_argument, "A nonce is 32 lower-case hexadecimal digits, not all of them 0.");
  return nonce;
}

void Stamp::appendTo(std::string& out) const {
  appendHex(out, nonce.high);
  appendHex(out, nonce.low);
  out += '.';
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), t_ns).ptr);
}

std::string Stamp::text() const {
  std::string out;
  out.reserve(kNonceDigits + 21);
  appendTo(out);
  return out;
}

Result<Stamp> Stamp::parse(std::string_view text) {
  const auto refused = [] {
    return fail(ErrorCode::invalid_argument, "A stamp is a nonce, a point and the agent's time in nanoseconds.");
  };
  if (text.size() < kNonceDigits + 2 || text[kNonceDigits] != '.') return refused();
  auto nonce = Nonce::parse(text.substr(0, kNonceDigits));
  if (!nonce) return refused();
  Stamp stamp{*nonce, 0};
  // One time has one text, too: no sign, no zeros before it.
  const std::string_view digits = text.substr(kNonceDigits + 1);
  if (digits.front() == '-' || (digits.front() == '0' && digits.size() > 1)) return refused();
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + kNonceDigits + 1, end, stamp.t_ns);
  if (read.ec != std::errc() || read.ptr != end || stamp.t_ns < 0) return refused();
  return stamp;
}

}  // namespace robohub::link

#include "process/call_filter.hpp"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>

#include <cstddef>
#include <string>

namespace robohub::process {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
// x32's calls come with the same architecture and this bit (asm/unistd.h): a second way to each call.
constexpr std::uint32_t kOtherNumbers = 0x40000000;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__arm__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_ARM;
#elif defined(__riscv)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
#error "This processor needs its AUDIT_ARCH_ (linux/audit.h)."
#endif

sock_filter statement(std::uint16_t code, std::uint32_t value) {
  return BPF_STMT(code, value);
}
sock_filter jump(std::uint16_t code, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return BPF_JUMP(code, value, yes, no);
}
sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
// The low half, which stands first on all of these processors.
sock_filter loadArgument(unsigned index) {
  return load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}
sock_filter allowed() {
  return statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}
sock_filter refused(int error) {
  return statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA));
}

}  // namespace

CallFilter::CallFilter(Rest rest)
    : rest_(rest),
      program_{load(offsetof(seccomp_data, arch)), jump(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
               statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), load(offsetof(seccomp_data, nr))} {
#if defined(__x86_64__)
  program_.push_back(jump(BPF_JMP | BPF_JGE | BPF_K, kOtherNumbers, 0, 1));
  program_.push_back(refused(ENOSYS));
#endif
}

void CallFilter::allow(long call) {
  rule(call, {allowed()});
}

void CallFilter::refuse(long call, int error) {
  rule(call, {refused(error)});
}

void CallFilter::allowOnly(long call, unsigned index, std::initializer_list<std::uint32_t> values) {
  ruleOfValues(call, index, values, true);
}

void CallFilter::refuseValues(long call, unsigned index, std::initializer_list<std::uint32_t> values) {
  ruleOfValues(call, index, values, false);
}

void CallFilter::refuseBits(long call, unsigned index, std::uint32_t bits) {
  rule(call, {loadArgument(index), jump(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0), allowed(), refused(EPERM)});
}

Status CallFilter::install() const {
  std::vector<sock_filter> program = program_;
  program.push_back(rest_ == Rest::allowed ? allowed() : refused(EPERM));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return {};
  return fail(ErrorCode::unsupported, std::string("System calls cannot be limited: ") + ::strerror(errno));
}

// The body ends in every case, so what it has loaded is in nobody's way.
void CallFilter::rule(long call, const std::vector<sock_filter>& body) {
  program_.push_back(
      jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, static_cast<std::uint8_t>(body.size())));
  program_.insert(program_.end(), body.begin(), body.end());
}

void CallFilter::ruleOfValues(long call, unsigned index, std::initializer_list<std::uint32_t> values, bool allow_them) {
  std::vector<sock_filter> body{loadArgument(index)};
  std::size_t left = values.size();  // a hit jumps over the other comparisons and the first of the two ends
  for (const std::uint32_t value : values)
    body.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, value, static_cast<std::uint8_t>(left--), 0));
  body.push_back(allow_them ? refused(EPERM) : allowed());
  body.push_back(allow_them ? allowed() : refused(EPERM));
  rule(call, body);
}

}  // namespace robohub::process

// Buses and pins fail while a machine is running: a wire comes loose, a chip does not answer. Such failures are values
// that name the device and the system's reason, so that a driver can switch off and say why. Only opening throws.
#pragma once
#include <stdexcept>
#include <string>
#include <utility>

namespace rh::hw {

// Outcome of one transfer. Immutable. `error` is an errno value, 0 on success.
class [[nodiscard]] IoStatus {
 public:
  IoStatus() = default;
  // `what` names the device and the act: "/dev/i2c-1, address 0x40: writing 2 bytes".
  IoStatus(int error, const std::string& what);

  bool ok() const { return error_ == 0; }
  explicit operator bool() const { return ok(); }
  int error() const { return error_; }
  // "/dev/i2c-1, address 0x40: writing 2 bytes: No such device or address"; empty on success.
  const std::string& message() const { return message_; }

 private:
  int error_ = 0;
  std::string message_;
};

// Thrown by the functions that open a device; what() is an IoStatus message.
class OpenError : public std::runtime_error {
 public:
  explicit OpenError(const IoStatus& status) : std::runtime_error(status.message()), error_(status.error()) {}
  int error() const { return error_; }

 private:
  int error_;
};

}  // namespace rh::hw

// What an author throws to refuse: a status and one sentence for the person who sent the command. The skin catches it
// (and any other exception) at the border.
#pragma once
#include <stdexcept>
#include <string>

#include "rh/abi.h"

namespace rh {

class Fault : public std::runtime_error {
 public:
  Fault(rh_status status, const std::string& sentence) : std::runtime_error(sentence), status_(status) {}
  rh_status status() const { return status_; }

 private:
  rh_status status_;
};

// The usual ones by name: throw rh::conflict("Calibrate first.");
inline Fault invalid(const std::string& sentence) {
  return Fault(RH_INVALID_ARGUMENT, sentence);
}
inline Fault conflict(const std::string& sentence) {
  return Fault(RH_CONFLICT, sentence);
}
inline Fault notPermitted(const std::string& sentence) {
  return Fault(RH_NOT_PERMITTED, sentence);
}
inline Fault unavailable(const std::string& sentence) {
  return Fault(RH_UNAVAILABLE, sentence);
}
inline Fault timeout(const std::string& sentence) {
  return Fault(RH_TIMEOUT, sentence);
}

}  // namespace rh

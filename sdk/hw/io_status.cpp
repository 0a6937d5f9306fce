#include "hw/io_status.hpp"

#include <system_error>

namespace rh::hw {

IoStatus::IoStatus(int error, const std::string& what) : error_(error) {
  if (error != 0) message_ = what + ": " + std::generic_category().message(error);
}

}  // namespace rh::hw

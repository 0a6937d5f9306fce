// What is asked of a GPIO character device for one line (uAPI v2, <linux/gpio.h>), apart from the asking.
#pragma once
#include <linux/gpio.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

namespace rh::hw {

inline gpio_v2_line_request lineRequest(std::uint32_t line, const std::string& consumer) {
  gpio_v2_line_request request{};
  request.offsets[0] = line;
  request.num_lines = 1;
  std::strncpy(request.consumer, consumer.c_str(), sizeof request.consumer - 1);
  return request;
}

// An output that drives `high` from the first moment. One that begins low has the chip's pull-down: a line that is
// released becomes an input, and some chips (GPIO 0 to 8 of a Raspberry Pi) pull those up unless told otherwise.
inline gpio_v2_line_request outputRequest(std::uint32_t line, bool high, const std::string& consumer) {
  gpio_v2_line_request request = lineRequest(line, consumer);
  request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
  if (!high) request.config.flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
  // The level goes with the request: direction first and level later would show the wrong one for a moment.
  request.config.num_attrs = 1;
  request.config.attrs[0].mask = 1;
  request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
  request.config.attrs[0].attr.values = high ? 1 : 0;
  return request;
}

// `ask` makes the request of the chip and returns an errno value, or 0. Asks again without a pull where the chip has
// none, or its driver refuses one.
template <class Ask>
int askForOutput(gpio_v2_line_request& request, Ask&& ask) {
  constexpr int kKernelNotSupported = 524;  // ENOTSUPP, which some drivers let out
  const int error = ask(request);
  const bool refused = error == EINVAL || error == EOPNOTSUPP || error == kKernelNotSupported;
  if (!refused || (request.config.flags & GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN) == 0) return error;
  request.config.flags &= ~static_cast<__u64>(GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN);
  return ask(request);
}

}  // namespace rh::hw

// The layout of every released table, fixed: a member that moves breaks plugins that were built before. New members go
// to the end, and get a line here. LP64 (all platforms that plugin.json knows but armhf).
#include <rh/abi.h>

#include <catch2/catch.hpp>
#include <cstddef>

#define AT(type, member, offset) static_assert(offsetof(type, member) == (offset), #type "." #member " has moved")
#define SIZE(type, size) static_assert(sizeof(type) == (size), #type " has another size")

// What every table of an id has, whatever is added behind it: a plugin or host of the first build is never too small.
#define RELEASED(type, member, size) \
  static_assert(RH_BYTES_THROUGH(type, member) == (size), #type " was released with another size")

#if defined(__LP64__)

RELEASED(rh_plugin, interface, 40);
RELEASED(rh_host, extension, 48);
RELEASED(rh_driver, close, 80);
RELEASED(rh_driver_frames, watch, 16);
RELEASED(rh_driver_captures, waiting, 16);
RELEASED(rh_translator, close, 48);
RELEASED(rh_host_frames, frame, 16);
RELEASED(rh_host_state, save, 24);
RELEASED(rh_host_captures, end, 32);
RELEASED(rh_host_turns, goes_on, 16);

SIZE(rh_text, 16);
AT(rh_text, data, 0);
AT(rh_text, size, 8);
SIZE(rh_bytes, 16);
AT(rh_bytes, data, 0);
AT(rh_bytes, size, 8);

SIZE(rh_sink, 24);
AT(rh_sink, struct_size, 0);
AT(rh_sink, context, 8);
AT(rh_sink, write, 16);

SIZE(rh_host, 48);
AT(rh_host, struct_size, 0);
AT(rh_host, abi, 4);
AT(rh_host, context, 8);
AT(rh_host, log, 16);
AT(rh_host, publish, 24);
AT(rh_host, complete, 32);
AT(rh_host, extension, 40);

SIZE(rh_open, 72);
AT(rh_open, struct_size, 0);
AT(rh_open, host, 8);
AT(rh_open, device, 16);
AT(rh_open, type, 24);
AT(rh_open, id, 40);
AT(rh_open, config, 56);

SIZE(rh_request, 64);
AT(rh_request, struct_size, 0);
AT(rh_request, id, 8);
AT(rh_request, epoch, 16);
AT(rh_request, deadline_ns, 24);
AT(rh_request, command, 32);
AT(rh_request, params, 48);

SIZE(rh_driver, 80);
AT(rh_driver, struct_size, 0);
AT(rh_driver, open, 8);
AT(rh_driver, configure, 16);
AT(rh_driver, permit, 24);
AT(rh_driver, turn, 32);
AT(rh_driver, handle, 40);
AT(rh_driver, cancel, 48);
AT(rh_driver, halt, 56);
AT(rh_driver, quiesce, 64);
AT(rh_driver, close, 72);

SIZE(rh_message_sink, 24);
AT(rh_message_sink, struct_size, 0);
AT(rh_message_sink, context, 8);
AT(rh_message_sink, write, 16);

SIZE(rh_translator, 48);
AT(rh_translator, struct_size, 0);
AT(rh_translator, open, 8);
AT(rh_translator, encode, 16);
AT(rh_translator, decode, 24);
AT(rh_translator, halt, 32);
AT(rh_translator, close, 40);

SIZE(rh_host_frames, 16);
AT(rh_host_frames, struct_size, 0);
AT(rh_host_frames, frame, 8);
SIZE(rh_driver_frames, 16);
AT(rh_driver_frames, struct_size, 0);
AT(rh_driver_frames, watch, 8);
SIZE(rh_host_state, 24);
AT(rh_host_state, struct_size, 0);
AT(rh_host_state, load, 8);
AT(rh_host_state, save, 16);
SIZE(rh_host_captures, 32);
AT(rh_host_captures, struct_size, 0);
AT(rh_host_captures, folder, 8);
AT(rh_host_captures, segment, 16);
AT(rh_host_captures, end, 24);
SIZE(rh_host_turns, 16);
AT(rh_host_turns, struct_size, 0);
AT(rh_host_turns, goes_on, 8);
SIZE(rh_driver_captures, 16);
AT(rh_driver_captures, struct_size, 0);
AT(rh_driver_captures, waiting, 8);

SIZE(rh_plugin, 40);
AT(rh_plugin, struct_size, 0);
AT(rh_plugin, abi, 4);
AT(rh_plugin, describe, 8);
AT(rh_plugin, start, 16);
AT(rh_plugin, stop, 24);
AT(rh_plugin, interface, 32);

#endif

TEST_CASE("the released statuses, log levels and ids keep their values") {
  CHECK(RH_ABI_VERSION == 1);
  const rh_status statuses[] = {RH_OK,        RH_PENDING,     RH_INVALID_ARGUMENT, RH_NOT_PERMITTED, RH_CONFLICT,
                                RH_NOT_FOUND, RH_UNSUPPORTED, RH_UNAVAILABLE,      RH_TIMEOUT,       RH_CANCELLED,
                                RH_TOO_LARGE, RH_EXHAUSTED,   RH_CORRUPT,          RH_INTERNAL};
  for (rh_status i = 0; i < 14; ++i) CHECK(statuses[i] == i);
  const std::int32_t levels[] = {RH_LOG_DEBUG, RH_LOG_INFO, RH_LOG_WARNING, RH_LOG_ERROR};
  for (std::int32_t i = 0; i < 4; ++i) CHECK(levels[i] == i);
  CHECK(std::string(RH_DRIVER_V1) == "rh.driver/1");
  CHECK(std::string(RH_TRANSLATOR_V1) == "rh.translator/1");
  CHECK(std::string(RH_FRAMES_V1) == "rh.frames/1");
  CHECK(std::string(RH_STATE_V1) == "rh.state/1");
  CHECK(std::string(RH_CAPTURES_V1) == "rh.captures/1");
  CHECK(std::string(RH_TURNS_V1) == "rh.turns/1");
  CHECK(RH_STATE_MAX_BYTES == 65536);
}

/* Robohub plugin ABI, version 1.
 *
 * A plugin is a shared object that exports one data symbol, `rh_plugin_v1`. Everything else is reached through tables
 * of functions, so that host and plugin may be built by different compilers, in different years.
 *
 * Rules that hold for every function here:
 *  - Tables and argument structs grow only at their end, and `struct_size` comes first: read a member only when
 *    `struct_size` covers it. A released member never moves or changes its meaning.
 *  - Texts (UTF-8) and bytes are borrowed for the length of the call. Results go into the caller's sink. Nothing that
 *    one side allocated is freed by the other. Handles are opaque.
 *  - No exception crosses the border, and no `longjmp`.
 *  - Thread tags:
 *      [main]           the host's thread that started the plugin; one call at a time
 *      [device-serial]  one call at a time for one device, not always on the same thread; calls see each other's writes
 *      [any-thread]     at any time, from any thread, also beside a [device-serial] call of the same device
 *
 * Authors write C++ against rh/plugin.hpp; this header is what that skin and the hosts agree on.
 */
#ifndef RH_ABI_H
#define RH_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RH_ABI_VERSION 1u

/* How long a table must be for `member` to be read. The last member that an id was released with says what every table
 * of that id has; each one that was added behind it is asked for by itself, since older builds do not have it. */
#define RH_BYTES_THROUGH(table, member) (offsetof(table, member) + sizeof(((const table*)0)->member))

/* Ids of the optional tables. A new revision of one is a new id. */
#define RH_DRIVER_V1 "rh.driver/1"         /* plugin side: rh_driver */
#define RH_TRANSLATOR_V1 "rh.translator/1" /* plugin side: rh_translator */
#define RH_FRAMES_V1 "rh.frames/1"         /* plugin side: rh_driver_frames; host side: rh_host_frames */
#define RH_STATE_V1 "rh.state/1"           /* host side: rh_host_state */
#define RH_CAPTURES_V1 "rh.captures/1"     /* host side: rh_host_captures; plugin side: rh_driver_captures */
#define RH_TURNS_V1 "rh.turns/1"           /* host side: rh_host_turns */

#define RH_STATE_MAX_BYTES 65536u /* the largest state that rh.state/1 keeps for one device */

/* ---- Values ------------------------------------------------------------------------------------------------------ */

typedef struct rh_text {
  const char* data; /* UTF-8, not NUL-terminated; may be null when size is 0 */
  size_t size;
} rh_text;

typedef struct rh_bytes {
  const uint8_t* data;
  size_t size;
} rh_bytes;

/* Where a function leaves its result: `write` appends. Called only during the call that the sink was given to. */
typedef struct rh_sink {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* context;
  void (*write)(void* context, rh_text part);
} rh_sink;

/* Status of a call. Values never change; a host treats one that it does not know as RH_INTERNAL. */
typedef int32_t rh_status;
enum {
  RH_OK = 0,
  RH_PENDING = 1,          /* only from rh_driver.handle: rh_host.complete follows, exactly once */
  RH_INVALID_ARGUMENT = 2, /* the same input will fail again */
  RH_NOT_PERMITTED = 3,    /* no valid permit, or halted since: nothing was energised */
  RH_CONFLICT = 4,         /* true input, wrong moment ("not calibrated") */
  RH_NOT_FOUND = 5,
  RH_UNSUPPORTED = 6,
  RH_UNAVAILABLE = 7, /* the hardware does not answer, or closing down */
  RH_TIMEOUT = 8,     /* not done within its deadline */
  RH_CANCELLED = 9,
  RH_TOO_LARGE = 10,
  RH_EXHAUSTED = 11, /* a queue or rate is used up; later may work */
  RH_CORRUPT = 12,   /* stored or received data fails its check */
  RH_INTERNAL = 13
};

enum { RH_LOG_DEBUG = 0, RH_LOG_INFO = 1, RH_LOG_WARNING = 2, RH_LOG_ERROR = 3 };

/* ---- Host -------------------------------------------------------------------------------------------------------- */

typedef struct rh_host_device rh_host_device; /* the host's handle of one open device */
typedef struct rh_device rh_device;           /* the plugin's handle of one open device */
typedef struct rh_link rh_link;               /* the plugin's handle of one translated foreign link */

/* What the host gives to a plugin; valid from start() until stop() has returned. None of these functions blocks. */
typedef struct rh_host rh_host;
struct rh_host {
  uint32_t struct_size;
  uint32_t abi;  /* RH_ABI_VERSION of the host */
  void* context; /* the host's own */

  /* [any-thread] One line for the log. `device` may be null. */
  void (*log)(const rh_host* host, rh_host_device* device, int32_t level, rh_text line);
  /* [any-thread] A value of a declared telemetry channel: a JSON object. Ignored after close() has been called. */
  void (*publish)(const rh_host* host, rh_host_device* device, rh_text channel, rh_text json);
  /* [any-thread] Ends a request for which handle() returned RH_PENDING; `text` is the result (a JSON object, may be
   * empty) with RH_OK, and a sentence for a person with any other status. Exactly once for each pending request. */
  void (*complete)(const rh_host* host, rh_host_device* device, uint64_t request, rh_status status, rh_text text);
  /* [any-thread] The host's table of this id, or null. A plugin works without any of them. */
  const void* (*extension)(const rh_host* host, rh_text id);
};

/* ---- Driver: the device side, "rh.driver/1" ---------------------------------------------------------------------- */

typedef struct rh_open {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  const rh_host* host;
  rh_host_device* device; /* to be given back to the host's functions */
  rh_text type;           /* the device type, one of the manifest's */
  rh_text id;             /* the device's id */
  rh_text config;         /* a JSON object */
} rh_open;

typedef struct rh_request {
  uint32_t struct_size;
  uint32_t reserved;   /* 0 */
  uint64_t id;         /* unique among the requests of this open device */
  uint64_t epoch;      /* the turn that it belongs to; 0 where the command needs none */
  int64_t deadline_ns; /* CLOCK_MONOTONIC; a handle() that overruns it gets the process killed; one that
                        * has returned RH_PENDING is cancelled */
  rh_text command;
  rh_text params; /* a JSON object, checked by the host against the declared schema */
} rh_request;

typedef struct rh_driver {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */

  /* [device-serial] Returns RH_OK with the hardware SAFE (nothing energised) and `*device` set; or another status with
   * `*device` null and a sentence in `message`. Gives the first values of all channels to publish(). */
  rh_status (*open)(const rh_open* args, rh_device** device, const rh_sink* message);
  /* [device-serial] New configuration, from a host that has one without a restart. RH_UNSUPPORTED: the host closes and
   * opens instead. */
  rh_status (*configure)(rh_device* device, rh_text config, const rh_sink* message);
  /* [any-thread] Begins, renews and (until_ns 0) ends a turn. Outputs may energise only while the newest permit is
   * valid (CLOCK_MONOTONIC before until_ns), and a permit is the only way back after a halt. Must not block and touches
   * no hardware: work that belongs to a turn goes into turn(). The host never lets a permit given before a halt arrive
   * behind that halt, and calls halt() when one runs out. */
  void (*permit)(rh_device* device, uint64_t epoch, int64_t until_ns);
  /* [device-serial] After the first permit of a turn, and the first one behind a halt (its epoch); after the turn's end
   * and after a halt (0). Not called for renewals. */
  void (*turn)(rh_device* device, uint64_t epoch);
  /* [device-serial] Carries a command out. Returns a final status with its result in `reply` (a JSON object or nothing
   * with RH_OK, a sentence otherwise), or RH_PENDING with nothing in `reply` and later one rh_host.complete. A call
   * still running when a halt comes must not energise anything afterwards. */
  rh_status (*handle)(rh_device* device, const rh_request* request, const rh_sink* reply);
  /* [any-thread] The result of this request is no longer wanted, also because its deadline is over; it must not
   * energise anything from now on. It still gets its one answer. Must not block. */
  void (*cancel)(rh_device* device, uint64_t request);
  /* [any-thread] Makes the outputs safe, now, also beside a running handle(); bounded (1 ms is the aim; the host gives
   * up after 50 ms, and 15 ms behind the end of a permit that ran out), idempotent. RH_OK only when they are safe;
   * otherwise a sentence in `message`, the person is told "stop NOT confirmed", and the process is killed and the
   * device opened anew. */
  rh_status (*halt)(rh_device* device, rh_text reason, const rh_sink* message);
  /* [device-serial] Before close(): finishes or cancels what is pending and joins the driver's own threads. */
  void (*quiesce)(rh_device* device);
  /* [device-serial] Leaves the hardware safe and frees the handle. No call to the host may follow for this device. */
  void (*close)(rh_device* device);
} rh_driver;

/* ---- Translator: the hub side of foreign links, "rh.translator/1" -------------------------------------------------
 */

/* Takes messages for a foreign link: `topic` is a topic or path in its protocol, empty where it has none. */
typedef struct rh_message_sink {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* context;
  void (*write)(void* context, rh_text topic, rh_bytes payload);
} rh_message_sink;

typedef struct rh_translator {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */

  /* [device-serial] */
  rh_status (*open)(const rh_open* args, rh_link** link, const rh_sink* message);
  /* [device-serial] A command of the device type into messages of the foreign link. RH_PENDING: decode() will see the
   * answer and call rh_host.complete; RH_OK: the link gives no answers, sending is all that can be said. */
  rh_status (*encode)(rh_link* link, const rh_request* request, const rh_message_sink* out, const rh_sink* message);
  /* [device-serial] A message of the foreign link; telemetry and results leave by rh_host.publish and complete. */
  rh_status (*decode)(rh_link* link, rh_text topic, rh_bytes payload, const rh_sink* message);
  /* [device-serial] The messages that stop the device; an unfenced link cannot confirm them. */
  rh_status (*halt)(rh_link* link, rh_text reason, const rh_message_sink* out, const rh_sink* message);
  /* [device-serial] */
  void (*close)(rh_link* link);
} rh_translator;

/* ---- Extensions -------------------------------------------------------------------------------------------------- */

/* "rh.frames/1", host side. */
typedef struct rh_host_frames {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* [any-thread] One JPEG picture (at most 4 MiB) of a declared stream, taken at t_ns (CLOCK_MONOTONIC). Copies, never
   * waits: a picture that nobody could take yet is replaced by this newer one.
   * Of a stream of sound: 10 to 100 ms of 16-bit little-endian samples of one channel at the declared rate, the last
   * one heard at t_ns; of those that nobody could take yet the oldest make room. */
  void (*frame)(const rh_host* host, rh_host_device* device, rh_text stream, rh_bytes bytes, int64_t t_ns);
} rh_host_frames;

/* "rh.frames/1", plugin side. */
typedef struct rh_driver_frames {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* [device-serial] Somebody watches this stream (on != 0), or nobody does. Off after open(). */
  void (*watch)(rh_device* device, rh_text stream, int32_t on);
} rh_driver_frames;

/* "rh.state/1", host side: what must outlive the process, a calibration say. Blocks for one small file. */
typedef struct rh_host_state {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* [device-serial] RH_NOT_FOUND when nothing was saved yet; RH_CORRUPT when it cannot be read. */
  rh_status (*load)(const rh_host* host, rh_host_device* device, const rh_sink* state);
  /* [device-serial] Replaces the whole state: after a power cut either the old or the new one is there. RH_TOO_LARGE
   * over RH_STATE_MAX_BYTES. */
  rh_status (*save)(const rh_host* host, rh_host_device* device, rh_bytes state);
} rh_host_state;

/* "rh.turns/1", host side: whether a turn that the driver is told of begins, or goes on. */
typedef struct rh_host_turns {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* [any-thread] Not 0: this turn began before the device was opened (its process or the agent has ended meanwhile, be
   * it because of a stop) or before the hub's link came back. Nobody here knows then what its holder has switched off,
   * and what a driver switches on by itself when a turn begins stays off. 0: it begins, or is known. Never waits. */
  int32_t (*goes_on)(const rh_host* host, rh_host_device* device, uint64_t epoch);
} rh_host_turns;

/* "rh.captures/1", host side: recorded video in segments, each a file that the driver has finished. The host owns a
 * file from the moment that it was handed over: it brings it to the hub, also over lost links and restarts, and deletes
 * it. */
typedef struct rh_host_captures {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* [device-serial] The absolute path of this device's own folder, in which segments are written; it may hold files of
   * an earlier life. RH_UNSUPPORTED: captures of this device are not kept. */
  rh_status (*folder)(const rh_host* host, rh_host_device* device, const rh_sink* path);
  /* [any-thread] Segment `number` (0, 1, ...) of the capture `key` is the finished regular file `file` in that folder:
   * a plain name that ends in .mp4 or .ts. `key` is the capture's name on this device for ever; key and file consist of
   * 1 to 64 (file: 96) characters of A-Z a-z 0-9 _ - and inner dots. `trigger` is "pir", "request" or "alarm",
   * `started_ms` the capture's begin on the wall clock. Never waits. RH_OK: it was handed over; a file that turns out
   * to be none is told to the operator. The same segment may be handed over again: it counts once. */
  rh_status (*segment)(const rh_host* host, rh_host_device* device, rh_text key, rh_text trigger, int64_t started_ms,
                       uint32_t number, rh_text file);
  /* [any-thread] The capture has so many segments, and no more come. Never waits. */
  rh_status (*end)(const rh_host* host, rh_host_device* device, rh_text key, uint32_t segments);
} rh_host_captures;

/* "rh.captures/1", plugin side. */
typedef struct rh_driver_captures {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* [device-serial] So many segments and bytes wait to get to the hub. After open(), and on each change. */
  void (*waiting)(rh_device* device, uint32_t segments, uint64_t bytes);
} rh_driver_captures;

/* ---- Entry ------------------------------------------------------------------------------------------------------- */

typedef struct rh_plugin {
  uint32_t struct_size;
  uint32_t abi; /* RH_ABI_VERSION that the plugin was built with */

  /* [any-thread] The manifest (without `libraries`) as JSON. Pure: touches no host, no hardware, no file. */
  rh_status (*describe)(const rh_sink* manifest);
  /* [main] Once, before any table's function is called. */
  rh_status (*start)(const rh_host* host, const rh_sink* message);
  /* [main] Once, after every device and link was closed. */
  void (*stop)(void);
  /* [any-thread] The plugin's table of this id, valid for ever, or null. */
  const void* (*interface)(rh_text id);
} rh_plugin;

#if defined(__GNUC__)
#define RH_EXPORT __attribute__((visibility("default")))
#else
#define RH_EXPORT
#endif

extern RH_EXPORT const rh_plugin rh_plugin_v1;

#ifdef __cplusplus
}
#endif

#endif /* RH_ABI_H */

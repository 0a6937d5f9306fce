// What a plugin says about itself, read and checked before any of its code runs (plugin.json) and again against its
// describe(). A manifest that is held by anybody is a good one. Immutable. [any-thread]
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "schema/schema.hpp"

namespace robohub::plugin {

struct Command {
  std::string name;
  std::string title;
  bool needs_turn = true;
  bool hazardous = false;
  std::chrono::milliseconds ttl{2000};
  schema::CompiledSchema params;
  std::optional<schema::CompiledSchema> result;
};

struct Channel {
  std::string name;
  bool is_state = true;  // the newest value counts; false: a measured series
  double max_rate_hz = 10;
  schema::CompiledSchema schema;
};

struct Stream {
  enum class Kind { mjpeg, sound };
  std::string name;
  int width_px = 0;  // of pictures
  int height_px = 0;
  Kind kind = Kind::mjpeg;
  int rate_hz = 0;  // of sound
  // How many of its frames may wait for whoever is slower; of pictures the newest only.
  std::size_t frames_kept = 1;
};

struct DeviceType {
  std::string type;
  std::string title;
  std::vector<Command> commands;
  std::vector<Channel> channels;
  std::vector<Stream> streams;
  std::vector<std::string> hazards;
  std::chrono::milliseconds deadman{500};
  json::Object::Ptr json;  // the whole part of the manifest, as pages get it; not to be changed

  // Null when there is none of this name.
  const Command* command(std::string_view name) const;
  const Channel* channel(std::string_view name) const;
  const Stream* stream(std::string_view name) const;
};

struct Library {
  std::string file;    // a plain name beside plugin.json
  std::string sha256;  // lower-case hex
};

class Manifest {
 public:
  // Reads describe()'s text or plugin.json's. Errors: invalid_argument, `where` is a JSON Pointer. Refused: another
  // ABI, names or versions that are no plain path component, channels and streams with a dot in their name, two
  // commands, channels or streams of one name, over 64 channels, a type with hazards and no dead-man or with hazardous
  // commands and no hazards, schemas outside the profile.
  static Result<std::shared_ptr<const Manifest>> parse(std::string_view text);

  // The hash below of such a text, of which nothing else is read or checked. Errors: invalid_argument for what is no
  // JSON object.
  static Result<std::string> hashOf(std::string_view text);

  std::string id;
  std::string version;
  std::string title;
  std::string vendor;  // may be empty
  std::vector<std::string> permissions;
  std::vector<DeviceType> types;
  std::optional<Library> library;  // of this platform; only in plugin.json
  // SHA-256 of the manifest without `libraries`, keys sorted, compact; lower-case hex. What agents tell their hub.
  std::string hash;

  // Null when there is none of this name.
  const DeviceType* type(std::string_view name) const;
};

// The name of this machine's libraries in plugin.json, for example "linux-x86_64".
const char* platform();

}  // namespace robohub::plugin

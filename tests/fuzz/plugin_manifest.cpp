// plugin.json of anybody: what is taken has names that are plain path components and a hash.
#include "base/ids.hpp"
#include "plugin/manifest.hpp"
#include "target.hpp"

using namespace robohub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = plugin::Manifest::parse(fuzz::text(data, size));
  if (!manifest) return 0;
  const auto& good = **manifest;
  fuzz::promise(good.hash.size() == 64, "a manifest has a hash");
  fuzz::promise(good.id.find('/') == std::string::npos && good.version.find('/') == std::string::npos,
                "id and version are path components");
  for (const auto& type : good.types) {
    fuzz::promise(type.hazards.empty() || type.deadman.count() > 0, "hazards have a dead-man");
    for (const auto& command : type.commands) fuzz::promise(type.command(command.name) != nullptr, "names are found");
  }
  return 0;
}

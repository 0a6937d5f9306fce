// A settings file from anywhere: every fault is told, nothing crashes, and reading the same text twice says the same.
#include "config/file.hpp"
#include "hub/settings.hpp"
#include "target.hpp"

using namespace robohub;

namespace {

std::string read(std::string_view text) {
  hub::Settings settings;
  return config::format(config::readText(text, "fuzz.yaml", "/nonexistent",
                                         [&](config::Section& section) { hub::readSettings(section, settings); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text(data, size);
  fuzz::promise(read(text) == read(text), "the same text has the same faults");
  return 0;
}

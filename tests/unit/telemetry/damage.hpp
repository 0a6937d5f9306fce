// Files of a history, spoilt as a disk might.
#pragma once
#include <fstream>

#include "telemetry/raw_file.hpp"
#include "telemetry_rig.hpp"

namespace robohub::telemetry::test {

// All but the beginning, so that it still passes for a database.
inline void spoil(const std::filesystem::path& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file));
  const std::string rubbish(700, '\xa5');
  for (std::streamoff at = 100; at < size; at += 1024) {
    stream.seekp(at);
    stream.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
  }
}

// The oldest.
inline std::filesystem::path rawFileOf(Rig& rig) {
  return rawPeriodsIn(rig.folder.path() / "history").at(0).path;
}

}  // namespace robohub::telemetry::test

// The configuration's `backup` section. The defaults are those of config/robohub.yaml.
#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>

namespace robohub::store {

struct BackupSettings {
  std::filesystem::path folder;  // empty: none are made by themselves
  std::chrono::minutes every{24 * 60};
  std::size_t keep = 7;  // the newest so many of the folder stay
};

}  // namespace robohub::store

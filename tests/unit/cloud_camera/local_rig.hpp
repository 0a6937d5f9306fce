// What programs beside the agent have, and a record of what was said of it.
#pragma once
#include <fstream>

#include "cloud_camera/local/programs.hpp"
#include "unit/cloud_camera/camera_host.hpp"

namespace cloud_camera::test {

namespace fs = std::filesystem;

inline void writeFile(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}
inline std::string readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Programs' files in a folder of theirs, a spool, and a record of what was said.
struct Rig {
  robohub::test::TempFolder temp;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<std::string, std::string>> segments;  // key, file
  std::vector<std::pair<std::string, std::uint32_t>> ends;
  std::vector<std::string> alarms, complaints;
  ListPlace place;
  LocalSettings settings;

  Rig() {
    fs::create_directory(theirs());
    fs::create_directory(spool());
    settings.folders = {theirs().string()};
    settings.max_segment_bytes = 10'000;
  }
  fs::path theirs() const { return temp.path() / "theirs"; }
  fs::path spool() const { return temp.path() / "spool"; }
  std::string segment(const std::string& name, const std::string& bytes = "video") {
    writeFile(theirs() / name, bytes);
    return (theirs() / name).string();
  }
  LocalWays ways() {
    return {[this](const Spool::Copy& copy) { return note([&] { segments.emplace_back(copy.key(), copy.file); }); },
            [this](const std::string& key, std::uint32_t n) { note([&] { ends.emplace_back(key, n); }); },
            [this](const std::string& source) { note([&] { alarms.push_back(source); }); },
            [this](const std::string& text) { note([&] { complaints.push_back(text); }); },
            [this](const ListPlace& reached) { note([&] { place = reached; }); }};
  }
  template <class Fn>
  bool note(Fn&& fn) {
    {
      const std::lock_guard lock(mutex);
      fn();
    }
    changed.notify_all();
    return true;
  }
  template <class Fn>
  bool until(Fn&& holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 5s, holds);
  }
};

}  // namespace cloud_camera::test

// A host for a camera under test: keeps what it publishes, saves, pictures and hands over, in a folder of its own.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cloud_camera/driver.hpp"
#include "unit/store/temp_folder.hpp"

namespace cloud_camera::test {

using namespace std::chrono_literals;

class CameraHost {
 public:
  struct Segment {
    std::string key, trigger, file;
    std::int64_t started_ms = 0;
    std::uint32_t number = 0;
    std::uintmax_t bytes = 0;  // when it was handed over
  };

  explicit CameraHost(bool keeps_captures = true);
  CameraHost(const CameraHost&) = delete;
  CameraHost& operator=(const CameraHost&) = delete;

  rh::Context context(const std::string& config = "{}");

  std::filesystem::path folder() const { return temp_.path() / "spool"; }
  std::filesystem::path temp() const { return temp_.path(); }
  std::vector<Segment> segments();
  std::map<std::string, std::uint32_t> ends();
  rh::Json latest(const std::string& channel);
  std::vector<std::string> lines();
  int frames();
  std::optional<std::string> state();
  void setState(std::string text);
  void failSaves(bool fail);  // as a full disk does
  bool logged(const std::string& part);
  // Until it holds, asked again after each thing that the camera does.
  bool until(const std::function<bool()>& holds, std::chrono::milliseconds patience = 10s);

 private:
  static CameraHost& of(const rh_host* host) { return *static_cast<CameraHost*>(host->context); }
  const void* extension(std::string_view id) const;
  void note();

  robohub::test::TempFolder temp_;
  const bool keeps_captures_;
  rh_host table_{};
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<Segment> segments_;
  std::map<std::string, std::uint32_t> ends_;
  std::map<std::string, std::string> channels_;
  std::vector<std::string> lines_;
  int frames_ = 0;
  std::optional<std::string> state_;
  bool fail_saves_ = false;
};

}  // namespace cloud_camera::test

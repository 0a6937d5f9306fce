// What one program beside the agent says: segments of one capture after another, and alarms. A capture ends when
// another begins, and when the program leaves.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "cloud_camera/local/spool.hpp"

namespace cloud_camera {

// How far a list of names was read that is a plain file: up to a whole line. `check` is of what stands before it, so
// that another list under the same name is read from its beginning.
struct ListPlace {
  std::int64_t offset = 0, check = 0;
};

struct LocalWays {
  // A copied segment of a capture; false: nobody takes it.
  std::function<bool(const Spool::Copy& copy)> segment;
  std::function<void(const std::string& key, std::uint32_t segments)> end;
  std::function<void(const std::string& source)> alarm;
  std::function<void(const std::string&)> complain;  // a sentence
  std::function<void(const ListPlace&)> read_to;     // names up to there were taken, or passed over
};

// One thread. Blocks while a file is copied.
class LocalIntake {
 public:
  LocalIntake(const Spool& spool, const LocalWays& ways) : spool_(spool), ways_(ways) {}
  ~LocalIntake() { end(); }
  LocalIntake(const LocalIntake&) = delete;
  LocalIntake& operator=(const LocalIntake&) = delete;

  // {"segment":"/path/pir.1529842538.0.mp4"} or {"event":"alarm","gpio":4}. False: it is no JSON object.
  bool message(const std::string& json);
  void segment(const std::string& path);
  void end();
  bool capturing() const { return !key_.empty(); }

 private:
  const Spool& spool_;
  const LocalWays& ways_;
  std::string key_;
  std::uint32_t segments_ = 0;
};

}  // namespace cloud_camera

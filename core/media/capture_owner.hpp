// The folder of captures belongs to one state of the database. One that was restored, begun anew or put in by mistake
// knows nothing of captures that are there all the same: nothing is deleted on its word. So the folder has a mark with
// the database's id (store/database_id.hpp); where another one is found, what the database does not know is set aside
// in before-<time>/, as it is. Internal to media. Everything blocks; start-up only.
#pragma once
#include <filesystem>
#include <string>

#include "base/time.hpp"
#include "media/capture_files.hpp"

namespace robohub::media {

inline constexpr std::string_view kMarkFile = "database-id";

// Whether the folder's mark is this one. No mark: of a database before this one.
bool isMarked(const CaptureFiles& files, const std::string& database_id);
// There afterwards whole and synced, or not at all.
Status mark(const CaptureFiles& files, const std::string& database_id);

class SetAside {
 public:
  SetAside(const CaptureFiles& files, WallTime now);

  // Makes the folder when it is needed first. Errors as fileError.
  Status capture(CaptureId id);
  Status segment(CaptureId id, const std::string& name);
  // Makes it durable.
  Status sync() const;

  const std::filesystem::path& folder() const { return folder_; }
  std::size_t captures() const { return captures_; }

 private:
  Status make();

  const CaptureFiles& files_;
  const std::string name_;
  std::filesystem::path folder_;  // "" until something is set aside
  std::size_t captures_ = 0;
};

}  // namespace robohub::media

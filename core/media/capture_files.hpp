// The files of captures: <folder>/<id>/00003.seg, video.mp4, still.jpg, and what is not finished as *.part. Names are
// made of numbers here and nowhere else. Everything blocks. Internal to media. [any-thread]
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "media/capture.hpp"
#include "process/file_descriptor.hpp"

namespace robohub::media {

inline constexpr std::string_view kVideoFile = "video.mp4";
inline constexpr std::string_view kStillFile = "still.jpg";
inline constexpr std::string_view kVideoPart = "video.part", kStillPart = "still.part";  // not finished
std::string segmentFile(std::uint32_t number);                                           // "00003.seg"
std::string segmentPart(std::uint32_t number);                                           // "00003.part"

// What the system said, as an error: exhausted for a full disk, permission_denied, not_found, else internal.
Error fileError(int error, const std::string& what);

// Immutable.
class CaptureFiles {
 public:
  explicit CaptureFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path of(CaptureId id) const { return folder_ / std::to_string(id); }
  std::filesystem::path file(CaptureId id, std::string_view name) const { return of(id) / name; }

  // Makes the folder of captures, or of one (0700), durable in its parent; fine when it is there.
  Status makeFolder() const;
  Status makeFolder(CaptureId id) const;
  // A regular file of a capture, no symbolic link. `flags` as open(2) takes them; new files are 0600.
  Result<process::FileDescriptor> open(CaptureId id, std::string_view name, int flags) const;
  // Renames within the capture's folder and makes that durable.
  Status rename(CaptureId id, std::string_view from, std::string_view to) const;
  // Fine when it is not there. False: it is still there.
  bool remove(CaptureId id, std::string_view name) const;
  bool removeAll(CaptureId id) const;
  bool has(CaptureId id, std::string_view name) const;
  bool hasFolder(CaptureId id) const;
  // Size of a file; 0 when it is not there.
  std::int64_t size(CaptureId id, std::string_view name) const;
  // The ids of the folders that are there; folders and files with other names are not ours and are left alone.
  std::vector<CaptureId> present() const;
  void removeParts(CaptureId id) const;
  // The numbers of the segments that are not finished.
  std::vector<std::uint32_t> unfinished(CaptureId id) const;
  // The names of its segments' files.
  std::vector<std::string> segments(CaptureId id) const;

 private:
  const std::filesystem::path folder_;
};

// Makes names in it durable; errors as fileError.
Status syncFolder(const std::filesystem::path& folder);
// Writes all of it; errors as fileError.
Status writeAll(int descriptor, std::string_view bytes);
// fdatasync(2), which for a file that has grown includes its length.
Status syncFile(int descriptor);

}  // namespace robohub::media

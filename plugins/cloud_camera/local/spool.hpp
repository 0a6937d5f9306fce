// Segments that programs beside the agent have recorded. Their files are theirs: they are copied, never moved, changed
// or deleted, and only regular files of the folders that the operator allows are looked at at all.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cloud_camera/segment_name.hpp"

namespace cloud_camera {

// Blocks on the disk. [any-thread]
class Spool {
 public:
  // `folders`: absolute paths. `spool`: where copies go.
  Spool(std::vector<std::string> folders, std::int64_t max_bytes, std::filesystem::path spool)
      : folders_(std::move(folders)), max_bytes_(max_bytes), spool_(std::move(spool)) {}

  // Stands before the files and the keys of copies: our own camera may begin a capture within the same second.
  static constexpr const char* kForeign = "in-";

  struct Copy {
    SegmentName name;
    std::string file;                                          // in the spool
    std::string key() const { return kForeign + name.key(); }  // "in-pir.1529842538"
  };
  // A path, or a name alone, which is looked for in the folders one after another. Throws rh::Fault with a sentence:
  // neither of both, not below an allowed folder, no regular file, empty, too large, no name of a segment, unreadable.
  Copy copy(const std::string& path) const;

 private:
  std::string pathOf(const std::string& name) const;

  const std::vector<std::string> folders_;
  const std::int64_t max_bytes_;
  const std::filesystem::path spool_;
};

}  // namespace cloud_camera

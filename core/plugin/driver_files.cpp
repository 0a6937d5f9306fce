#include "plugin/driver_files.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "process/file_fence.hpp"

namespace robohub::plugin {
namespace {

namespace fs = std::filesystem;
using process::FileFence;

constexpr std::size_t kMostPaths = 64;

// Libraries, programs, time zones, certificates, what /proc says of this process and the machine. Two places in which
// other distributions keep all of it.
constexpr const char* kSystem[] = {"/usr", "/lib", "/lib32", "/lib64",    "/bin",       "/sbin",
                                   "/opt", "/etc", "/proc",  "/run/udev", "/nix/store", "/gnu/store"};
// Nodes are made anew when a device is plugged in again, so whole folders: their owners and modes, and the unit's
// DeviceAllow, say which a driver may open. PWM of the kernel is driven through /sys.
constexpr const char* kHardware[] = {"/dev", "/sys"};
constexpr const char* kTemporary[] = {"/tmp", "/var/tmp"};

bool isWithin(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// A path without links, or nothing where there is no such file: what is let in is decided by where it really lies.
fs::path real(const fs::path& path) {
  std::error_code missing;
  fs::path place = fs::canonical(path, missing);
  return missing ? fs::path() : place;
}

// As somebody wrote it, from the root on, without dots and without a slash at its end.
fs::path spelledOut(const fs::path& path) {
  std::error_code unknown;
  const fs::path whole = fs::absolute(path, unknown).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

// A fence around all but one folder, which is opened nowhere by what lies around it.
class Around {
 public:
  Around(FileFence& fence, const fs::path& kept) : fence_(fence), kept_(real(kept)), kept_as_said_(spelledOut(kept)) {}
  bool valid() const { return !kept_.empty(); }

  // `path`, or where the kept folder lies in it, everything beside that. What is made there later is then not let in.
  void letIn(const fs::path& path, FileFence::Use use) {
    const fs::path place = real(path);
    if (place.empty() || isWithin(place, kept_)) return;
    if (!isWithin(kept_, place)) return void(fence_.letIn(place, use));
    std::error_code error;
    for (fs::directory_iterator it(place, error), end; !error && it != end; it.increment(error)) {
      std::error_code unknown;
      const bool leads_back = it->is_symlink(unknown) && isWithin(kept_, real(it->path()));
      if (!leads_back) letIn(it->path(), use);
    }
  }

  // What the operator's settings name. What is not there yet (a socket that the driver makes) needs its folder; where
  // that is the kept one or holds it, names may be made and removed in it, and nothing is read or written.
  void letInNamed(const fs::path& path) {
    const fs::path asked = spelledOut(path);
    const bool inside = isWithin(asked, kept_as_said_) && asked != kept_as_said_;
    const fs::path place = real(asked), folder = real(asked.parent_path());
    // By a link the driver itself could say what its next process may open.
    const bool straight = place == kept_ / asked.lexically_relative(kept_as_said_);
    std::error_code unknown;
    if (inside && straight) fence_.letIn(place, FileFence::Use::all);
    if (!inside) letIn(place, FileFence::Use::all);
    if (!place.empty() && !fs::is_socket(place, unknown)) return;
    if (folder.empty() || folder == folder.root_path() || (isWithin(folder, kept_) && !inside)) return;
    const bool apart = !isWithin(folder, kept_) && !isWithin(kept_, folder);
    fence_.letIn(folder, apart && place.empty() ? FileFence::Use::all : FileFence::Use::names);
  }

 private:
  FileFence& fence_;
  const fs::path kept_;
  const fs::path kept_as_said_;
};

void collect(const json::Var& value, std::vector<fs::path>& found) {
  if (value.type() == typeid(json::Object::Ptr)) {
    const auto object = value.extract<json::Object::Ptr>();
    for (const auto& member : *object) collect(member.second, found);
  } else if (value.type() == typeid(json::Array::Ptr)) {
    const auto array = value.extract<json::Array::Ptr>();
    for (const auto& item : *array) collect(item, found);
  } else if (value.type() == typeid(std::string)) {
    const auto& text = value.extract<std::string>();
    if (text.find('/') == std::string::npos || text.find('\0') != std::string::npos) return;
    if (found.size() < kMostPaths) found.emplace_back(text);
  }
}

}  // namespace

std::vector<fs::path> pathsIn(const std::string& config) {
  std::vector<fs::path> found;
  if (const auto root = json::parseObject(config)) {
    const json::Var whole(*root);
    collect(whole, found);
  }
  return found;
}

Status fenceFiles(const DriverBounds& bounds) {
  if (bounds.private_folder.empty()) return {};
  auto fence = FileFence::make();
  if (!fence) return fail(fence.error());
  Around around(*fence, bounds.private_folder);
  if (!around.valid())
    return fail(ErrorCode::internal, "The agent's folder cannot be found", bounds.private_folder.string());
  if (!fence->letIn(real(bounds.plugin_folder), FileFence::Use::read))
    return fail(ErrorCode::internal, "The plugin's own folder cannot be let in", bounds.plugin_folder.string());
  for (const char* folder : kSystem) around.letIn(folder, FileFence::Use::read);
  // The names of a network's servers are often elsewhere, behind a link, and are written anew with each network.
  if (bounds.network) around.letIn(real("/etc/resolv.conf").parent_path(), FileFence::Use::read);
  for (const char* folder : kHardware) around.letIn(folder, FileFence::Use::all);
  for (const char* folder : kTemporary)
    if (!isWithin(real(bounds.private_folder), real(folder))) around.letIn(folder, FileFence::Use::all);
  for (const fs::path& named : pathsIn(bounds.config)) around.letInNamed(named);
  // These two lie in the kept folder, and are its parts that are not.
  if (!bounds.state_file.empty()) fence->letIn(real(bounds.state_file.parent_path()), FileFence::Use::all);
  if (!bounds.capture_folder.empty()) fence->letIn(real(bounds.capture_folder), FileFence::Use::all);
  return fence->close();
}

}  // namespace robohub::plugin

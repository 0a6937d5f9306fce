#include "plugin/scan.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace robohub::plugin {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kMaxManifestBytes = 1 << 20;

std::vector<fs::path> foldersIn(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->is_directory(error)) out.push_back(it->path());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

// Numbers compare by length first, as they may be longer than any integer.
bool versionLess(std::string_view a, std::string_view b) {
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  auto number = [&](std::string_view& text) {
    std::size_t n = 0;
    while (n < text.size() && digit(text[n])) ++n;
    std::string_view digits = text.substr(0, n);
    text.remove_prefix(n);
    while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
    return digits;
  };
  while (!a.empty() && !b.empty()) {
    if (digit(a[0]) && digit(b[0])) {
      const std::string_view x = number(a), y = number(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[0] != b[0]) return a[0] == '-' || (b[0] != '-' && a[0] < b[0]);
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() && b.empty()) return false;
  return a.empty() ? b[0] != '-' : a[0] == '-';
}

fs::path InstalledPlugin::libraryPath() const {
  return manifest->library ? folder / manifest->library->file : fs::path();
}

Result<InstalledPlugin> readInstalled(const fs::path& plugin_folder) {
  const fs::path file = plugin_folder / "plugin.json";
  std::error_code error;
  const auto size = fs::file_size(file, error);
  std::ifstream in(file, std::ios::binary);
  if (error || !in) return fail(ErrorCode::not_found, "The plugin has no plugin.json that can be read.", file.string());
  if (size > kMaxManifestBytes) return fail(ErrorCode::too_large, "A plugin.json has at most 1 MiB.", file.string());
  std::ostringstream text;
  text << in.rdbuf();
  auto manifest = Manifest::parse(text.str());
  if (!manifest)
    return fail(manifest.error().code, manifest.error().message, file.string() + ": " + manifest.error().where);
  // The path is part of the identity: it says which version a mapped library is.
  const fs::path absolute = fs::weakly_canonical(plugin_folder, error);
  if (absolute.filename() != (*manifest)->version || absolute.parent_path().filename() != (*manifest)->id)
    return fail(ErrorCode::invalid_argument,
                "Version " + (*manifest)->version + " of " + (*manifest)->id + " belongs into a folder " +
                    (*manifest)->id + "/" + (*manifest)->version + ".",
                file.string());
  return InstalledPlugin{absolute, *manifest};
}

Result<ScanResult> scan(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return fail(ErrorCode::not_found, "The plugins' folder is missing.", folder.string());
  ScanResult result;
  for (const fs::path& id : foldersIn(folder)) {
    for (const fs::path& version : foldersIn(id)) {
      if (!fs::exists(version / "plugin.json", error)) continue;
      auto plugin = readInstalled(version);
      if (plugin)
        result.plugins.push_back(std::move(*plugin));
      else
        result.refused.push_back(plugin.error());
    }
  }
  std::sort(result.plugins.begin(), result.plugins.end(), [](const InstalledPlugin& a, const InstalledPlugin& b) {
    if (a.manifest->id != b.manifest->id) return a.manifest->id < b.manifest->id;
    return versionLess(b.manifest->version, a.manifest->version);
  });
  return result;
}

const InstalledPlugin* findType(const std::vector<InstalledPlugin>& found, std::string_view type,
                                std::string_view version) {
  const InstalledPlugin* best = nullptr;
  for (const InstalledPlugin& plugin : found) {
    if (!plugin.manifest->type(type)) continue;
    if (!version.empty() && plugin.manifest->version != version) continue;
    if (!best || versionLess(best->manifest->version, plugin.manifest->version)) best = &plugin;
  }
  return best;
}

}  // namespace robohub::plugin

#include "plugin/library.hpp"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

// The project's paths are std::filesystem's.
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <list>

#include "base/mutex.hpp"
#include "plugin/elf_exports.hpp"
#include "plugin/sha256.hpp"

namespace robohub::plugin {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSymbol = "rh_plugin_v1";

// Whoever may write a file or rename in its folder decides what code runs here.
Status checkOwned(const fs::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return fail(ErrorCode::not_found, "This is missing.", path.string());
  if (info.st_uid != 0 && info.st_uid != geteuid())
    return fail(ErrorCode::permission_denied, "This must belong to root or to the user that runs this program.",
                path.string());
  if (info.st_mode & (S_IWGRP | S_IWOTH))
    return fail(ErrorCode::permission_denied, "This must not be writable by its group or by others (chmod go-w).",
                path.string());
  return {};
}

Status checkExports(const fs::path& file) {
  const auto exports = exportsSymbol(file, kSymbol);
  if (!exports) return fail(exports.error());
  if (!*exports) return fail(ErrorCode::unsupported, "The library does not export rh_plugin_v1.", file.string());
  return {};
}

// Every loaded library stays in this list for ever.
Result<const rh_plugin*> map(const fs::path& file) {
  static Mutex mutex;
  static auto* kept RH_PT_GUARDED_BY(mutex) = new std::list<boost::dll::shared_library>();
  Lock lock(mutex);
  // NODELETE cannot be asked of Boost 1.74's modes by name; the bit passes through to dlopen.
  const auto mode = static_cast<boost::dll::load_mode::type>(boost::dll::load_mode::rtld_now |
                                                             boost::dll::load_mode::rtld_local | RTLD_NODELETE);
  std::error_code error;
  boost::dll::shared_library library(file.string(), error, mode);
  if (error || !library.is_loaded()) {
    const char* why = dlerror();
    return fail(ErrorCode::corrupt, "The library cannot be loaded: " + (why ? std::string(why) : error.message()),
                file.string());
  }
  if (!library.has(kSymbol))
    return fail(ErrorCode::unsupported, "The library does not export rh_plugin_v1.", file.string());
  const rh_plugin& plugin = library.get<const rh_plugin>(kSymbol);
  kept->push_back(std::move(library));
  if (plugin.struct_size < RH_BYTES_THROUGH(rh_plugin, interface) || plugin.abi != RH_ABI_VERSION)
    return fail(ErrorCode::unsupported, "The library is made for another ABI.", file.string());
  return &plugin;
}

}  // namespace

Result<std::string> describe(const rh_plugin& plugin) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  std::string text;
  const rh_sink sink{sizeof(rh_sink), 0, &text, [](void* context, rh_text part) {
                       auto& out = *static_cast<std::string*>(context);
                       if (part.size <= kMaxBytes && out.size() <= kMaxBytes)
                         out.append(part.data, part.size);
                       else
                         out.resize(kMaxBytes + 1);
                     }};
  const rh_status status = plugin.describe(&sink);
  if (text.size() > kMaxBytes) return fail(ErrorCode::too_large, "describe() gave over 1 MiB.");
  if (status != RH_OK) return fail(ErrorCode::internal, "describe() failed: " + text);
  return text;
}

Result<const rh_plugin*> loadUnlisted(const fs::path& file) {
  std::error_code error;
  const fs::path path = fs::canonical(file, error);
  if (error) return fail(ErrorCode::not_found, "The library is missing.", file.string());
  if (auto ok = checkOwned(path); !ok) return fail(ok.error());
  if (auto ok = checkExports(path); !ok) return fail(ok.error());
  return map(path);
}

Status checkInstalled(const InstalledPlugin& plugin) {
  const fs::path file = plugin.libraryPath();
  if (file.empty())
    return fail(ErrorCode::unsupported, std::string("The plugin has no library for ") + platform() + ".",
                plugin.folder.string());
  for (const fs::path& path : {plugin.folder.parent_path().parent_path(), plugin.folder.parent_path(), plugin.folder,
                               plugin.folder / "plugin.json", file})
    if (auto ok = checkOwned(path); !ok) return ok;
  if (fs::is_symlink(file)) return fail(ErrorCode::permission_denied, "The library must not be a link.", file.string());
  auto sha256 = sha256HexOfFile(file);
  if (!sha256) return fail(sha256.error());
  if (*sha256 != plugin.manifest->library->sha256)
    return fail(ErrorCode::corrupt, "The library is not the one that plugin.json names (its SHA-256 differs).",
                file.string());
  return checkExports(file);
}

Status checkPanel(const fs::path& panel_folder) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(panel_folder, error))) return {};
  if (fs::is_symlink(panel_folder, error))
    return fail(ErrorCode::permission_denied, "The panel's folder must not be a link.", panel_folder.string());
  if (auto ok = checkOwned(panel_folder); !ok) return ok;
  fs::recursive_directory_iterator at(panel_folder, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    if (at->is_symlink(error) || at->path().filename().string().front() == '.') {
      at.disable_recursion_pending();  // neither links nor hidden files are served
      error.clear();
      continue;
    }
    if (auto ok = checkOwned(at->path()); !ok) return ok;
  }
  if (error)
    return fail(ErrorCode::internal, "The panel cannot be read: " + error.message() + ".", panel_folder.string());
  return {};
}

Result<const rh_plugin*> load(const InstalledPlugin& plugin) {
  if (auto ok = checkInstalled(plugin); !ok) return fail(ok.error());
  const fs::path file = plugin.libraryPath();
  auto table = map(file);
  if (!table) return table;
  auto text = describe(**table);
  if (!text) return fail(text.error().code, text.error().message, file.string());
  // What is alike was checked when the manifest was read. To compile its schemas once more would keep an output on that
  // is waiting for this driver to open.
  if (auto hash = Manifest::hashOf(*text); hash && *hash == plugin.manifest->hash) return table;
  if (auto described = Manifest::parse(*text); !described)
    return fail(described.error().code, described.error().message, file.string() + ": " + described.error().where);
  return fail(ErrorCode::corrupt, "The library describes itself otherwise than plugin.json does.", file.string());
}

}  // namespace robohub::plugin

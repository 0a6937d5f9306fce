// robohub-plugin-manifest FILE.so [OUT]: writes the plugin.json of a library, from its describe(); to OUT (a
// plugin.json in <id>/<version>/, replaced at once) or to standard output. The build of every plugin ends with it, so a
// manifest that a host would refuse fails the build.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "plugin/library.hpp"
#include "plugin/sha256.hpp"

namespace {

using namespace robohub;

Result<std::string> manifestOf(const std::filesystem::path& file) {
  auto table = plugin::loadUnlisted(file);
  if (!table) return fail(table.error());
  auto text = plugin::describe(**table);
  if (!text) return fail(text.error());
  auto described = plugin::Manifest::parse(*text);
  if (!described) return fail(described.error());
  auto sha256 = plugin::sha256HexOfFile(file);
  if (!sha256) return fail(sha256.error());
  auto manifest = json::parseObject(*text);
  json::Object library, libraries;
  library.set("file", file.filename().string());
  library.set("sha256", *sha256);
  libraries.set(plugin::platform(), library);
  (*manifest)->set("libraries", libraries);
  auto again = plugin::Manifest::parse(json::write(**manifest));
  if (!again) return fail(again.error());
  return json::write(**manifest) + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (argc < 2 || argc > 3 || first == "--help") {
    std::cerr << "usage: robohub-plugin-manifest FILE.so [OUT]\n";
    return first == "--help" ? 0 : 2;
  }
  auto text = manifestOf(first);
  if (!text) {
    std::cerr << first << ": " << text.error().message
              << (text.error().where.empty() ? "" : " (" + text.error().where + ")") << "\n";
    return 1;
  }
  if (argc == 2) {
    std::cout << *text;
    return std::cout ? 0 : 1;
  }
  const std::string out = argv[2], fresh = out + ".new";
  std::ofstream file(fresh, std::ios::binary);
  file << *text;
  file.close();
  if (!file || std::rename(fresh.c_str(), out.c_str()) != 0) {
    std::cerr << out << ": cannot be written.\n";
    return 1;
  }
  // As hosts will read it: the folder must be named as the library names itself.
  auto installed = plugin::readInstalled(std::filesystem::path(out).parent_path());
  if (!installed) {
    std::cerr << installed.error().where << ": " << installed.error().message << "\n";
    std::filesystem::remove(out);
    return 1;
  }
  return 0;
}

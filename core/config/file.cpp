#include "config/file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "config/tree.hpp"

namespace robohub::config {

Errors readText(std::string_view text, const std::string& name, const std::filesystem::path& folder, const Fill& fill,
                std::vector<KeyInfo>* keys) {
  detail::Reading reading;
  reading.keys = keys;
  reading.name = name;
  reading.folder = folder;
  const auto root = detail::parseTree(text, reading);
  if (!root) return reading.errors();
  using Kind = detail::Node::Kind;
  if (root->kind == Kind::mapping || root->kind == Kind::null) {
    Section section(reading, root.get(), "");
    fill(section);
  } else if (root->kind != Kind::refused) {
    reading.refuse(root->place,
                   "The file is " + detail::show(*root) + ", but must be a mapping: lines of `key: value`.");
  }
  return reading.errors();
}

Errors readFile(const std::filesystem::path& file, const Fill& fill, std::vector<KeyInfo>* keys) {
  std::error_code problem;
  const auto status = std::filesystem::status(file, problem);
  if (problem || !std::filesystem::is_regular_file(status)) {
    const std::string why = problem                           ? problem.message()
                            : std::filesystem::exists(status) ? "it is no regular file"
                                                              : "there is no such file";
    return {{ErrorCode::not_found, "This settings file cannot be read: " + why + ".", file.string()}};
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMaxBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (!stream.eof() && stream.fail()))
    return {{ErrorCode::not_found, std::string("This settings file cannot be read: ") + std::strerror(errno) + ".",
             file.string()}};
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto folder = std::filesystem::absolute(file, problem).parent_path();
  return readText(text, file.string(), folder, fill, keys);
}

std::string format(const Errors& errors) {
  std::string text;
  for (const auto& error : errors) text += (error.where.empty() ? "" : error.where + ": ") + error.message + "\n";
  return text;
}

std::vector<KeyInfo> describe(const Fill& fill) {
  std::vector<KeyInfo> keys;
  detail::Reading reading;
  reading.keys = &keys;
  reading.describing = true;
  Section section(reading, nullptr, "");
  fill(section);
  return keys;
}

}  // namespace robohub::config

// Settings files come from people and packages, and yaml-cpp alone takes the first of two equal keys, expands alias
// bombs and crashes on an alias of itself. So a file is read on the level of the parser's events into a small tree of
// our own that has no anchors, aliases, tags, second documents, endless depth or size, and then walked by Sections.
// Functions here block on the disk and are for start-up. [any-thread]
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/section.hpp"

namespace robohub::config {

inline constexpr std::size_t kMaxBytes = 1024 * 1024;
inline constexpr std::size_t kMaxDepth = 16;
inline constexpr std::size_t kMaxErrors = 100;  // more of one file are counted, not told

using Errors = std::vector<Error>;  // empty: all is well
using Fill = std::function<void(Section&)>;

// One key that a file may say or has said. Entries of a map are named "<name>" while describing, those of a list "[]".
struct KeyInfo {
  std::string path;        // "devices.<name>.turns.length"
  std::string kind;        // "duration", "text", ...; "section" and "map" have no value
  std::string allowed;     // "1s to 1h"
  std::string fallback;    // the default as it would be written; may be empty
  std::string value;       // what counts, written in one way ("1m", whoever wrote 60s); a secret's is "(secret)"
  std::string where;       // "robohub.yaml:12:3"; empty: the file does not have it
  bool restart = false;    // a change counts after the next start only
  std::size_t secret = 0;  // of a secret: tells whether it has changed, and nothing else; not for others' eyes
};

// Reads the file and hands its outermost mapping to `fill`. All errors in the order of their places, each with `where`
// = "name:line:column" (from 1, in bytes; the name as it was given). An empty file is an empty mapping.
// `keys`, when given, gets every key that was asked for in the sections that the file has, with its value and place.
Errors readFile(const std::filesystem::path& file, const Fill& fill, std::vector<KeyInfo>* keys = nullptr);
// The same from memory. `folder` is what relative paths are relative to.
Errors readText(std::string_view text, const std::string& name, const std::filesystem::path& folder, const Fill& fill,
                std::vector<KeyInfo>* keys = nullptr);

// One line each, "robohub.yaml:12:3: what is wrong", as a terminal shows them.
std::string format(const Errors& errors);

// What a file may say: every key that `fill` asks for, whatever a file holds. This is what documentation is checked
// against.
std::vector<KeyInfo> describe(const Fill& fill);

}  // namespace robohub::config

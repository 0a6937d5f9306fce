// The tree that Sections walk: what is left of a YAML document when everything is refused that settings need not have.
// Used by this folder only. Immutable after parseTree().
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/file.hpp"

namespace robohub::config::detail {

struct Place {
  int line = 1;  // from 1
  int column = 1;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Entry;

struct Node {
  enum class Kind { null, scalar, list, mapping, refused };  // refused: an error was reported for it already
  Kind kind = Kind::null;
  Place place;
  std::string text;     // of a scalar
  bool quoted = false;  // so that "8080" is no number and "true" no boolean
  std::vector<Entry> entries;
  std::vector<std::unique_ptr<Node>> items;
};

struct Entry {
  std::string key;
  Place place;
  std::unique_ptr<Node> value;
};

// What one walk over one file gathers.
struct Reading {
  std::string name;
  std::filesystem::path folder;
  std::vector<KeyInfo>* keys = nullptr;  // gets what is asked for
  bool describing = false;               // there is no file; every section and one entry of every map is asked for

  struct Found {
    Place place;
    Error error;
  };
  std::vector<Found> found;

  void refuse(Place place, std::string sentence);
  std::string where(Place place) const;
  // In the order of their places, at most kMaxErrors.
  Errors errors();
};

// The document's outermost node (null for an empty file), or nothing when it could not be read to its end. Refused,
// each with its place: bytes that are no UTF-8 or control characters, a second document, anchors, aliases, tags,
// duplicate keys, keys that are not plain text, depth over kMaxDepth, more than kMaxBytes.
std::unique_ptr<Node> parseTree(std::string_view text, Reading& reading);

// A value as an error message shows it: "80x" in quotes with control characters escaped, "a list", "a mapping".
std::string show(const Node& node);
std::string showText(std::string_view text);

// Compact JSON of a subtree, appended to *out; faults go to the reading. False when there was one.
bool toJson(const Node& node, Reading& reading, std::string* out);

}  // namespace robohub::config::detail

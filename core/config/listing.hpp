// A running program is asked what counts, and a new file is asked what it would change: both are lists of keys, taken
// while a file was read (KeyInfo). Pure. [any-thread]
#pragma once
#include <string>
#include <vector>

#include "config/file.hpp"

namespace robohub::config {

// Every key with a value: those that the file has (`read`), and with their defaults those that it has not (`described`,
// as describe() gives them). Sections, maps and the stand-ins of their entries are left out. In the order of
// `described`, entries of maps behind it.
std::vector<KeyInfo> listKeys(const std::vector<KeyInfo>& described, const std::vector<KeyInfo>& read);

struct KeyChange {
  std::string path;
  std::string from, to;  // "" where a map's entry is new or gone
  bool restart = false;
};

// What differs between two lists of listKeys(), by path. A secret that has changed is told without its text.
std::vector<KeyChange> changesBetween(const std::vector<KeyInfo>& from, const std::vector<KeyInfo>& to);

}  // namespace robohub::config

#include "config/listing.hpp"

#include <map>

namespace robohub::config {

namespace {
bool hasValue(const KeyInfo& key) {
  return key.kind != "section" && key.kind != "map" && key.kind != "list" && key.path.find('<') == std::string::npos &&
         key.path.find("[]") == std::string::npos;
}
}  // namespace

std::vector<KeyInfo> listKeys(const std::vector<KeyInfo>& described, const std::vector<KeyInfo>& read) {
  std::map<std::string, const KeyInfo*> found;
  for (const KeyInfo& key : read)
    if (hasValue(key)) found.emplace(key.path, &key);
  std::vector<KeyInfo> all;
  for (const KeyInfo& key : described) {
    if (!hasValue(key)) continue;
    const auto at = found.find(key.path);
    all.push_back(at == found.end() ? key : *at->second);
    if (at != found.end()) found.erase(at);
  }
  for (const KeyInfo& key : read)
    if (found.erase(key.path)) all.push_back(key);
  return all;
}

std::vector<KeyChange> changesBetween(const std::vector<KeyInfo>& from, const std::vector<KeyInfo>& to) {
  std::map<std::string, const KeyInfo*> before;
  for (const KeyInfo& key : from) before.emplace(key.path, &key);
  std::vector<KeyChange> changes;
  for (const KeyInfo& key : to) {
    const auto at = before.find(key.path);
    if (at == before.end()) {
      // An entry of a map that says what counted anyway changes nothing.
      if (!key.where.empty()) changes.push_back({key.path, "", key.value, key.restart});
      continue;
    }
    // What neither says follows from something that is told itself.
    const bool said = !at->second->where.empty() || !key.where.empty();
    if (said && (at->second->value != key.value || at->second->secret != key.secret))
      changes.push_back({key.path, at->second->value, key.value, key.restart});
    before.erase(at);
  }
  for (const KeyInfo& key : from)
    if (before.contains(key.path) && !key.where.empty()) changes.push_back({key.path, key.value, "", key.restart});
  return changes;
}

}  // namespace robohub::config

// A driver's configuration is written by hand, so a mistake in it must be told with its place and never be passed over:
// this reads one object member by member and refuses what nobody asked for.
//
//     rh::Fields fields(config);
//     fields.integer("line", line, 0, 1023);
//     fields.finish();
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rh/json.hpp"

namespace rh {

// Every function throws Fault (invalid argument) with the JSON Pointer of what is wrong and a sentence; a member that
// is absent leaves `value` as it is. Holds a reference to the object. Not thread-safe.
class Fields {
 public:
  // `where` is the object's own pointer; empty for the whole configuration.
  explicit Fields(const Json& object, std::string where = "") : object_(object), where_(std::move(where)) {
    if (!object.isObject()) refuse("", "must be a mapping");
  }

  void text(const char* key, std::string& value) {
    if (const Json* json = take(key)) {
      if (!json->isText()) refuse(key, "must be a text");
      value = json->asText();
    }
  }
  void flag(const char* key, bool& value) {
    if (const Json* json = take(key)) {
      if (!json->isBool()) refuse(key, "must be true or false");
      value = json->asBool();
    }
  }
  template <class T>
  void integer(const char* key, T& value, std::int64_t min, std::int64_t max) {
    if (const Json* json = take(key)) {
      if (!json->isInteger() || json->asInteger() < min || json->asInteger() > max) {
        refuse(key, "must be an integer of " + std::to_string(min) + ".." + std::to_string(max));
      }
      value = static_cast<T>(json->asInteger());
    }
  }
  void number(const char* key, double& value, double min, double max, bool required = false) {
    const Json* json = take(key);
    if (json == nullptr && !required) return;
    if (json == nullptr || !json->isNumber() || !(json->asNumber() >= min && json->asNumber() <= max)) {
      refuse(key, "must be a number of " + Json(min).dump() + ".." + Json(max).dump());
    }
    value = json->asNumber();
  }
  // The member itself, known from now on; null: absent.
  const Json* take(const char* key) {
    known_.emplace_back(key);
    return object_.find(key);
  }
  std::string pointer(const std::string& key) const { return where_ + "/" + key; }

  // After the last member: refuses those that were not asked for.
  void finish() const {
    for (const auto& member : object_.members()) {
      bool known = false;
      for (const std::string& key : known_) known = known || key == member.key;
      if (known) continue;
      std::string all;
      for (const std::string& key : known_) all += (all.empty() ? "" : ", ") + key;
      throw invalid(pointer(member.key) + " is not known; known here are: " + all + ".");
    }
  }
  [[noreturn]] void refuse(const std::string& key, const std::string& sentence) const {
    throw invalid((key.empty() ? where_ : pointer(key)) + " " + sentence + ".");
  }

 private:
  const Json& object_;
  std::string where_;
  std::vector<std::string> known_;
};

}  // namespace rh

// Ids that cannot be confused with each other or hold bytes that a log, URL or file name would trip over.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub {

// True for 1..64 characters of [a-z0-9_-] that begin with a letter or digit.
bool isPlainName(std::string_view text);

// The error of an id that is no plain name. Not inline: GCC 12 warns falsely (-Warray-bounds) where it is inlined.
Error notPlain(const char* what);

// A name of the kind Tag. Only parse() makes a non-empty one.
template <class Tag>
class Id {
 public:
  Id() = default;
  static Result<Id> parse(std::string_view text) {
    if (!isPlainName(text)) return fail(notPlain(Tag::what));
    Id id;
    id.text_ = text;
    return id;
  }
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string text_;
};

struct DeviceTag {
  static constexpr const char* what = "A device id";
};
struct PersonTag {
  static constexpr const char* what = "A person id";
};
using DeviceId = Id<DeviceTag>;
// A guest session ("g-<random>") or an account ("u-<number>"): one person, however many tabs.
using PersonId = Id<PersonTag>;

// The number of a turn on one device: greater than any before it, persisted before it is granted. 0 = no turn.
using Epoch = std::uint64_t;

}  // namespace robohub

template <class Tag>
struct std::hash<robohub::Id<Tag>> {
  std::size_t operator()(const robohub::Id<Tag>& id) const noexcept { return std::hash<std::string>()(id.str()); }
};

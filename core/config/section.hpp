// A settings file is written by a person who will misspell, mis-indent and mistake, so one mapping of a file is read
// key by key under our own eyes: a key that nobody asked for, or a value of another type or range, is an error that
// names its place, what was found and what is allowed; and all errors of a file are told at once.
//
//   void read(config::Section& section, TurnSettings& turns) {
//     section.duration("length", &turns.length, {1s, 1h});
//     section.choice("when_alone", &turns.when_alone, {{"continue", WhenAlone::go_on}, {"end", WhenAlone::end}});
//     section.section("limits", [&](config::Section& s) { s.integer("viewers", &turns.viewers, {1, 10'000}); });
//   }
//
// Every reading function returns true when the key is there and its value is good, and leaves *out alone otherwise: a
// default is what the settings struct holds beforehand. Not thread-safe. Valid only inside the function that was given
// it.
#pragma once
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace robohub::config {

namespace detail {
struct Node;
struct Reading;
}  // namespace detail

struct IntegerRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
struct NumberRange {
  double min = 0;
  double max = 0;
};
struct DurationRange {
  Duration min{0};
  Duration max{0};
};
struct LengthRange {
  std::size_t min = 1;
  std::size_t max = 1024;
};

// A listener or peer. Written "127.0.0.1:8080", "[::1]:8080" or "host.example:8080".
struct Address {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  // As a URL or a log shows it: brackets around IPv6.
  std::string str() const;
  friend bool operator==(const Address&, const Address&) = default;
};

class Section {
 public:
  Section(detail::Reading& reading, const detail::Node* node, std::string path);
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
  // Reports the keys of the file that nobody has asked for ("did you mean").
  ~Section();

  // The next key that is read counts at the start only: a later change of it waits for a restart.
  Section& atStart() {
    at_start_ = true;
    return *this;
  }

  // A whole number: decimal, or hexadecimal with 0x. Both ends of the range are allowed.
  template <std::integral T>
  requires(!std::same_as<T, bool>) bool integer(std::string_view key, T* out, IntegerRange range) {
    if constexpr (sizeof(T) < sizeof(std::int64_t)) {
      range.min = std::max<std::int64_t>(range.min, std::numeric_limits<T>::min());
      range.max = std::min<std::int64_t>(range.max, std::numeric_limits<T>::max());
    } else if constexpr (std::unsigned_integral<T>) {
      range.min = std::max<std::int64_t>(range.min, 0);
    }
    std::int64_t value = 0;
    if (!integer64(key, &value, range, static_cast<std::int64_t>(*out))) return false;
    *out = static_cast<T>(value);
    return true;
  }
  // A finite decimal number.
  bool number(std::string_view key, double* out, NumberRange range);
  // true or false; the yes/no/on/off of YAML 1.1 are refused.
  bool boolean(std::string_view key, bool* out);
  // Length in bytes. No control characters.
  bool text(std::string_view key, std::string* out, LengthRange length = {});
  // 1 to 64 characters of a-z, 0-9, _ and - (isPlainName()): ids of devices, streams.
  bool name(std::string_view key, std::string* out);
  // The same with single dots inside (isDottedName()): plugins, device types, versions.
  bool dottedName(std::string_view key, std::string* out);
  // A number with its unit: ns, us, ms, s, m, h or d; fractions are allowed ("1.5s").
  bool duration(std::string_view key, Duration* out, DurationRange range);
  // host:port. Port 0 (any free one) is allowed.
  bool address(std::string_view key, Address* out);
  // An absolute URL with one of these schemes, a host, and no user part, e.g. {"http", "https"}.
  bool url(std::string_view key, std::string* out, std::initializer_list<const char*> schemes);
  // A number of bytes with its unit: B, KiB, MiB, GiB or TiB.
  bool bytes(std::string_view key, std::int64_t* out, IntegerRange range);
  // A path; a relative one is relative to the folder of the settings file. It need not exist.
  bool path(std::string_view key, std::filesystem::path* out);
  // The path of a file that holds a secret: reads it (at most 64 KiB), without the line end behind it. Refused when
  // group or others may read it.
  bool secretFile(std::string_view key, std::string* out);
  // One of these words.
  bool choice(std::string_view key, std::string* out, std::initializer_list<const char*> words);
  template <class E>
  bool choice(std::string_view key, E* out, std::initializer_list<std::pair<const char*, E>> words) {
    std::vector<const char*> names;
    std::size_t index = 0;
    for (const auto& [word, value] : words) {
      if (value == *out) index = names.size();
      names.push_back(word);
    }
    if (!choiceIndex(key, &index, names)) return false;
    *out = (words.begin() + index)->second;
    return true;
  }
  // A list of at most max_items texts, paths or addresses; it replaces *out.
  bool list(std::string_view key, std::vector<std::string>* out, std::size_t max_items = 64, LengthRange length = {});
  bool list(std::string_view key, std::vector<std::filesystem::path>* out, std::size_t max_items = 64);
  bool list(std::string_view key, std::vector<Address>* out, std::size_t max_items = 64);
  // A list of mappings: `each` is called for every one in order.
  bool list(std::string_view key, const std::function<void(Section&)>& each, std::size_t max_items = 64);
  // A mapping from plain names (as name()) to mappings: `each` is called for every one in the order of the file.
  bool map(std::string_view key, const std::function<void(const std::string& name, Section&)>& each,
           std::size_t max_items = 1024);
  // One mapping. `fill` is called only when the key is there and is a mapping (an empty one included).
  bool section(std::string_view key, const std::function<void(Section&)>& fill);
  // Whatever stands there (at most max_bytes as JSON), as compact JSON text: for the part of somebody else, who checks
  // it himself. Words that YAML 1.1 takes for booleans, numbers with leading zeros, .inf and .nan are refused unquoted.
  bool json(std::string_view key, std::string* out, std::size_t max_bytes = 64 * 1024);

  // True when the file has this key, whatever its value.
  bool has(std::string_view key) const;
  // Every one of these keys must be there.
  void require(std::initializer_list<const char*> keys);
  // An error of the owner's own (two settings that do not go together), at the place of this key's value, or of the
  // whole section when it has no such key.
  void refuse(std::string_view key, std::string sentence);
  // "robohub.yaml:12:3" of this key's value, or of the section.
  std::string where(std::string_view key = {}) const;
  // "devices.lab-turret.turns"; empty for the whole file.
  const std::string& at() const { return path_; }

 private:
  bool integer64(std::string_view key, std::int64_t* out, IntegerRange range, std::int64_t fallback);
  bool choiceIndex(std::string_view key, std::size_t* index, const std::vector<const char*>& words);
  // Marks the key as asked for. Its value when there is one to read: null when the key is absent (or while describing).
  const detail::Node* take(std::string_view key, const char* kind, const std::string& allowed, std::string fallback);
  // The same for values that are one piece of text; every other kind is reported.
  const detail::Node* takeScalar(std::string_view key, const char* kind, const std::string& allowed,
                                 std::string fallback);
  // The same for a list; an empty value is an empty list.
  const detail::Node* takeList(std::string_view key, const char* kind, const std::string& allowed,
                               std::size_t max_items, std::string fallback = "");
  bool wrong(const detail::Node& node, const std::string& name, const std::string& allowed,
             const std::string& hint = {});
  bool textFits(const detail::Node& node, const std::string& name, LengthRange length);
  std::filesystem::path resolve(const std::string& text) const;
  std::string pathOf(std::string_view key) const;
  // The value of the key that was taken last, for whoever lists them.
  void tell(std::string value, std::size_t secret = 0);

  detail::Reading& reading_;
  const detail::Node* node_;  // null while describing: then nothing is there
  std::string path_;
  bool at_start_ = false;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace robohub::config

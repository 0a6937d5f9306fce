// Who was here lately. Thousands of guests come and go, and what is remembered of each must not lie between what the
// others leave behind, where it would keep all of that memory from being given back: so all of it is one piece, made
// once, of which the system backs only what was used.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

namespace robohub::identity {

// Not thread-safe.
class RecentGuests {
 public:
  static constexpr std::size_t kMost = 4096;

  struct Guest {
    std::string name;
    std::string address;  // key of it; "" when it does not count
  };

  RecentGuests();
  ~RecentGuests();
  RecentGuests(const RecentGuests&) = delete;
  RecentGuests& operator=(const RecentGuests&) = delete;

  // The newest from now on, with this address; of more than kMost the one that was seen longest ago is forgotten. An id
  // of more than 32 bytes is no guest's and not remembered; of a name 128 bytes are kept, of an address key 32.
  void remember(const PersonId& id, std::string_view name, std::string_view address);
  std::optional<Guest> find(const PersonId& id) const;
  // Those of that address, the newest first.
  std::vector<PersonId> from(std::string_view address) const;
  std::size_t size() const { return size_; }

 private:
  using Slot = std::uint16_t;
  static constexpr Slot kNone = 0xffff;
  static constexpr std::size_t kBuckets = 2 * kMost;
  // Text without memory of its own.
  template <std::size_t N>
  struct Text {
    std::array<char, N> bytes;
    std::uint8_t size;
    void set(std::string_view text);
    std::string_view view() const { return {bytes.data(), size}; }
  };
  struct Entry {
    Text<32> id, address;
    Text<128> name;
    Slot newer, older;  // by when they were seen
    Slot next;          // of the same bucket
  };
  static std::size_t bucketOf(std::string_view id) { return std::hash<std::string_view>()(id) % kBuckets; }
  Slot slotOf(std::string_view id) const;
  void unlink(Slot slot);
  void toFront(Slot slot);
  Slot oldestAgain();

  std::unique_ptr<Entry[]> entries_;  // the first size_ of them are in use
  std::array<Slot, kBuckets> buckets_;
  std::size_t size_ = 0;
  Slot newest_ = kNone, oldest_ = kNone;
};

}  // namespace robohub::identity

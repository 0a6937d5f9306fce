#include "identity/recent_guests.hpp"

#include <algorithm>
#include <cstring>

namespace robohub::identity {

template <std::size_t N>
void RecentGuests::Text<N>::set(std::string_view text) {
  static_assert(N <= 255);
  size = static_cast<std::uint8_t>(std::min(text.size(), N));
  std::memcpy(bytes.data(), text.data(), size);
}

// Left as the system gives it: a page of it that nobody has used needs no memory.
RecentGuests::RecentGuests() : entries_(std::make_unique_for_overwrite<Entry[]>(kMost)) {
  static_assert(kMost < kNone);
  buckets_.fill(kNone);
}

RecentGuests::~RecentGuests() = default;

RecentGuests::Slot RecentGuests::slotOf(std::string_view id) const {
  Slot slot = buckets_[bucketOf(id)];
  while (slot != kNone && entries_[slot].id.view() != id) slot = entries_[slot].next;
  return slot;
}

void RecentGuests::unlink(Slot slot) {
  const Entry& entry = entries_[slot];
  (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = entry.older;
  (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = entry.newer;
}

void RecentGuests::toFront(Slot slot) {
  Entry& entry = entries_[slot];
  entry.newer = kNone;
  entry.older = newest_;
  (newest_ == kNone ? oldest_ : entries_[newest_].newer) = slot;
  newest_ = slot;
}

// The place of whoever was seen longest ago, who is forgotten.
RecentGuests::Slot RecentGuests::oldestAgain() {
  const Slot slot = oldest_;
  Slot* link = &buckets_[bucketOf(entries_[slot].id.view())];
  while (*link != slot) link = &entries_[*link].next;
  *link = entries_[slot].next;
  unlink(slot);
  return slot;
}

void RecentGuests::remember(const PersonId& id, std::string_view name, std::string_view address) {
  if (id.str().size() > std::tuple_size_v<decltype(Entry().id.bytes)>) return;
  Slot slot = slotOf(id.str());
  if (slot != kNone) {
    unlink(slot);
  } else {
    slot = size_ < kMost ? static_cast<Slot>(size_++) : oldestAgain();
    Entry& entry = entries_[slot];
    entry.id.set(id.str());
    entry.name.set(name);
    Slot& bucket = buckets_[bucketOf(id.str())];
    entry.next = bucket;
    bucket = slot;
  }
  entries_[slot].address.set(address);
  toFront(slot);
}

std::optional<RecentGuests::Guest> RecentGuests::find(const PersonId& id) const {
  const Slot slot = slotOf(id.str());
  if (slot == kNone) return std::nullopt;
  return Guest{std::string(entries_[slot].name.view()), std::string(entries_[slot].address.view())};
}

std::vector<PersonId> RecentGuests::from(std::string_view address) const {
  std::vector<PersonId> found;
  for (Slot slot = newest_; slot != kNone; slot = entries_[slot].older)
    if (entries_[slot].address.view() == address)
      if (auto id = PersonId::parse(entries_[slot].id.view())) found.push_back(std::move(*id));
  return found;
}

}  // namespace robohub::identity

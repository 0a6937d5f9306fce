// Who is remembered of those who were here, and who is forgotten.
#include "identity/recent_guests.hpp"

#include <catch2/catch.hpp>
#include <list>
#include <map>
#include <random>

using namespace robohub;
using namespace robohub::identity;

namespace {

PersonId guest(int number) {
  return *PersonId::parse("g-" + std::to_string(number));
}

}  // namespace

TEST_CASE("a guest is remembered by name and newest address") {
  RecentGuests guests;
  CHECK_FALSE(guests.find(guest(1)));
  guests.remember(guest(1), "Zo\u00eb", "192.0.2.1");
  guests.remember(guest(1), "another name", "192.0.2.2");
  REQUIRE(guests.find(guest(1)));
  CHECK(guests.find(guest(1))->name == "Zo\u00eb");
  CHECK(guests.find(guest(1))->address == "192.0.2.2");
  CHECK(guests.from("192.0.2.1").empty());
  CHECK(guests.from("192.0.2.2") == std::vector{guest(1)});
  CHECK(guests.size() == 1);
}

TEST_CASE("the longest name of a guest is remembered whole; what no guest has is not remembered") {
  RecentGuests guests;
  std::string name;
  for (int i = 0; i < 32; ++i) name += "\U0001F916";
  guests.remember(guest(1), name, "0123456789abcdef/64");
  CHECK(guests.find(guest(1))->name == name);
  CHECK(guests.find(guest(1))->address == "0123456789abcdef/64");
  guests.remember(*PersonId::parse("g-" + std::string(40, 'x')), "Long", "");
  CHECK(guests.size() == 1);
}

TEST_CASE("the guests remembered are always those seen last, whatever came before") {
  RecentGuests guests;
  std::list<int> expected;  // the newest first
  std::map<int, std::list<int>::iterator> at;
  std::mt19937 random(7);
  for (int i = 0; i < 60'000; ++i) {
    const int number = static_cast<int>(random() % 8'000);
    guests.remember(guest(number), "Guest " + std::to_string(number), number % 2 ? "odd" : "even");
    if (const auto known = at.find(number); known != at.end()) expected.erase(known->second);
    expected.push_front(number);
    at[number] = expected.begin();
    if (expected.size() > RecentGuests::kMost) at.erase(expected.back()), expected.pop_back();
  }
  std::vector<PersonId> odd;
  for (const int number : expected)
    if (number % 2) odd.push_back(guest(number));
  CHECK(guests.from("odd") == odd);
  int wrong = 0;
  for (int number = 0; number < 8'000; ++number) {
    const auto found = guests.find(guest(number));
    if (found.has_value() != at.contains(number)) ++wrong;
    if (found && found->name != "Guest " + std::to_string(number)) ++wrong;
  }
  CHECK(wrong == 0);
}

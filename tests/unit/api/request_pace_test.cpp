// How often one person, and guests of one address, may have a picture kept or ask for a list.
#include "api/request_pace.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::api;

namespace {

constexpr RequestPace::Limits kSnapshots = RequestPace::kSnapshots, kLists = RequestPace::kLists;

identity::Person person(const std::string& id) {
  identity::Person out;
  out.id = *PersonId::parse(id);
  out.kind = identity::PersonKind::account;
  if (id.starts_with("g-")) out.kind = identity::PersonKind::guest;
  if (id.starts_with("t-")) out.kind = identity::PersonKind::token;
  return out;
}

struct Pace {
  // How many of `wanted` there were at this moment.
  int take(const std::string& id, int wanted, const std::string& address = "192.0.2.1") {
    int got = 0;
    for (int i = 0; i < wanted; ++i) got += pace.take(person(id), address, now) ? 1 : 0;
    return got;
  }
  RequestPace pace{kSnapshots};
  MonoTime now{std::chrono::hours(1)};
};

}  // namespace

TEST_CASE("One person keeps some pictures at once, then one a second, and holds nobody else up") {
  Pace it;
  CHECK(it.take("u-1", 100) == kSnapshots.at_once);
  CHECK(it.take("u-2", 1) == 1);
  it.now += std::chrono::seconds(2);
  CHECK(it.take("u-1", 100) == 2);
}

TEST_CASE("Being many guests helps nobody to keep more pictures, but for those behind a proxy that is not listed") {
  Pace it;
  int got = 0;
  for (int i = 0; i < 20; ++i) got += it.take("g-" + std::to_string(i), 20);
  CHECK(got == kSnapshots.guests_at_once);
  CHECK(it.take("g-1", 1, "198.51.100.1") == 1);
  CHECK(it.take("u-1", 1) == 1);
  CHECK(it.take("g-100", 5, "127.0.0.1") == 5);
}

TEST_CASE("Guests ask for lists at a pace, alone and together, and accounts and programs as often as they like") {
  Pace it{RequestPace(kLists)};
  CHECK(it.take("g-1", 200) == kLists.at_once);
  int got = 0;
  for (int i = 2; i < 20; ++i) got += it.take("g-" + std::to_string(i), 20);
  CHECK(got == kLists.guests_at_once - kLists.at_once);
  it.now += std::chrono::seconds(1);
  CHECK(it.take("g-1", 200) == 5);
  CHECK(it.take("g-2", 200) + it.take("g-3", 200) == 10);
  CHECK(it.take("u-1", 1000) == 1000);
  CHECK(it.take("t-1", 1000) == 1000);
}

TEST_CASE("Who has kept no picture for a while is not remembered") {
  Pace it;
  for (int i = 0; i < 1000; ++i) it.take("u-" + std::to_string(i), 1);
  it.now += std::chrono::minutes(1);
  it.take("u-1", 1);
  CHECK(it.pace.size() == 1);
}

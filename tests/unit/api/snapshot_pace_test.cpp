// How often one person, and guests of one address, may have a picture kept.
#include "api/snapshot_pace.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::api;

namespace {

identity::Person person(const std::string& id) {
  identity::Person out;
  out.id = *PersonId::parse(id);
  out.kind = id.starts_with("g-") ? identity::PersonKind::guest : identity::PersonKind::account;
  return out;
}

struct Pace {
  // How many of `wanted` there were at this moment.
  int take(const std::string& id, int wanted, const std::string& address = "192.0.2.1") {
    int got = 0;
    for (int i = 0; i < wanted; ++i) got += pace.take(person(id), address, now) ? 1 : 0;
    return got;
  }
  SnapshotPace pace;
  MonoTime now{std::chrono::hours(1)};
};

}  // namespace

TEST_CASE("One person keeps some pictures at once, then one a second, and holds nobody else up") {
  Pace it;
  CHECK(it.take("u-1", 100) == SnapshotPace::kAtOnce);
  CHECK(it.take("u-2", 1) == 1);
  it.now += std::chrono::seconds(2);
  CHECK(it.take("u-1", 100) == 2);
}

TEST_CASE("Being many guests helps nobody to keep more pictures, but for those behind a proxy that is not listed") {
  Pace it;
  int got = 0;
  for (int i = 0; i < 20; ++i) got += it.take("g-" + std::to_string(i), 20);
  CHECK(got == SnapshotPace::kAtOnceOfGuests);
  CHECK(it.take("g-1", 1, "198.51.100.1") == 1);
  CHECK(it.take("u-1", 1) == 1);
  CHECK(it.take("g-100", 5, "127.0.0.1") == 5);
}

TEST_CASE("Who has kept no picture for a while is not remembered") {
  Pace it;
  for (int i = 0; i < 1000; ++i) it.take("u-" + std::to_string(i), 1);
  it.now += std::chrono::minutes(1);
  it.take("u-1", 1);
  CHECK(it.pace.size() == 1);
}

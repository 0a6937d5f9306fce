// How many files may be on their way at once, and to whom.
#include <catch2/catch.hpp>
#include <vector>

#include "api/file_answer.hpp"

using namespace robohub;
using namespace robohub::api;

namespace {

identity::Person person(const std::string& id) {
  identity::Person out;
  out.id = *PersonId::parse(id);
  out.kind = id.starts_with("g-") ? identity::PersonKind::guest : identity::PersonKind::account;
  return out;
}

struct Places {
  // How many of `wanted` there were for each of so many people.
  int take(const std::string& id, int wanted, const std::string& address) {
    int got = 0;
    for (int i = 0; i < wanted; ++i)
      if (auto place = FilePlaces::take(places, person(id), address)) {
        held.push_back(std::move(place));
        ++got;
      }
    return got;
  }
  std::shared_ptr<FilePlaces> places = std::make_shared<FilePlaces>();
  std::vector<std::shared_ptr<void>> held;
};

}  // namespace

TEST_CASE("One person has a few places, and gets them again when they are given back") {
  Places it;
  CHECK(it.take("u-1", 20, "192.0.2.1") == FilePlaces::kOfPerson);
  CHECK(it.take("u-2", 1, "192.0.2.1") == 1);
  it.held.clear();
  CHECK(it.take("u-1", 1, "192.0.2.1") == 1);
}

TEST_CASE("A person has more places for the pictures of a list, which a browser asks for all at once") {
  Places it;
  it.places = std::make_shared<FilePlaces>(FilePlaces::kPicturesOfPerson);
  CHECK(it.take("u-1", 40, "192.0.2.1") == FilePlaces::kPicturesOfPerson);
  it.held.clear();
  CHECK(it.take("g-1", 40, "192.0.2.1") == FilePlaces::kOfGuestAddress);
}

TEST_CASE("Guests from one address cannot hold all places, nor all guests together") {
  Places it;
  int of_address = 0, of_all = 0;
  for (int i = 0; i < 20; ++i) of_address += it.take("g-" + std::to_string(i), 8, "192.0.2.1");
  CHECK(of_address == FilePlaces::kOfGuestAddress);
  for (int i = 20; i < 40; ++i) of_all += it.take("g-" + std::to_string(i), 8, "198.51.100." + std::to_string(i));
  CHECK(of_address + of_all == FilePlaces::kOfGuests);
  CHECK(it.take("u-1", 8, "192.0.2.1") == 8);
}

TEST_CASE("Guests behind a proxy that is not listed are no crowd of one address") {
  Places it;
  int got = 0;
  for (int i = 0; i < 20; ++i) got += it.take("g-" + std::to_string(i), 8, "127.0.0.1");
  CHECK(got == FilePlaces::kOfGuests);
}

TEST_CASE("Who is refused leaves nothing behind") {
  Places it;
  for (int i = 0; i < 10; ++i) it.take("u-" + std::to_string(i), 8, "192.0.2.1");
  const std::size_t before = it.places->holders();
  for (int i = 100; i < 200; ++i) {
    CHECK(it.take("u-" + std::to_string(i), 1, "192.0.2.1") == 0);
    CHECK(it.take("g-" + std::to_string(i), 1, "192.0.2.1") == 0);
  }
  CHECK(it.places->holders() == before);
  it.held.clear();
  CHECK(it.places->holders() == 0);
}

#include <catch2/catch.hpp>

#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;

namespace {
SharedBytes frame(const std::string& type) {
  return net::WebSocket::frameText("{\"type\":\"" + type + "\"}");
}
}  // namespace

TEST_CASE("A frame reaches those who watch its device, once each, and nobody else") {
  Audience audience;
  const DeviceId one = *DeviceId::parse("one"), two = *DeviceId::parse("two");
  RecordingPage ada(person("ada").id), bob(person("bob").id);
  audience.watch(one, &ada);
  audience.watch(one, &ada);
  audience.watch(two, &bob);
  audience.toWatchers(one, frame("x"), net::SendClass::control);
  CHECK(ada.count("x") == 1);
  CHECK(bob.count("x") == 0);
  audience.unwatch(one, &ada);
  audience.unwatch(one, &ada);
  audience.unwatch(one, &bob);
  audience.toWatchers(one, frame("x"), net::SendClass::control);
  CHECK(ada.count("x") == 1);
}

TEST_CASE("What is for one person reaches every page of that person on the device") {
  Audience audience;
  const DeviceId one = *DeviceId::parse("one"), two = *DeviceId::parse("two");
  RecordingPage first(person("ada").id), second(person("ada").id), elsewhere(person("ada").id), bob(person("bob").id);
  for (Viewer* page : {static_cast<Viewer*>(&first), static_cast<Viewer*>(&second), static_cast<Viewer*>(&bob)})
    audience.watch(one, page);
  audience.watch(two, &elsewhere);
  audience.toPerson(one, person("ada").id, frame("x"));
  CHECK(first.count("x") == 1);
  CHECK(second.count("x") == 1);
  CHECK(bob.count("x") == 0);
  CHECK(elsewhere.count("x") == 0);
}

TEST_CASE("What is for one person costs no look at the pages of all the others") {
  struct Page final : Viewer {
    explicit Page(const std::string& id) : id_(*PersonId::parse(id)) {}
    const PersonId& person() const override { return ++asked, id_; }
    bool sees(const identity::Place&) const override { return true; }
    std::string can(const identity::Place&) const override { return "{}"; }
    void placeChanged(const DeviceId&, const identity::Place&, const identity::Place&) override {}
    void deliver(const SharedBytes&, net::SendClass) override {}
    void tell(const SharedBytes&) override { ++told; }
    const PersonId id_;
    mutable int asked = 0;
    int told = 0;
  };
  Audience audience;
  const DeviceId device = *DeviceId::parse("one");
  std::vector<std::unique_ptr<Page>> pages;
  for (int i = 0; i < 1000; ++i) {
    pages.push_back(std::make_unique<Page>("g-" + std::to_string(i / 2)));  // two pages each
    audience.watch(device, pages.back().get());
  }
  for (const auto& page : pages) page->asked = 0;
  audience.toPerson(device, *PersonId::parse("g-123"), frame("x"));
  audience.toPersonWithRights(device, *PersonId::parse("g-124"), "{\"type\":\"you\"", {});
  int asked = 0, told = 0;
  for (const auto& page : pages) {
    asked += page->asked;
    told += page->told;
  }
  CHECK(pages[246]->told == 1);
  CHECK(pages[247]->told == 1);
  CHECK(pages[248]->told == 1);
  CHECK(told == 4);
  CHECK(asked < 10);
  // Each that goes is found, whoever else is there.
  for (const auto& page : pages) audience.unwatch(device, page.get());
  audience.toWatchers(device, frame("x"), net::SendClass::control);
  audience.toPerson(device, *PersonId::parse("g-123"), frame("x"));
  CHECK(pages[246]->told == 1);
}

TEST_CASE("The list is filtered by what each page's person may watch") {
  Audience audience;
  RecordingPage everywhere(person("ada").id), lab(person("bob").id);
  lab.sees_in = "lab";
  audience.watchList(&everywhere);
  audience.watchList(&lab);
  audience.toList(frame("x"), {"one", {}, "kitchen"});
  audience.toList(frame("y"), {"two", {}, "lab"});
  CHECK(everywhere.count("x") == 1);
  CHECK(everywhere.count("y") == 1);
  CHECK(lab.count("x") == 0);
  CHECK(lab.count("y") == 1);
}

TEST_CASE("A change of place is told once to whoever watches the device or the list") {
  Audience audience;
  const DeviceId one = *DeviceId::parse("one");
  RecordingPage both(person("ada").id), list(person("bob").id), other(person("cleo").id);
  audience.watch(one, &both);
  audience.watchList(&both);
  audience.watchList(&list);
  audience.watch(*DeviceId::parse("two"), &other);
  audience.placeChanged(one, {"one", {}, "lab"}, {"one", {}, "kitchen"});
  CHECK(both.places.all().size() == 1);
  CHECK(list.places.all().size() == 1);
  CHECK(other.places.all().empty());
}

TEST_CASE("The list's audience is counted for everybody who wonders whether to post") {
  Audience audience;
  RecordingPage ada(person("ada").id);
  CHECK(audience.listCount() == 0);
  audience.watchList(&ada);
  audience.watchList(&ada);
  CHECK(audience.listCount() == 1);
  audience.toList(frame("x"), {});
  CHECK(ada.count("x") == 1);
  audience.unwatchList(&ada);
  CHECK(audience.listCount() == 0);
  audience.toList(frame("x"), {});
  CHECK(ada.count("x") == 1);
}

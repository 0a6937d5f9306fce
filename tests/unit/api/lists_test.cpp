// The lists of devices and of captures: each is made on a loop that others are on too.
#include <catch2/catch.hpp>

#include "api/request_pace.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

TEST_CASE("A guest who asks for lists again and again is refused some, and nobody else is") {
  TestHub hub;
  hub.enrol("d1");
  const std::string root = hub.administrator();
  for (const char* list : {"/api/v1/devices", "/api/v1/captures"}) {
    INFO(list);
    const std::string ada = hub.guest("Ada");
    int given = 0, refused = 0;
    for (int i = 0; i < 200; ++i) {
      const Answer answer = hub.get(list, ada);
      if (answer.status == 429) CHECK(answer.text("code") == "exhausted");
      ++(answer.status == 200 ? given : refused);
    }
    CHECK(given >= api::RequestPace::kLists.at_once);
    CHECK(refused > 50);
    CHECK(hub.get(list, hub.guest("Bob")).status == 200);
    for (int i = 0; i < 50; ++i) CHECK(hub.get(list, root).status == 200);
    CHECK(hub.asAdministrator("GET", list).status == 200);
  }
}

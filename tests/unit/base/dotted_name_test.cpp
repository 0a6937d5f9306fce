#include "base/dotted_name.hpp"

#include <catch2/catch.hpp>

using robohub::isDottedName;

TEST_CASE("a plugin may carry a reversed domain name, but nothing that a path would trip over") {
  for (const char* good : {"a", "laser_turret", "com.acme.turret", "1.2.0", "x-1"}) CHECK(isDottedName(good));
  for (const char* bad : {"", ".", "..", "a.", ".a", "a..b", "A", "a/b", "a b", "-a", "\xc3\xa4"})
    CHECK_FALSE(isDottedName(bad));
  CHECK(isDottedName(std::string(64, 'a')));
  CHECK_FALSE(isDottedName(std::string(65, 'a')));
}

#include "net/slow_names.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using robohub::net::SlowNames;
using namespace std::chrono_literals;

TEST_CASE("a name that took long is remembered until it is quick or was not slow for a time") {
  SlowNames names;
  const MonoTime now = MonoTime{} + 1h;
  CHECK_FALSE(names.has("cam1.local", now));
  names.took("cam1.local", 5s, now);
  names.took("cam2.local", 20ms, now);
  CHECK(names.has("cam1.local", now));
  CHECK_FALSE(names.has("cam2.local", now));
  names.took("cam1.local", 5s, now + 9min);
  CHECK(names.has("cam1.local", now + 18min));
  CHECK_FALSE(names.has("cam1.local", now + 19min));
  names.took("cam1.local", 5s, now + 20min);
  names.took("cam1.local", 20ms, now + 21min);
  CHECK_FALSE(names.has("cam1.local", now + 21min));
}

TEST_CASE("however many names are slow, few are remembered") {
  SlowNames names;
  const MonoTime now = MonoTime{} + 1h;
  int remembered = 0;
  for (int i = 0; i < 1000; ++i) names.took(std::to_string(i), 5s, now);
  for (int i = 0; i < 1000; ++i) remembered += names.has(std::to_string(i), now);
  CHECK(remembered == 256);
  names.took("later", 5s, now + 10min);
  CHECK(names.has("later", now + 10min));
}

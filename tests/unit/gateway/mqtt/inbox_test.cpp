// What waits of more messages than are taken.
#include <catch2/catch.hpp>

#include "gateway/mqtt/inbox.hpp"

using namespace robohub;
using namespace robohub::gateway;

namespace {

bool counts(const std::string& topic) {
  return topic == "stopped" || topic == "result";
}

std::vector<std::string> texts(MqttInbox& inbox) {
  std::vector<std::string> all;
  for (const MqttIncoming& each : inbox.take()) all.push_back(each.topic + " " + each.payload);
  return all;
}

}  // namespace

TEST_CASE("while there is room all messages wait in their order") {
  MqttInbox inbox(3, 100);
  for (const char* payload : {"1", "2", "3"}) CHECK(inbox.put({"a", payload}, counts));
  CHECK(texts(inbox) == std::vector<std::string>{"a 1", "a 2", "a 3"});
  CHECK(inbox.take().empty());
  CHECK(inbox.put({"a", "4"}, counts));
  CHECK(texts(inbox) == std::vector<std::string>{"a 4"});
}

TEST_CASE("behind that the newest value of a topic waits, and what counts is kept") {
  MqttInbox inbox(3, 1000);
  CHECK(inbox.put({"a", "1"}, counts));
  CHECK(inbox.put({"b", "1"}, counts));
  CHECK(inbox.put({"a", "2"}, counts));
  CHECK_FALSE(inbox.put({"a", "3"}, counts));
  CHECK(inbox.put({"stopped", "1"}, counts));
  CHECK_FALSE(inbox.put({"c", "1"}, counts));
  CHECK_FALSE(inbox.put({"b", "2"}, counts));
  CHECK(inbox.put({"stopped", "2"}, counts));
  CHECK(inbox.put({"result", "1"}, counts));
  // That has its bounds too: behind them the newest counts.
  CHECK_FALSE(inbox.put({"stopped", "3"}, counts));
  CHECK_FALSE(inbox.put({"a", "4"}, counts));
  CHECK(texts(inbox) == std::vector<std::string>{"a 1", "b 2", "a 4", "stopped 1", "stopped 3", "result 1"});
  CHECK(inbox.put({"c", "2"}, counts));
  CHECK(texts(inbox) == std::vector<std::string>{"c 2"});
}

TEST_CASE("large messages are bounded by their bytes") {
  MqttInbox inbox(100, 10);
  CHECK(inbox.put({"a", std::string(8, 'x')}, counts));
  CHECK_FALSE(inbox.put({"b", std::string(8, 'y')}, counts));
  CHECK(inbox.put({"stopped", std::string(8, 'z')}, counts));
  CHECK_FALSE(inbox.put({"a", std::string(12, 'w')}, counts));
  CHECK_FALSE(inbox.put({"a", std::string(13, 'v')}, counts));  // over twice the bytes
  std::size_t bytes = 0;
  for (const MqttIncoming& each : inbox.take()) bytes += each.payload.size();
  CHECK(bytes == 20);
}

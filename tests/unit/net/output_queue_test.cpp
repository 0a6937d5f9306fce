#include "net/output_queue.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace robohub;
using namespace robohub::net;

namespace {

// Takes at most `max` bytes off the queue as a socket would.
std::string take(OutputQueue& queue, std::size_t max = 1'000'000) {
  iovec parts[4];
  std::size_t bytes = 0;
  std::string text;
  while (!queue.empty() && text.size() < max) {
    const int count = queue.gather(parts, 4, bytes);
    REQUIRE(count > 0);
    std::string shown;
    for (int i = 0; i < count; ++i) shown.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    REQUIRE(shown.size() == bytes);
    shown.resize(std::min(shown.size(), max - text.size()));
    queue.consumed(shown.size());
    text += shown;
  }
  return text;
}

OutputQueue::Pushed push(OutputQueue& queue, const std::string& text, SendClass send_class, OutputLimits limits = {}) {
  return queue.push(shareBytes(text), send_class, limits);
}

}  // namespace

TEST_CASE("control overtakes data, and both overtake pictures") {
  OutputQueue queue;
  push(queue, "picture ", SendClass::picture);
  push(queue, "data ", SendClass::data);
  push(queue, "control ", SendClass::control);
  push(queue, "more ", SendClass::control);
  CHECK(queue.bytes() == 26);
  CHECK(take(queue) == "control more data picture ");
  CHECK(queue.bytes() == 0);
}

TEST_CASE("what is urgent overtakes all that was not begun, and is as little dropped as control") {
  OutputQueue queue;
  push(queue, "picture ", SendClass::picture);
  push(queue, "beat ", SendClass::control);
  CHECK(take(queue, 2) == "be");
  push(queue, "command ", SendClass::control);
  push(queue, "data ", SendClass::data);
  push(queue, "stop ", SendClass::urgent);
  push(queue, "stop again ", SendClass::urgent);
  CHECK(take(queue) == "at stop stop again command data picture ");

  push(queue, "data ", SendClass::data);
  push(queue, std::string(100, 'u'), SendClass::urgent);
  CHECK(push(queue, "u", SendClass::urgent, {.control_bytes = 100}) == OutputQueue::Pushed::too_slow);
  CHECK(push(queue, std::string(100, 'c'), SendClass::control, {.control_bytes = 100}) == OutputQueue::Pushed::queued);
}

TEST_CASE("a frame that waits alone counts like one among others") {
  OutputQueue queue;
  push(queue, "", SendClass::control);
  CHECK(queue.empty());
  push(queue, "alone", SendClass::data);
  CHECK(queue.bytes(SendClass::data) == 5);
  CHECK(queue.bytes(SendClass::control) == 0);
  CHECK(take(queue, 2) == "al");
  CHECK(queue.bytes() == 3);
  queue.dropUnsent();  // not one that was begun
  CHECK(take(queue) == "one");
  push(queue, "dropped", SendClass::picture);
  queue.dropUnsent();
  CHECK(queue.empty());
  push(queue, "begun ", SendClass::data);
  CHECK(take(queue, 1) == "b");
  push(queue, "behind ", SendClass::data, {100, 10});  // does not fit, and nothing else may go
  CHECK(queue.counts().dropped_data == 0);
  CHECK(take(queue) == "egun behind ");
}

TEST_CASE("sound goes behind control and before data, and its oldest go first") {
  OutputQueue queue;
  OutputLimits limits;
  limits.sound_bytes = 12;
  push(queue, "picture ", SendClass::picture, limits);
  push(queue, "data ", SendClass::data, limits);
  CHECK(push(queue, "one   ", SendClass::sound, limits) == OutputQueue::Pushed::queued);
  CHECK(push(queue, "two   ", SendClass::sound, limits) == OutputQueue::Pushed::queued);
  CHECK(push(queue, "three ", SendClass::sound, limits) == OutputQueue::Pushed::made_room);
  push(queue, "stop ", SendClass::control, limits);
  CHECK(queue.bytes(SendClass::sound) == 12);
  CHECK(queue.counts().dropped_sound == 1);
  CHECK(queue.counts().dropped_data == 0);
  CHECK(queue.counts().replaced_pictures == 0);
  CHECK(take(queue) == "stop two   three data picture ");
}

TEST_CASE("a frame that was begun is finished before anything overtakes it") {
  OutputQueue queue;
  push(queue, "picture ", SendClass::picture);
  CHECK(take(queue, 3) == "pic");
  push(queue, "stop ", SendClass::control);
  push(queue, "newer ", SendClass::picture);
  push(queue, "newest ", SendClass::picture);
  CHECK(take(queue) == "ture stop newest ");
  CHECK(queue.counts().replaced_pictures == 1);
}

TEST_CASE("only the newest picture waits, and its parts stay together") {
  OutputQueue queue;
  const SharedBytes head = shareBytes("head "), body = shareBytes("body "), none = shareBytes("");
  const SharedBytes old_parts[] = {head, body}, new_parts[] = {none, head, none, body, none};
  queue.push(old_parts, SendClass::picture, {});
  queue.push(new_parts, SendClass::picture, {});
  CHECK(take(queue, 5) == "head ");
  push(queue, "stop ", SendClass::control);  // between two parts of one picture nothing may come
  CHECK(take(queue) == "body stop ");
}

TEST_CASE("full data drops its oldest frames but never the begun one, and counts them") {
  OutputQueue queue;
  OutputLimits limits;
  limits.data_bytes = 10;
  CHECK(push(queue, "aaaa", SendClass::data, limits) == OutputQueue::Pushed::queued);
  CHECK(take(queue, 1) == "a");
  CHECK(push(queue, "bbbb", SendClass::data, limits) == OutputQueue::Pushed::queued);
  CHECK(push(queue, "cccc", SendClass::data, limits) == OutputQueue::Pushed::made_room);
  CHECK(push(queue, "dddd", SendClass::data, limits) == OutputQueue::Pushed::made_room);
  CHECK(queue.counts().dropped_data == 2);
  CHECK(take(queue) == "aaadddd");
}

TEST_CASE("a frame alone in its class is taken whatever its size") {
  OutputQueue queue;
  OutputLimits limits{10, 10};
  CHECK(push(queue, std::string(50, 'c'), SendClass::control, limits) == OutputQueue::Pushed::queued);
  CHECK(push(queue, std::string(50, 'd'), SendClass::data, limits) == OutputQueue::Pushed::queued);
  CHECK(push(queue, "x", SendClass::control, limits) == OutputQueue::Pushed::too_slow);
  CHECK(queue.bytes() == 100);
}

TEST_CASE("what was not begun can be thrown away") {
  OutputQueue queue;
  push(queue, "begun", SendClass::data);
  take(queue, 2);
  push(queue, "more", SendClass::data);
  push(queue, "control", SendClass::control);
  queue.dropUnsent();
  CHECK(take(queue) == "gun");
}

TEST_CASE("whatever is pushed and taken in whatever pieces, frames come whole and in order within control") {
  std::mt19937 random(20240611);
  for (int round = 0; round < 200; ++round) {
    OutputQueue queue;
    OutputLimits limits{100'000, 60};
    std::string sent;
    int controls = 0;
    for (int step = 0; step < 200; ++step) {
      const auto what = random() % 4;
      if (what == 0) push(queue, "<c" + std::to_string(controls++) + ">", SendClass::control, limits);
      if (what == 1) push(queue, "<d" + std::string(random() % 30, 'd') + ">", SendClass::data, limits);
      if (what == 2) {
        const SharedBytes parts[] = {shareBytes("<p"), shareBytes(std::string(random() % 30, 'p')), shareBytes(">")};
        queue.push(parts, SendClass::picture, limits);
      }
      if (what == 3) sent += take(queue, random() % 40);
    }
    sent += take(queue);
    // Every frame begins with '<', ends with '>', and holds neither.
    int next_control = 0;
    for (std::size_t at = 0; at < sent.size();) {
      REQUIRE(sent[at] == '<');
      const auto end = sent.find('>', at);
      REQUIRE(end != std::string::npos);
      const auto inside = sent.substr(at + 1, end - at - 1);
      REQUIRE(inside.find('<') == std::string::npos);
      if (inside[0] == 'c') REQUIRE(inside == "c" + std::to_string(next_control++));
      at = end + 1;
    }
    REQUIRE(next_control == controls);
  }
}

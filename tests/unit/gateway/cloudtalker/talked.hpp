// A camera as the older program is, which answers every text with its state, and the talk with it.
#pragma once
#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "gateway/cloudtalker/connection.hpp"
#include "gateway/cloudtalker/talk.hpp"

namespace robohub::gateway::test {

using namespace std::chrono_literals;

// What a camera does with what it is told.
struct Camera {
  std::int64_t id = 0, heartbeat_s = 10;
  bool armed = false, flag = false;
  int captures = 0;

  std::string state() const {
    return "{\"type\":\"state\",\"id\":" + std::to_string(id) + ",\"heartbeat_period\":" + std::to_string(heartbeat_s) +
           ",\"pir_armed\":" + (armed ? "true" : "false") + ",\"capture_asap\":" + (flag ? "true" : "false") + "}";
  }
  void hear(const std::string& text) {
    const auto object = json::parseObject(text).value();
    if (object->has("id")) id = json::getInt(*object, "id").value();
    if (object->has("heartbeat_period")) heartbeat_s = json::getInt(*object, "heartbeat_period").value();
    if (object->has("pir_armed")) armed = json::getBool(*object, "pir_armed").value();
    if (object->has("capture_asap")) {
      const bool now = json::getBool(*object, "capture_asap").value();
      captures += now != flag;
      flag = now;
    }
  }
};

struct Talked {
  CloudTalk talk{TalkerWish{7, 10, false}};
  Camera camera;
  MonoTime now{1h};
  talk::Effects effects;
  std::vector<std::string> said;

  // Both talk until nobody has anything to say.
  void settle(int most = 50) {
    for (int round = 0; round < most; ++round) {
      std::vector<std::string> texts;
      for (const auto& effect : effects)
        if (const auto* say = std::get_if<talk::Say>(&effect)) texts.push_back(say->text);
      std::erase_if(effects, [](const auto& effect) { return std::holds_alternative<talk::Say>(effect); });
      if (texts.empty()) return;
      for (const auto& text : texts) {
        said.push_back(text);
        camera.hear(text);
        talk.onText(camera.state(), now, effects);
      }
    }
    FAIL("they talk for ever");
  }
  void connect() {
    talk.onText(camera.state(), now, effects);
    settle();
  }
  void hear(const std::string& text) { talk.onText(text, now, effects); }
  template <class E>
  std::vector<E> take() {
    std::vector<E> taken;
    for (const auto& effect : effects)
      if (const auto* one = std::get_if<E>(&effect)) taken.push_back(*one);
    std::erase_if(effects, [](const auto& effect) { return std::holds_alternative<E>(effect); });
    return taken;
  }
};

inline std::string capture(const char* what, int at, const char* more = "") {
  return std::string("{\"type\":\"capture_") + what + "\",\"trigger_timestamp\":" + std::to_string(at) +
         ",\"trigger\":\"pir\"" + more + "}";
}
inline std::string segment(int at, int number) {
  return capture("segment", at, (",\"seg_no\":" + std::to_string(number)).c_str());
}

// The effects that have to do with captures, in short: "C" opens, "s0" a segment, "." it is whole, "!" it broke, "E2".
inline std::string story(talk::Effects& effects) {
  std::string text;
  for (const auto& effect : effects) {
    if (const auto* open = std::get_if<talk::CaptureOpens>(&effect)) text += "C(" + open->key + ") ";
    if (const auto* open = std::get_if<talk::SegmentOpens>(&effect)) text += "s" + std::to_string(open->number) + " ";
    if (std::get_if<talk::SegmentEnds>(&effect)) text += ". ";
    if (std::get_if<talk::SegmentBreaks>(&effect)) text += "! ";
    if (const auto* end = std::get_if<talk::CaptureEnds>(&effect)) text += "E" + std::to_string(end->segments) + " ";
  }
  effects.clear();
  return text;
}

}  // namespace robohub::gateway::test

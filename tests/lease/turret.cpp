#include "lease/turret.hpp"

#include <catch2/catch.hpp>

namespace lease {
namespace {

bool isOf(const std::string& text, const std::string& type) {
  return text.find("\"type\":\"" + type + "\"") != std::string::npos;
}

// The value of a member of a flat message without quotes; "" when it has none.
std::string valueOf(const std::string& text, const std::string& member) {
  const std::string start = "\"" + member + "\":";
  auto from = text.find(start);
  if (from == std::string::npos) return {};
  from += start.size();
  if (text[from] == '"') return text.substr(from + 1, text.find('"', from + 1) - from - 1);
  return text.substr(from, text.find_first_of(",}", from) - from);
}

// Replaces the value of a member of a flat message; text that has no such member stays as it is.
std::string with(std::string text, const std::string& member, const std::string& value) {
  const std::string start = "\"" + member + "\":";
  const auto at = text.find(start);
  if (at == std::string::npos) return text;
  const auto from = at + start.size();
  const auto end = text[from] == '"' ? text.find('"', from + 1) + 1 : text.find_first_of(",}", from);
  return text.replace(from, end - from, value);
}

std::uint64_t epochOf(const std::string& text) {
  const std::string epoch = valueOf(text, "epoch");
  return epoch.empty() ? 0 : std::stoull(epoch);
}

// The newest of each kind, and the oldest: what lies between is more of the same.
std::vector<std::string> some(const std::vector<std::string>& all, std::size_t most) {
  if (all.size() <= most) return all;
  std::vector<std::string> chosen(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most / 2));
  chosen.insert(chosen.end(), all.end() - static_cast<std::ptrdiff_t>(most / 2), all.end());
  return chosen;
}

}  // namespace

Turret::Turret(const std::string& settings) : Stage(test::turretSetup, settings) {
  hub.start();
  wire_ = std::make_unique<test::Tap>(hub.port());
  pages_ = std::make_unique<test::Tap>(hub.port());
  agent.configure("http://127.0.0.1:" + std::to_string(wire_->port()), hub.enrol("d1", "laser_turret"));
  agent.start();
  if (!agent.online()) FAIL("no agent:\n" << agent.process().output());
  laser_ = std::make_unique<test::Laser>(edges());
}

std::unique_ptr<test::Page> Turret::page(const std::string& name, const std::string& cookie) {
  return std::make_unique<test::Page>(hub, name, cookie, pages_->port());
}

void Turret::play(test::Page& page) {
  const int times_on = laser_->timesOn();
  REQUIRE(page.drive("d1", 20s));
  if (!test::succeeds(page, "laser", R"({"on":true})"))
    FAIL("the laser does not light: " << page.lastError() << "\n" << agent.process().output());
  // A machine that stands still for longer than a permit puts it out by itself, as it must, and the next command waits
  // for the next beat.
  REQUIRE(test::eventually([&] { return laser_->timesOn() > times_on; }));
  if (!test::succeeds(page, "laser", R"({"on":false})"))
    FAIL("the laser does not go out: " << page.lastError() << "\n" << agent.process().output());
  REQUIRE(laser_->becomes(false));
  times_on_ = laser_->timesOn();
}

void Turret::leave(test::Page& page) {
  page.send(R"({"type":"leave","device":"d1"})");
  REQUIRE(test::eventually([&] { return page.turnState("d1") == "none"; }));
  over_ = wire_->fromHub().size();
}

void Turret::cutWire() {
  wire_->cut();
  REQUIRE(agent.online(20s));
  over_ = wire_->fromHub().size();
}

void Turret::restartHub() {
  hub.process().kill();
  hub.start();
  if (!agent.online(20s)) FAIL("no agent:\n" << agent.process().output() << "\n" << hub.process().output());
  over_ = wire_->fromHub().size();
}

void Turret::restartAgent() {
  agent.process().kill();
  agent.start();
  REQUIRE(agent.online(20s));
  laser_ = std::make_unique<test::Laser>(edges());
  times_on_ = laser_->timesOn();
  over_ = wire_->fromHub().size();
}

int Turret::sayAgainToAgent() {
  std::vector<std::string> grants, beats, commands, over;
  const auto heard = wire_->fromHub();
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const std::string& text = heard[i];
    if (isOf(text, "grant")) grants.push_back(text);
    if (isOf(text, "beat")) beats.push_back(text);
    if (isOf(text, "command")) commands.push_back(text);
    if (i < over_ && (isOf(text, "beat") || isOf(text, "command"))) over.push_back(text);
  }
  int said = 0;
  const auto say = [&](const std::string& text) {
    wire_->sayToAgent(text);
    ++said;
  };
  const std::string round = "again" + std::to_string(++rounds_) + "-";
  int copy = 0;
  const auto renamed = [&](const std::string& text) {
    return with(text, "id", "\"" + round + std::to_string(++copy) + "\"");
  };
  for (const auto& text : some(grants, 20)) say(text);
  for (const auto& text : some(beats, 40)) say(text);
  for (const auto& text : some(commands, 24)) {
    say(text);
    say(renamed(text));  // which nobody has answered yet
  }
  for (const auto& text : some(over, 40)) say(with(renamed(text), "seq", std::to_string(1'000'000 + copy)));
  REQUIRE_FALSE(commands.empty());
  const std::string last = round + "last";
  say(with(with(with(commands.back(), "id", "\"" + last + "\""), "epoch", "999999999"), "stamp", freshStamp()));
  const bool answered = test::eventually(
      [&] {
        return !test::Tap::find(wire_->fromAgent(), {"\"result\"", "\"" + last + "\""}).empty();
      },
      10s);
  if (!answered) FAIL("the agent does not answer:\n" << agent.process().output());
  CHECK_FALSE(test::Tap::find(wire_->fromAgent(), {"\"result\"", "\"" + last + "\"", "\"refused\""}).empty());
  CHECK(test::Tap::find(wire_->fromAgent(), {"\"ack\"", "\"" + round}).empty());
  return said;
}

// Of the link that is up, so that the agent answers.
std::string Turret::freshStamp() {
  std::string nonce, t_ns;
  REQUIRE(test::eventually([&] {
    for (const auto& text : wire_->fromAgent()) {
      if (isOf(text, "hello") && text.find("\"nonce\"") != std::string::npos)
        nonce = valueOf(text, "nonce"), t_ns.clear();
      if (isOf(text, "beat")) t_ns = valueOf(text, "t_ns");
    }
    return !nonce.empty() && !t_ns.empty();
  }));
  return "\"" + nonce + "." + t_ns + "\"";
}

int Turret::sayAgainToHub(test::Page& page) {
  std::vector<std::string> beats, commands;
  for (const auto& text : pages_->fromAgent()) {
    if (isOf(text, "beat")) beats.push_back(text);
    // What somebody else has tried under a new key would be a new command of whoever has the turn.
    if (isOf(text, "command") && text.find("\"again") == std::string::npos) commands.push_back(text);
  }
  REQUIRE_FALSE(commands.empty());
  int said = 0;
  for (const auto& text : some(beats, 20)) page.send(text), ++said;
  commands = some(commands, 16);
  const std::string round = "again" + std::to_string(++rounds_) + "-";
  for (std::size_t i = 0; i < commands.size(); ++i) {
    page.send(commands[i]);
    ++said;
    if (epochOf(commands[i]) == page.epoch("d1")) continue;  // a new command of the present turn
    const std::string fresh = "\"" + round + std::to_string(i) + "\"";
    page.send(with(with(commands[i], "key", fresh), "ref", fresh));
    ++said;
  }
  // Answered behind all of them.
  CHECK(page.commandOf(epochOf(commands.front()), "d1", "laser", R"({"on":true})", 10s) == "refused");
  return said + 1;
}

void Turret::checkDark(const char* moment) {
  INFO(moment);
  CHECK_FALSE(laser_->on());
  CHECK(laser_->timesOn() == times_on_);
}

}  // namespace lease

// `robohub stop` and `robohub device stop|command|turn`: what an administrator does with a device from a terminal.
#include <chrono>
#include <iostream>
#include <thread>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"

namespace robohub::hub {

namespace {

std::string devicePath(const CommandLine& line) {
  return "/api/v1/devices/" + pathPart(line.arguments()[0]);
}

std::string reasonBody(const CommandLine& line) {
  return line.has("reason") ? "{\"reason\":" + json::quote(line.value("reason")) + "}" : "{}";
}

std::string stopText(const json::Object& stop) {
  const std::string state = textOf(stop, "state");
  const std::string message = textOf(stop, "message");
  return state + (message.empty() ? "" : ": " + message);
}

int stopOne(CommandLine& line) {
  return askAndShow(line, "POST", devicePath(line) + (line.has("reset") ? "/stop/reset" : "/stop"), reasonBody(line),
                    [&](const json::Object& stop) {
                      printTable({{line.arguments()[0], stopText(stop)}});
                    });
}

int stopAll(CommandLine& line) {
  return askAndShow(line, "POST", "/api/v1/stop", reasonBody(line), [](const json::Object& answer) {
    std::vector<std::vector<std::string>> rows{{"DEVICE", "STOP"}};
    for (const auto& device : objectsOf(answer, "devices")) {
      const auto stop = json::getObject(*device, "stop").value_or(nullptr);
      rows.push_back({textOf(*device, "id"), stop ? stopText(*stop) : ""});
    }
    printTable(rows);
  });
}

void showTurn(const json::Object& turn) {
  const auto holder = json::getObject(turn, "holder").value_or(nullptr);
  std::vector<std::vector<std::string>> rows{{"PLACE", "PERSON", "NAME"}};
  if (holder) rows.push_back({"turn", textOf(*holder, "id"), textOf(*holder, "name")});
  int place = 0;
  for (const auto& person : objectsOf(turn, "waiting"))
    rows.push_back({std::to_string(++place), textOf(*person, "id"), textOf(*person, "name")});
  printTable(rows);
  if (const auto held = json::getObject(turn, "held").value_or(nullptr))
    std::cout << "The line is held by " << textOf(*held, "by") << ".\n";
}

int turn(CommandLine& line) {
  const std::string path = devicePath(line) + "/turn";
  if (line.arguments().size() == 1) return askAndShow(line, "GET", path, "", showTurn);
  std::string body = "{\"action\":" + json::quote(line.arguments()[1]);
  if (line.has("person")) body += ",\"person\":" + json::quote(line.value("person"));
  if (line.has("for")) {
    const auto ms = durationMs(line.value("for"));
    if (!ms) return refused(ms.error());
    body += ",\"for_ms\":" + std::to_string(*ms);
  }
  if (line.has("reason")) body += ",\"reason\":" + json::quote(line.value("reason"));
  return askAndShow(line, "PUT", path, body + "}", showTurn);
}

bool turnIsOurs(const json::Object& turn) {
  const auto you = json::getObject(turn, "you").value_or(nullptr);
  return you && textOf(*you, "state") == "active";
}

// Joins the line and waits for the turn; false when it does not come in time.
Result<bool> waitForTurn(const CommandLine& line, const std::string& path, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  auto turn = askHubObject(line, "POST", path, "{}");
  while (turn && !turnIsOurs(**turn) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    turn = askHubObject(line, "GET", path);
  }
  if (!turn) return fail(turn.error());
  return turnIsOurs(**turn);
}

int command(CommandLine& line) {
  const auto& typed = line.arguments();
  const auto wait = durationMs(line.value("wait", "5s"));
  if (!wait) return refused(wait.error());
  if (*wait > 30'000) return wrongUsage("--wait is at most 30s");
  const std::string params = typed.size() > 2 ? typed[2] : "{}";
  if (const auto object = json::parseObject(params); !object)
    return refused({ErrorCode::invalid_argument, "The parameters are no JSON object: " + object.error().message, ""});
  const std::string path = devicePath(line) + "/turn";
  if (line.has("turn")) {
    const auto ours = waitForTurn(line, path, std::chrono::milliseconds(*wait));
    if (!ours) return failedToAsk(ours.error());
    if (!*ours) {
      (void)askHub(line, "DELETE", path);
      return refused({ErrorCode::timeout, "The turn did not come within --wait.", ""});
    }
  }
  const auto answer =
      askHub(line, "POST", devicePath(line) + "/commands/" + pathPart(typed[1]) + "?wait_ms=" + std::to_string(*wait),
             params, std::chrono::milliseconds(*wait + 10'000));
  if (line.has("turn")) (void)askHub(line, "DELETE", path);
  if (!answer) return failedToAsk(answer.error());
  const auto object = json::parseObject(*answer);
  if (!object) return refused(object.error());
  const std::string state = textOf(**object, "state");
  if (line.json()) {
    printJson(*answer);
  } else {
    const auto error = json::getObject(**object, "error").value_or(nullptr);
    const auto value = json::getObject(**object, "value").value_or(nullptr);
    std::cout << state << (error ? ": " + textOf(*error, "message") : "") << (value ? " " + json::write(*value) : "")
              << "\n";
  }
  return state == "succeeded" ? kDone : kRefused;
}

}  // namespace

std::vector<Command> driveCommands() {
  const CommandOption reason{"reason", "TEXT", "what people are told"};
  return {
      {.words = "device stop",
       .arguments = "ID [--reason TEXT | --reset]",
       .summary = "stops a device, or ends its stop",
       .options = {reason, {"reset", "", "ends the stop instead"}},
       .min_arguments = 1,
       .max_arguments = 1,
       .run = stopOne},
      {.words = "device command",
       .arguments = "ID NAME [JSON] [--turn] [--wait DURATION]",
       .summary = "sends a command and waits for its end",
       .options = {{"turn", "", "joins the line first, and gives the turn back"},
                   {"wait", "DURATION", "how long to wait, at most 30s (default: 5s)"}},
       .min_arguments = 2,
       .max_arguments = 3,
       .run = command,
       .details = "Ends with 0 only when the command has succeeded."},
      {.words = "device turn",
       .arguments = "ID [ACTION] [--person ID] [--for DURATION] [--reason TEXT]",
       .summary = "shows who has the turn and who waits, or acts as a moderator",
       .options = {{"person", "ID", "whom, for remove and ban"}, {"for", "DURATION", "how long, for ban"}, reason},
       .min_arguments = 1,
       .max_arguments = 2,
       .run = turn,
       .details = "ACTION is skip, remove, hold, release, take_over or ban."},
      {.words = "stop",
       .arguments = "[--reason TEXT]",
       .summary = "stops every device",
       .options = {reason},
       .run = stopAll,
       .details = "This is no emergency stop in the sense of the machinery standards; that one is wired."},
  };
}

}  // namespace robohub::hub

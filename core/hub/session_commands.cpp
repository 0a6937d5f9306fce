// `robohub user sessions`, `user sign-out` and `session list`: where people are signed in.
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"

namespace robohub::hub {

namespace {

std::string userPath(const std::string& name) {
  return "/api/v1/users/" + pathPart(name);
}

void addSessions(std::vector<std::vector<std::string>>& rows, const std::string& user, const json::Object& answer) {
  for (const auto& session : objectsOf(answer, "sessions"))
    rows.push_back({user, textOf(*session, "id"), timeText(numberOf(*session, "created_at_ms")),
                    timeText(numberOf(*session, "last_used_ms")), textOf(*session, "address"),
                    textOf(*session, "user_agent")});
}

const std::vector<std::string> kSessionHeading{"USER", "SESSION", "SINCE", "LAST USED", "ADDRESS", "BROWSER"};

int sessions(CommandLine& line) {
  return askAndShow(line, "GET", userPath(line.arguments()[0]) + "/sessions", "", [&](const json::Object& answer) {
    std::vector<std::vector<std::string>> rows{kSessionHeading};
    addSessions(rows, line.arguments()[0], answer);
    printTable(rows);
  });
}

int signOut(CommandLine& line) {
  const auto& typed = line.arguments();
  const std::string one = typed.size() > 1 ? "/" + pathPart(typed[1]) : "";
  return askAndShow(line, "DELETE", userPath(typed[0]) + "/sessions" + one, "", [&](const json::Object&) {
    std::cout << (one.empty() ? "All sessions of " + typed[0] + " have ended.\n" : "The session has ended.\n");
  });
}

int allSessions(CommandLine& line) {
  const auto users = askHubObject(line, "GET", "/api/v1/users");
  if (!users) return failedToAsk(users.error());
  std::vector<std::vector<std::string>> rows{kSessionHeading};
  std::string objects;
  for (const auto& user : objectsOf(**users, "users")) {
    if (numberOf(*user, "sessions") == 0) continue;
    const std::string name = textOf(*user, "username");
    const auto answer = askHub(line, "GET", userPath(name) + "/sessions");
    if (!answer) return failedToAsk(answer.error());
    const auto object = json::parseObject(*answer);
    if (!object) return refused(object.error());
    addSessions(rows, name, **object);
    for (auto session : objectsOf(**object, "sessions")) {
      session->set("username", name);
      objects += (objects.empty() ? "" : ",") + json::write(*session);
    }
  }
  if (line.json())
    printJson("{\"sessions\":[" + objects + "]}");
  else
    printTable(rows);
  return kDone;
}

}  // namespace

std::vector<Command> sessionCommands() {
  return {
      {.words = "user sessions",
       .arguments = "NAME",
       .summary = "shows where an account is signed in",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = sessions},
      {.words = "user sign-out",
       .arguments = "NAME [SESSION]",
       .summary = "ends one session of an account, or all",
       .min_arguments = 1,
       .max_arguments = 2,
       .run = signOut},
      {.words = "session list", .summary = "shows all sessions of all accounts", .run = allSessions},
  };
}

}  // namespace robohub::hub

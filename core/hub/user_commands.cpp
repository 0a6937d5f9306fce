// `robohub user ...` and `robohub session list`
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "identity/accounts.hpp"

namespace robohub::hub {

namespace {

const CommandOption kPasswordFile{"password-file", "FILE",
                                  "reads the password from a file's first line; - is standard input"};

std::string userPath(const std::string& name) {
  return "/api/v1/users/" + pathPart(name);
}

std::string scopeText(const json::Object& object) {
  const auto scope = json::getObject(object, "scope").value_or(nullptr);
  return scope ? textOf(*scope, "kind") + " " + textOf(*scope, "value") : "";
}

std::string grantsText(const json::Object& user) {
  std::string text;
  for (const auto& grant : objectsOf(user, "grants"))
    text += (text.empty() ? "" : ", ") + textOf(*grant, "permission") + " on " + scopeText(*grant);
  return text;
}

int list(CommandLine& line) {
  return askAndShow(line, "GET", "/api/v1/users", "", [](const json::Object& answer) {
    std::vector<std::vector<std::string>> rows{{"NAME", "ROLE", "STATE", "LAST SEEN", "SESSIONS", "TOKENS", "GRANTS"}};
    for (const auto& user : objectsOf(answer, "users"))
      rows.push_back({textOf(*user, "username"), textOf(*user, "role"),
                      textOf(*user, "disabled") == "yes" ? "disabled" : "", timeText(numberOf(*user, "last_seen_ms")),
                      textOf(*user, "sessions"), textOf(*user, "tokens"), grantsText(*user)});
    printTable(rows);
  });
}

// The first administrator of a hub that does not run yet.
int addOffline(CommandLine& line, const std::string& name, const std::string& password, identity::Role role) {
  auto offline = Offline::open(line);
  if (!offline) return refused(offline.error());
  const auto person = identity::addAccount(*(*offline)->database, name, password, role, (*offline)->clock);
  if (!person) return refused(person.error());
  if (line.json())
    printJson("{\"user\":{\"username\":" + json::quote(name) + ",\"role\":" + json::quote(toString(role)) + "}}");
  else
    std::cout << "Added " << name << ", " << toString(role) << ".\n";
  return kDone;
}

void showPassword(const json::Object& answer) {
  const std::string password = textOf(answer, "password");
  if (!password.empty()) std::cout << "Password (shown only now): " << password << "\n";
}

int add(CommandLine& line) {
  const std::string& name = line.arguments()[0];
  const auto role = identity::parseRole(line.value("role", "viewer"));
  if (!role || *role == identity::Role::guest) return wrongUsage("--role is member, viewer, player or administrator");
  std::string password;
  if (!line.has("make-password")) {
    const auto typed = readPassword(line, "Password of " + name);
    if (!typed) return refused(typed.error());
    password = *typed;
  }
  std::string body = "{\"username\":" + json::quote(name) + ",\"role\":" + json::quote(toString(*role));
  if (!password.empty()) body += ",\"password\":" + json::quote(password);
  const auto answer = askHub(line, "POST", "/api/v1/users", body + "}");
  if (!answer && noHubRuns(answer.error()) && !password.empty()) return addOffline(line, name, password, *role);
  if (!answer) return failedToAsk(answer.error());
  if (line.json()) return printJson(*answer), kDone;
  std::cout << "Added " << name << ", " << toString(*role) << ".\n";
  if (const auto object = json::parseObject(*answer)) showPassword(**object);
  return kDone;
}

int change(CommandLine& line, const std::string& body, const std::string& sentence) {
  return askAndShow(line, "PATCH", userPath(line.arguments()[0]), body,
                    [&](const json::Object&) { std::cout << sentence << "\n"; });
}

int role(CommandLine& line) {
  const std::string& name = line.arguments()[0];
  const std::string& wanted = line.arguments()[1];
  return change(line, "{\"role\":" + json::quote(wanted) + "}", name + " is " + wanted + " now.");
}

int disable(CommandLine& line) {
  return change(line, "{\"disabled\":true}",
                line.arguments()[0] + " cannot sign in any more; all sessions have ended.");
}

int enable(CommandLine& line) {
  return change(line, "{\"disabled\":false}", line.arguments()[0] + " can sign in again.");
}

int password(CommandLine& line) {
  const std::string& name = line.arguments()[0];
  std::string body = "{}";
  if (!line.has("make-password")) {
    const auto typed = readPassword(line, "New password of " + name);
    if (!typed) return refused(typed.error());
    body = "{\"password\":" + json::quote(*typed) + "}";
  }
  return askAndShow(line, "PUT", userPath(name) + "/password", body, [&](const json::Object& answer) {
    std::cout << "The password of " << name << " is set; all sessions have ended.\n";
    showPassword(answer);
  });
}

int remove(CommandLine& line) {
  return askAndShow(line, "DELETE", userPath(line.arguments()[0]), "",
                    [&](const json::Object&) { std::cout << "Removed " << line.arguments()[0] << ".\n"; });
}

int grant(CommandLine& line) {
  const auto& typed = line.arguments();
  const std::string body = "{\"permission\":" + json::quote(typed[1]) +
                           ",\"scope\":{\"kind\":" + json::quote(typed[2]) + ",\"value\":" + json::quote(typed[3]) +
                           "}}";
  return askAndShow(line, "POST", userPath(typed[0]) + "/grants", body, [&](const json::Object& answer) {
    std::cout << "Granted " << typed[1] << " on " << typed[2] << " " << typed[3] << " to " << typed[0] << " (grant "
              << textOf(answer, "id") << ").\n";
  });
}

int ungrant(CommandLine& line) {
  const auto& typed = line.arguments();
  if (typed[1].find_first_not_of("0123456789") != std::string::npos)
    return wrongUsage("a grant is named by its number; see robohub user grants NAME");
  return askAndShow(line, "DELETE", userPath(typed[0]) + "/grants/" + typed[1], "",
                    [&](const json::Object&) { std::cout << "Grant " << typed[1] << " is gone.\n"; });
}

int grants(CommandLine& line) {
  return askAndShow(line, "GET", userPath(line.arguments()[0]), "", [](const json::Object& user) {
    std::vector<std::vector<std::string>> rows{{"NUMBER", "PERMISSION", "ON", "SINCE", "BY"}};
    for (const auto& grant : objectsOf(user, "grants"))
      rows.push_back({textOf(*grant, "id"), textOf(*grant, "permission"), scopeText(*grant),
                      timeText(numberOf(*grant, "created_at_ms")), textOf(*grant, "created_by")});
    printTable(rows);
  });
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

std::vector<Command> userCommands() {
  const CommandOption make{"make-password", "", "lets the hub make a password and shows it once"};
  return {
      {.words = "user list", .summary = "shows everybody who has an account", .run = list},
      {.words = "user add",
       .arguments = "NAME [--role ROLE] [--password-file FILE | --make-password]",
       .summary = "adds an account",
       .options = {{"role", "ROLE", "member, viewer (the default), player or administrator"}, kPasswordFile, make},
       .min_arguments = 1,
       .max_arguments = 1,
       .run = add,
       .details = "A password is asked for at the terminal, never taken from the command line. While no hub runs the "
                  "account is written to the database itself."},
      {.words = "user role",
       .arguments = "NAME ROLE",
       .summary = "changes what an account may everywhere",
       .min_arguments = 2,
       .max_arguments = 2,
       .run = role},
      {.words = "user disable",
       .arguments = "NAME",
       .summary = "keeps somebody from signing in and ends all sessions",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = disable},
      {.words = "user enable",
       .arguments = "NAME",
       .summary = "lets somebody sign in again",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = enable},
      {.words = "user password",
       .arguments = "NAME [--password-file FILE | --make-password]",
       .summary = "sets a new password and ends all sessions",
       .options = {kPasswordFile, make},
       .min_arguments = 1,
       .max_arguments = 1,
       .run = password},
      {.words = "user remove",
       .arguments = "NAME",
       .summary = "removes an account with its grants, sessions and tokens",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = remove},
      {.words = "user grant",
       .arguments = "NAME PERMISSION device|label|room VALUE",
       .summary = "gives watch, play, publish, moderate or administer on a device, a label or a room",
       .min_arguments = 4,
       .max_arguments = 4,
       .run = grant},
      {.words = "user grants",
       .arguments = "NAME",
       .summary = "shows the grants of an account with their numbers",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = grants},
      {.words = "user ungrant",
       .arguments = "NAME NUMBER",
       .summary = "takes a grant back",
       .min_arguments = 2,
       .max_arguments = 2,
       .run = ungrant},
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

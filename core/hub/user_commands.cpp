// `robohub user ...`: accounts and their grants.
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "identity/accounts.hpp"
#include "identity/directory.hpp"
#include "identity/secrets.hpp"

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

const std::vector<std::string> kUserHeading{"NAME", "ROLE", "STATE", "LAST SEEN", "SESSIONS", "TOKENS", "GRANTS"};

int listOffline(CommandLine& line) {
  auto offline = Offline::open(line);
  if (!offline) return refused(offline.error());
  const auto accounts = identity::listAccounts(*(*offline)->database);
  if (!accounts) return refused(accounts.error());
  std::vector<std::vector<std::string>> rows{kUserHeading};
  std::string objects;
  for (const auto& account : *accounts) {
    const std::string role = toString(account->person.role);
    rows.push_back({account->person.name, role, account->disabled ? "disabled" : "", "", "", "", ""});
    objects += (objects.empty() ? "" : ",") +
               ("{\"username\":" + json::quote(account->person.name) + ",\"role\":" + json::quote(role) +
                ",\"disabled\":" + (account->disabled ? "true}" : "false}"));
  }
  if (line.json())
    printJson("{\"users\":[" + objects + "]}");
  else
    printTable(rows);
  return kDone;
}

int list(CommandLine& line) {
  const auto answer = askHub(line, "GET", "/api/v1/users");
  if (!answer && noHubRuns(answer.error())) return listOffline(line);
  if (!answer) return refused(answer.error());
  if (line.json()) return printJson(*answer), kDone;
  const auto object = json::parseObject(*answer);
  if (!object) return refused(object.error());
  std::vector<std::vector<std::string>> rows{kUserHeading};
  for (const auto& user : objectsOf(**object, "users"))
    rows.push_back({textOf(*user, "username"), textOf(*user, "role"),
                    textOf(*user, "disabled") == "yes" ? "disabled" : "", timeText(numberOf(*user, "last_seen_ms")),
                    textOf(*user, "sessions"), textOf(*user, "tokens"), grantsText(*user)});
  return printTable(rows), kDone;
}

void showPassword(const std::string& password) {
  if (!password.empty()) std::cout << "Password (shown only now): " << password << "\n";
}

using OfflineChange = std::function<Status(store::Database&, const Clock&)>;

// Asks the hub; where none runs, does it to the database.
int changeUser(CommandLine& line, const std::string& method, const std::string& target, const std::string& body,
               const OfflineChange& offline_change, const std::string& sentence) {
  const auto answer = askHub(line, method, target, body);
  if (!answer) {
    if (!noHubRuns(answer.error())) return refused(answer.error());
    auto offline = Offline::open(line);
    if (!offline) return refused(offline.error());
    if (Status done = offline_change(*(*offline)->database, (*offline)->clock); !done) return refused(done.error());
  }
  if (line.json())
    printJson(answer.value_or(""));
  else
    std::cout << sentence << (answer ? "" : " " + writtenWithoutHub(line)) << "\n";
  return kDone;
}

// The first administrator of a hub that does not run yet. `typed` "": the password is made here.
int addOffline(CommandLine& line, const std::string& name, const std::string& typed, identity::Role role) {
  auto offline = Offline::open(line, WithoutData::begin);
  if (!offline) return refused(offline.error());
  const std::string made = typed.empty() ? identity::makeOneTimeCode() : "";
  const auto person =
      identity::addAccount(*(*offline)->database, name, typed.empty() ? made : typed, role, (*offline)->clock);
  if (!person) return refused(person.error());
  if (line.json()) {
    printJson("{\"user\":{\"username\":" + json::quote(name) + ",\"role\":" + json::quote(toString(role)) + "}" +
              (made.empty() ? "" : ",\"password\":" + json::quote(made)) + "}");
    return kDone;
  }
  std::cout << "Added " << name << ", " << toString(role) << ". " << writtenWithoutHub(line) << "\n";
  showPassword(made);
  return kDone;
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
  if (!answer && noHubRuns(answer.error())) return addOffline(line, name, password, *role);
  if (!answer) return failedToAsk(answer.error());
  if (line.json()) return printJson(*answer), kDone;
  std::cout << "Added " << name << ", " << toString(*role) << ".\n";
  if (const auto object = json::parseObject(*answer)) showPassword(textOf(**object, "password"));
  return kDone;
}

int role(CommandLine& line) {
  const std::string& name = line.arguments()[0];
  const std::string& wanted = line.arguments()[1];
  const auto role = identity::parseRole(wanted);
  if (!role || *role == identity::Role::guest) return wrongUsage("a role is member, viewer, player or administrator");
  return changeUser(
      line, "PATCH", userPath(name), "{\"role\":" + json::quote(wanted) + "}",
      [&](store::Database& database, const Clock& clock) { return identity::setRole(database, name, *role, clock); },
      name + " is " + wanted + " now.");
}

int setDisabled(CommandLine& line, bool disabled, const std::string& sentence) {
  const std::string& name = line.arguments()[0];
  return changeUser(
      line, "PATCH", userPath(name), disabled ? "{\"disabled\":true}" : "{\"disabled\":false}",
      [&](store::Database& database, const Clock& clock) {
        return identity::setDisabled(database, name, disabled, clock);
      },
      name + sentence);
}

int disable(CommandLine& line) {
  return setDisabled(line, true, " cannot sign in any more; all sessions have ended.");
}

int enable(CommandLine& line) {
  return setDisabled(line, false, " can sign in again.");
}

int makePasswordOffline(CommandLine& line, const std::string& name, const std::string& sentence) {
  auto offline = Offline::open(line);
  if (!offline) return refused(offline.error());
  const std::string made = identity::makeOneTimeCode();
  if (Status done = identity::setPassword(*(*offline)->database, name, made, (*offline)->clock); !done)
    return refused(done.error());
  if (line.json()) return printJson("{\"password\":" + json::quote(made) + "}"), kDone;
  std::cout << sentence << " " << writtenWithoutHub(line) << "\n";
  showPassword(made);
  return kDone;
}

int password(CommandLine& line) {
  const std::string& name = line.arguments()[0];
  const std::string target = userPath(name) + "/password";
  const std::string sentence = "The password of " + name + " is set; all sessions have ended.";
  if (line.has("make-password")) {
    const auto answer = askHubObject(line, "PUT", target, "{}");
    if (!answer && noHubRuns(answer.error())) return makePasswordOffline(line, name, sentence);
    if (!answer) return refused(answer.error());
    if (line.json()) return printJson(json::write(**answer)), kDone;
    std::cout << sentence << "\n";
    showPassword(textOf(**answer, "password"));
    return kDone;
  }
  const auto typed = readPassword(line, "New password of " + name);
  if (!typed) return refused(typed.error());
  return changeUser(
      line, "PUT", target, "{\"password\":" + json::quote(*typed) + "}",
      [&](store::Database& database, const Clock& clock) {
        return identity::setPassword(database, name, *typed, clock);
      },
      sentence);
}

int remove(CommandLine& line) {
  const std::string& name = line.arguments()[0];
  return changeUser(
      line, "DELETE", userPath(name), "",
      [&](store::Database& database, const Clock& clock) { return identity::removeAccount(database, name, clock); },
      "Removed " + name + ".");
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

}  // namespace

std::vector<Command> userCommands() {
  const CommandOption make{"make-password", "", "makes a password and shows it once"};
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
  };
}

}  // namespace robohub::hub

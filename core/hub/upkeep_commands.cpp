// `robohub health` and `robohub setup-code`
#include <fstream>
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "identity/accounts.hpp"

namespace robohub::hub {

namespace {

int health(CommandLine& line) {
  const auto answer = askHub(line, "GET", "/api/v1/health");
  if (!answer) return failedToAsk(answer.error());
  const auto object = json::parseObject(*answer);
  if (!object) return refused(object.error());
  const std::string status = textOf(**object, "status");
  if (line.json()) {
    printJson(*answer);
  } else {
    std::cout << "The hub is " << (status == "ok" ? "well" : "not well: " + status) << ".\n";
    for (const auto& finding : objectsOf(**object, "findings")) {
      if (textOf(*finding, "level") == "ok") continue;
      std::cout << "\n" << textOf(*finding, "level") << ": " << textOf(*finding, "title") << "\n";
      for (const char* key : {"detail", "what_to_do"})
        if (const std::string text = textOf(*finding, key); !text.empty()) std::cout << "  " << text << "\n";
    }
  }
  return status == "critical" ? kRefused : kDone;
}

// Why there is no file with a code. Only the accounts know whether one is still to come.
Error whyNoCode(const CommandLine& line, const std::filesystem::path& file) {
  std::error_code failed;
  if (std::filesystem::exists(file, failed) || failed)
    return {ErrorCode::permission_denied, file.string() + " cannot be read; type this as the hub's user or root.", ""};
  const Error settled{ErrorCode::not_found, "No code is needed: the hub has an administrator.", ""};
  const auto answer = askHub(line, "GET", "/healthz");
  if (answer || !noHubRuns(answer.error())) return settled;
  const auto offline = Offline::open(line);
  if (!offline) return offline.error();
  const auto accounts = identity::listAccounts(*(*offline)->database);
  if (!accounts) return accounts.error();
  for (const auto& account : *accounts)
    if (account->person.role == identity::Role::administrator) return settled;
  return {ErrorCode::not_found,
          "There is no code yet: the hub has no administrator, and makes the code when it starts.", ""};
}

// Whoever may read the file may see the code; so the hub need not run.
int setupCode(CommandLine& line) {
  const auto file = line.settings().data / "administrator-code";
  std::ifstream from(file);
  std::string code;
  if (!from || !std::getline(from, code) || code.empty()) return refused(whyNoCode(line, file));
  if (line.json())
    printJson("{\"code\":" + json::quote(code) + "}");
  else
    std::cout << code << "\n";
  return kDone;
}

}  // namespace

std::vector<Command> upkeepCommands() {
  return {
      {.words = "health",
       .summary = "shows what is not as it should be, and what to do about it",
       .run = health,
       .details = "Ends with 1 when something is critical."},
      {.words = "setup-code",
       .summary = "prints the one-time code that makes the first administrator, while it is needed",
       .run = setupCode},
  };
}

}  // namespace robohub::hub

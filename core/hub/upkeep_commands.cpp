// `robohub health` and `robohub setup-code`
#include <fstream>
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"

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

// Whoever may read the file may see the code; so the hub need not run.
int setupCode(CommandLine& line) {
  const auto file = line.settings().data / "administrator-code";
  std::ifstream from(file);
  std::string code;
  if (!from || !std::getline(from, code) || code.empty()) {
    std::error_code failed;
    const bool there = std::filesystem::exists(line.settings().data / "hub.db", failed);
    return refused({ErrorCode::not_found,
                    there ? "No code is needed: the hub has an administrator. (Or " + file.string() +
                                " cannot be read: then type this as the hub's user.)"
                          : "No hub has been started with the data folder " + line.settings().data.string() +
                                " yet; name it with --data or --config.",
                    ""});
  }
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

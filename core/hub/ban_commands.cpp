// `robohub ban ...`: guests who are kept away for a while.
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"

namespace robohub::hub {

namespace {

int list(CommandLine& line) {
  return askAndShow(line, "GET", "/api/v1/bans", "", [](const json::Object& answer) {
    std::vector<std::vector<std::string>> rows{{"NUMBER", "PERSON", "NAME", "FROM", "UNTIL", "BY", "REASON"}};
    for (const auto& ban : objectsOf(answer, "bans")) {
      const auto person = json::getObject(*ban, "person").value_or(nullptr);
      const std::string device = textOf(*ban, "device");
      rows.push_back({textOf(*ban, "id"), person ? textOf(*person, "id") : "", person ? textOf(*person, "name") : "",
                      device.empty() ? "the hub" : device, timeText(numberOf(*ban, "until_ms")), textOf(*ban, "by"),
                      textOf(*ban, "reason")});
    }
    printTable(rows);
  });
}

int add(CommandLine& line) {
  const auto ms = durationMs(line.value("for", "1h"));
  if (!ms) return refused(ms.error());
  std::string body = "{\"person\":" + json::quote(line.arguments()[0]) + ",\"for_ms\":" + std::to_string(*ms);
  if (line.has("reason")) body += ",\"reason\":" + json::quote(line.value("reason"));
  return askAndShow(line, "POST", "/api/v1/bans", body + "}", [](const json::Object& ban) {
    std::cout << "Banned until " << timeText(numberOf(ban, "until_ms")) << " (ban " << textOf(ban, "id") << ").\n";
  });
}

int remove(CommandLine& line) {
  const std::string& number = line.arguments()[0];
  if (number.find_first_not_of("0123456789") != std::string::npos)
    return wrongUsage("a ban is named by its number; see robohub ban list");
  return askAndShow(line, "DELETE", "/api/v1/bans/" + number, "",
                    [&](const json::Object&) { std::cout << "Ban " << number << " is lifted.\n"; });
}

}  // namespace

std::vector<Command> banCommands() {
  return {
      {.words = "ban list", .summary = "shows who is kept away from what, and until when", .run = list},
      {.words = "ban add",
       .arguments = "PERSON [--for DURATION] [--reason TEXT]",
       .summary = "keeps a guest away from the whole hub",
       .options = {{"for", "DURATION", "how long (default: 1h)"}, {"reason", "TEXT", "what the guest is told"}},
       .min_arguments = 1,
       .max_arguments = 1,
       .run = add,
       .details = "PERSON is an id such as g-1a2b, as `robohub device turn ID` shows it. From one device only: "
                  "`robohub device turn ID ban --person PERSON --for DURATION`."},
      {.words = "ban remove",
       .arguments = "NUMBER",
       .summary = "lifts a ban",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = remove},
  };
}

}  // namespace robohub::hub

// `robohub token ...`: keys of programs.
#include <iostream>
#include <sstream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"

namespace robohub::hub {

namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream from(text);
  for (std::string part; std::getline(from, part, at);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

std::string scopesText(const json::Object& token) {
  std::string text;
  for (const auto& scope : objectsOf(token, "scopes"))
    text += (text.empty() ? "" : ", ") + textOf(*scope, "kind") + ":" + textOf(*scope, "value");
  return text.empty() ? "everywhere" : text;
}

int list(CommandLine& line) {
  const std::string user = line.arguments().empty() ? "*" : line.arguments()[0];
  return askAndShow(line, "GET", "/api/v1/tokens?user=" + pathPart(user), "", [](const json::Object& answer) {
    std::vector<std::vector<std::string>> rows{
        {"NUMBER", "USER", "NAME", "PERMISSIONS", "WHERE", "EXPIRES", "LAST USED"}};
    for (const auto& token : objectsOf(answer, "tokens"))
      rows.push_back({textOf(*token, "id"), textOf(*token, "username"), textOf(*token, "name"),
                      textOf(*token, "permissions"), scopesText(*token), timeText(numberOf(*token, "expires_at_ms")),
                      timeText(numberOf(*token, "last_used_ms"))});
    printTable(rows);
  });
}

int add(CommandLine& line) {
  const auto& typed = line.arguments();
  const std::string days = line.value("days", "90");
  if (days.empty() || days.size() > 3 || days.find_first_not_of("0123456789") != std::string::npos)
    return wrongUsage("--days is a number from 1 to 366");
  std::string permissions, scopes;
  for (const std::string& permission : split(line.value("permissions", "watch"), ','))
    permissions += (permissions.empty() ? "" : ",") + json::quote(permission);
  for (const std::string& scope : split(line.value("scopes"), ',')) {
    const std::size_t colon = scope.find(':');
    if (colon == std::string::npos) return wrongUsage("a scope is device:NAME, label:NAME or room:NAME");
    scopes += (scopes.empty() ? "" : ",") + ("{\"kind\":" + json::quote(scope.substr(0, colon)) +
                                             ",\"value\":" + json::quote(scope.substr(colon + 1)) + "}");
  }
  const std::string body = "{\"name\":" + json::quote(typed[1]) + ",\"permissions\":[" + permissions +
                           "],\"scopes\":[" + scopes + "],\"expires_in_days\":" + days + "}";
  return askAndShow(line, "POST", "/api/v1/tokens?user=" + pathPart(typed[0]), body, [](const json::Object& answer) {
    std::cout << textOf(answer, "secret") << "\n";
    std::cerr << "This is shown only now. A program sends it as `Authorization: Bearer ...`.\n";
  });
}

int revoke(CommandLine& line) {
  const std::string& number = line.arguments()[0];
  if (number.find_first_not_of("0123456789") != std::string::npos)
    return wrongUsage("a token is named by its number; see robohub token list");
  return askAndShow(line, "DELETE", "/api/v1/tokens/" + number, "",
                    [&](const json::Object&) { std::cout << "Token " << number << " is void.\n"; });
}

}  // namespace

std::vector<Command> tokenCommands() {
  return {
      {.words = "token list",
       .arguments = "[USER]",
       .summary = "shows the keys of programs, of one account or of all",
       .max_arguments = 1,
       .run = list},
      {.words = "token add",
       .arguments = "USER NAME [--permissions LIST] [--scopes LIST] [--days N]",
       .summary = "makes a key for a program of an account and prints it once",
       .options = {{"permissions", "LIST", "of watch,play,publish,moderate,administer (default: watch)"},
                   {"scopes", "LIST", "where it holds: device:NAME,label:NAME,room:NAME (default: everywhere)"},
                   {"days", "N", "how long it is good, 1 to 366 (default: 90)"}},
       .min_arguments = 2,
       .max_arguments = 2,
       .run = add,
       .details = "It may what its owner may, of that only the permissions, and only where the scopes say."},
      {.words = "token revoke",
       .arguments = "NUMBER",
       .summary = "voids a key at once",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = revoke},
  };
}

}  // namespace robohub::hub

// `robohub audit ...`: what was done by whom, and whether its record is whole.
#include <fstream>
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "identity/audit.hpp"
#include "store/wait_for.hpp"

namespace robohub::hub {

namespace {

constexpr std::int64_t kRowsAtOnce = 10'000;
constexpr Duration kVerifyWithin = std::chrono::minutes(10);

const std::vector<CommandOption> kFilters{
    {"from", "TIME", "not before: 2026-11-21 or \"2026-11-21 12:05\", local time"},
    {"to", "TIME", "before that time"},
    {"actor", "WHO", "of one person: an id such as u-3, or a name"},
    {"action", "NAME", "of one kind, such as turn.skip; `turn.` for all of turns"},
    {"object", "NAME", "about one thing, such as device:lab-turret or user:ada"},
    {"text", "TEXT", "with this text in name, action, object or detail"}};

std::vector<CommandOption> filtersAnd(std::vector<CommandOption> more) {
  more.insert(more.begin(), kFilters.begin(), kFilters.end());
  return more;
}

Result<identity::AuditQuery> queryOf(const CommandLine& line) {
  identity::AuditQuery query;
  for (const auto& [name, out] : {std::pair{"from", &query.from_ms}, std::pair{"to", &query.to_ms}}) {
    if (!line.has(name)) continue;
    const auto time = timeMs(line.value(name));
    if (!time) return fail(time.error());
    *out = *time;
  }
  query.actor = line.value("actor");
  query.action = line.value("action");
  query.object = line.value("object");
  query.text = line.value("text");
  return query;
}

std::string targetOf(const char* path, const identity::AuditQuery& query) {
  std::string target = std::string("/api/v1/") + path + "?limit=" + std::to_string(query.limit);
  auto number = [&](const char* name, const std::optional<std::int64_t>& value) {
    if (value) target += std::string("&") + name + "=" + std::to_string(*value);
  };
  auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) target += std::string("&") + name + "=" + pathPart(value);
  };
  number("from", query.from_ms);
  number("to", query.to_ms);
  number("after", query.after_seq);
  text("actor", query.actor);
  text("action", query.action);
  text("object", query.object);
  text("text", query.text);
  return target;
}

// Entries of the hub or, where none runs, of the database itself.
class Source {
 public:
  explicit Source(const CommandLine& line) : line_(line) {}

  // ENTRY lines, oldest first; at most query.limit.
  Result<std::vector<std::string>> lines(const identity::AuditQuery& query) {
    if (!offline_) {
      const auto ask = [&] {
        return askHub(line_, "GET", targetOf("audit.ndjson", query), {}, std::chrono::minutes(2));
      };
      auto answer = ask();
      // It broke off, as it does when the hub ends: nothing of it counts, so nothing is lost or comes twice.
      if (!answer && answer.error().code == ErrorCode::corrupt) answer = ask();
      if (answer) return split(*answer);
      if (!noHubRuns(answer.error())) return fail(answer.error());
      if (Status opened = open(); !opened) return fail(opened.error());
    }
    auto rows = find(query, true);
    if (!rows) return fail(rows.error());
    std::vector<std::string> out;
    for (const identity::AuditRow& row : *rows) out.push_back(identity::toJson(row));
    return out;
  }

  // {"entries":[..]} newest first.
  Result<std::string> page(const identity::AuditQuery& query) {
    const auto answer = askHub(line_, "GET", targetOf("audit", query));
    if (answer) return *answer;
    if (!noHubRuns(answer.error())) return fail(answer.error());
    if (Status opened = open(); !opened) return fail(opened.error());
    auto rows = find(query, false);
    if (!rows) return fail(rows.error());
    std::string body = "{\"entries\":[";
    for (std::size_t i = 0; i < rows->size(); ++i) body += (i ? "," : "") + identity::toJson((*rows)[i]);
    return body + "]}";
  }

  Result<std::string> verify(const std::string& head) {
    const auto answer = askHub(line_, "GET", "/api/v1/audit/verify" + (head.empty() ? "" : "?head=" + pathPart(head)),
                               {}, kVerifyWithin);
    if (answer) return *answer;
    if (!noHubRuns(answer.error())) return fail(answer.error());
    if (Status opened = open(); !opened) return fail(opened.error());
    auto verdict = store::waitFor<identity::AuditVerdict>([&](auto done) { audit_->verify(head, done); });
    if (!verdict) return fail(verdict.error());
    std::string body = std::string("{\"good\":") + (verdict->good ? "true" : "false");
    body += ",\"rows\":" + std::to_string(verdict->rows) + ",\"first_bad_seq\":";
    body += verdict->good ? std::string("null") : std::to_string(verdict->first_bad_seq);
    return body + ",\"head\":\"" + verdict->head + "\",\"message\":" + json::quote(verdict->message) + "}";
  }

 private:
  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      if (end == text.size()) break;  // half a line: the next question begins here again
      lines.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return lines;
  }
  Status open() {
    if (offline_) return {};
    auto offline = Offline::open(line_);
    if (!offline) return fail(offline.error());
    offline_ = std::move(*offline);
    audit_ = std::make_unique<identity::Audit>(*offline_->database, offline_->clock);
    return {};
  }
  Result<std::vector<identity::AuditRow>> find(identity::AuditQuery query, bool oldest_first) {
    query.oldest_first = oldest_first;
    return store::waitFor<std::vector<identity::AuditRow>>([&](auto done) { audit_->find(query, done); });
  }

  const CommandLine& line_;
  std::unique_ptr<Offline> offline_;
  std::unique_ptr<identity::Audit> audit_;
};

int list(CommandLine& line) {
  auto query = queryOf(line);
  if (!query) return refused(query.error());
  const std::string limit = line.value("limit", "50");
  if (limit.empty() || limit.size() > 3 || limit.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(limit) < 1 || std::stoul(limit) > 500)
    return wrongUsage("--limit is a number from 1 to 500");
  query->limit = std::stoul(limit);
  const auto page = Source(line).page(*query);
  if (!page) return refused(page.error());
  if (line.json()) return printJson(*page), kDone;
  const auto object = json::parseObject(*page);
  if (!object) return refused(object.error());
  std::vector<std::vector<std::string>> rows{
      {"NUMBER", "TIME", "WHO", "ADDRESS", "ACTION", "OBJECT", "OUTCOME", "DETAIL"}};
  for (const auto& entry : objectsOf(**object, "entries")) {
    const auto actor = json::getObject(*entry, "actor");
    const auto detail = json::getObject(*entry, "detail");
    const std::string who = actor && *actor ? textOf(**actor, "name") + " (" + textOf(**actor, "id") + ")" : "";
    rows.push_back({textOf(*entry, "seq"), timeText(numberOf(*entry, "at_ms")), who, textOf(*entry, "address"),
                    textOf(*entry, "action"), textOf(*entry, "object"), textOf(*entry, "outcome"),
                    detail && *detail && (*detail)->size() > 0 ? json::write(**detail) : ""});
  }
  printTable(rows);
  return kDone;
}

// Piece by piece behind the newest number that was seen, so that an answer which was cut loses nothing.
int exportAll(CommandLine& line) {
  auto query = queryOf(line);
  if (!query) return refused(query.error());
  std::ofstream file;
  if (line.has("output")) {
    file.open(line.value("output"), std::ios::binary | std::ios::trunc);
    if (!file) return refused({ErrorCode::permission_denied, line.value("output") + " cannot be written.", ""});
  }
  std::ostream& out = file.is_open() ? file : std::cout;
  Source source(line);
  std::int64_t count = 0;
  query->limit = kRowsAtOnce;
  while (true) {
    const auto lines = source.lines(*query);
    if (!lines) return refused(lines.error());
    if (lines->empty()) break;
    for (const std::string& entry : *lines) {
      const auto object = json::parseObject(entry);
      const auto seq = object ? json::getInt(**object, "seq") : fail(object.error());
      if (!seq) return refused({ErrorCode::internal, "The hub's answer broke off: " + entry, ""});
      query->after_seq = *seq;
      out << entry << '\n';
      ++count;
    }
  }
  out.flush();
  if (!out) return refused({ErrorCode::exhausted, "The entries could not be written.", ""});
  std::cerr << count << " entries.\n";
  return kDone;
}

int verify(CommandLine& line) {
  const std::string head = line.value("head");
  if (line.has("head") && (head.size() != 64 || head.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos))
    return wrongUsage("--head takes 64 hexadecimal digits, as robohub audit verify prints them");
  const auto answer = Source(line).verify(head);
  if (!answer) return refused(answer.error());
  const auto verdict = json::parseObject(*answer);
  if (!verdict) return refused(verdict.error());
  const bool good = json::getBool(**verdict, "good").value_or(false);
  if (line.json()) {
    printJson(*answer);
  } else {
    std::cout << textOf(**verdict, "message") << "\n";
    std::cout << "head " << textOf(**verdict, "head") << "\n";
    if (good && head.empty())
      std::cout << "Keep the head somewhere else; --head HEAD then also finds rows that are missing at the end.\n";
  }
  return good ? kDone : kRefused;
}

}  // namespace

std::vector<Command> auditCommands() {
  return {
      {.words = "audit list",
       .arguments = "[FILTERS] [--limit N]",
       .summary = "shows what was done by whom, newest first",
       .options = filtersAnd({{"limit", "N", "how many at most, 1 to 500 (default: 50)"}}),
       .run = list},
      {.words = "audit export",
       .arguments = "[FILTERS] [--output FILE]",
       .summary = "writes the entries oldest first, a JSON object a line",
       .options = filtersAnd({{"output", "FILE", "where to, instead of standard output"}}),
       .run = exportAll},
      {.words = "audit verify",
       .arguments = "[--head HASH]",
       .summary = "says whether a row was changed, removed or put in between",
       .options = {{"head", "HASH", "a head that was printed earlier; it must still be in the chain"}},
       .run = verify,
       .details =
           "Exit code 1 when it was. Whoever may write the database can make a whole chain anew, which only a head "
           "that was kept elsewhere shows."},
  };
}

}  // namespace robohub::hub

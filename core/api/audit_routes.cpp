// The audit: a page of it, all of it as lines, and whether it is whole.
#include <charconv>

#include "api/routes.hpp"
#include "api/session_closer.hpp"

namespace robohub::api {

namespace {

constexpr std::size_t kDefaultPage = 100;
constexpr std::size_t kMaxPage = 500;
constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kMaxText = 256;

Status readNumber(const net::HttpHead& head, std::string_view name, std::int64_t least,
                  std::optional<std::int64_t>& out) {
  const auto text = head.queryParam(name);
  if (!text || text->empty()) return {};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < least)
    return fail(ErrorCode::invalid_argument,
                std::string(name) + " must be a whole number, at least " + std::to_string(least) + ".");
  out = value;
  return {};
}

struct Asked {
  identity::AuditQuery query;
  std::optional<std::int64_t> limit;
};

Result<Asked> readQuery(const net::HttpHead& head) {
  Asked asked;
  identity::AuditQuery& query = asked.query;
  for (const Status& read : {readNumber(head, "from", 0, query.from_ms), readNumber(head, "to", 0, query.to_ms),
                             readNumber(head, "before", 0, query.before_seq),
                             readNumber(head, "after", 0, query.after_seq), readNumber(head, "limit", 1, asked.limit)})
    if (!read) return fail(read.error());
  const std::pair<const char*, std::string*> texts[] = {
      {"actor", &query.actor}, {"action", &query.action}, {"object", &query.object}, {"text", &query.text}};
  for (const auto& [name, out] : texts) {
    *out = head.queryParam(name).value_or("");
    if (out->size() > kMaxText) return fail(ErrorCode::invalid_argument, std::string(name) + " has at most 256 bytes.");
  }
  return asked;
}

void listEntries(Context& context, const Request& request) {
  auto asked = readQuery(request.exchange->head());
  if (!asked) return request.answer(asked.error());
  const auto limit = static_cast<std::size_t>(
      std::min<std::int64_t>(asked->limit.value_or(kDefaultPage), static_cast<std::int64_t>(kMaxPage)));
  asked->query.limit = limit + 1;  // whether there are more
  context.audit.find(std::move(asked->query), [request, limit](Result<std::vector<identity::AuditRow>> rows) {
    if (!rows) return request.answer(rows.error());
    const bool more = rows->size() > limit;
    if (more) rows->resize(limit);
    std::string body = "{\"entries\":[";
    for (std::size_t i = 0; i < rows->size(); ++i) body += (i ? "," : "") + identity::toJson((*rows)[i]);
    body += "],\"next_before\":" + (more ? std::to_string(rows->back().seq) : std::string("null")) + "}";
    request.answerJson(200, std::move(body));
  });
}

void verify(Context& context, const Request& request) {
  const std::string head = request.exchange->head().queryParam("head").value_or("");
  if (!head.empty() && (head.size() != 64 || head.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos))
    return request.answer(Error{ErrorCode::invalid_argument, "A head has 64 hexadecimal digits.", ""});
  context.audit.verify(head, [request](Result<identity::AuditVerdict> verdict) {
    if (!verdict) return request.answer(verdict.error());
    std::string body = std::string("{\"good\":") + (verdict->good ? "true" : "false");
    body += ",\"rows\":" + std::to_string(verdict->rows) + ",\"first_bad_seq\":";
    body += verdict->good ? std::string("null") : std::to_string(verdict->first_bad_seq);
    body += ",\"head\":\"" + verdict->head + "\",\"message\":" + json::quote(verdict->message) + "}";
    request.answerJson(200, std::move(body));
  });
}

// The choice, page by page: the next one is read when the one before has left whole, so that neither a slow reader nor
// a long audit holds memory or a loop. Where details are long a page has megabytes, and only a frame that waits alone
// is taken whatever its size: behind the rest of another one it would end the answer. [loop]
class Export : public std::enable_shared_from_this<Export> {
 public:
  static void begin(Context& context, const Request& request, Asked asked) {
    net::HttpResponse head;
    head.content_type = "application/x-ndjson";
    head.headers.set("Cache-Control", "no-store");
    head.headers.set("Content-Disposition", "attachment; filename=\"robohub-audit.ndjson\"");
    addSecurityHeaders(head);
    net::Loop& loop = request.exchange->loop();
    auto self = std::make_shared<Export>(context.audit, loop, std::move(asked));
    self->stream_ = request.exchange->stream(std::move(head), net::StreamEnd::told);
    if (!self->stream_) return;
    const auto end = [weak = std::weak_ptr(self)] {
      if (const auto alive = weak.lock()) alive->end();
    };
    self->stream_->onClosed(end);
    // The stream holds what reads for it.
    self->stream_->onDrained([self] { self->drained(); });
    self->session_ = context.session_closer.keep(
        loop, *request.session, [end](SessionCloser::Why) { end(); },
        [&context, session = *request.session] { return context.identity.may(&session, Permission::administer); });
    self->ask();
  }
  Export(identity::Audit& audit, net::Loop& loop, Asked asked)
      : audit_(audit), loop_(loop), query_(std::move(asked.query)), left_(asked.limit) {
    query_.oldest_first = true;
  }

 private:
  void ask() {
    asked_ = true;
    query_.limit = static_cast<std::size_t>(std::min<std::int64_t>(left_.value_or(kRowsAtOnce), kRowsAtOnce));
    audit_.find(query_, [self = shared_from_this()](Result<std::vector<identity::AuditRow>> rows) {
      self->loop_.post([self, rows = std::move(rows)] { self->take(rows); });
    });
  }
  void take(const Result<std::vector<identity::AuditRow>>& rows) {
    asked_ = false;
    if (!stream_) return;
    std::string lines;
    if (rows)
      for (const identity::AuditRow& row : *rows) lines += identity::toJson(row) + "\n";
    else  // too late for another status: the last line says why there are no more
      lines = "{\"error\":" + json::quote(rows.error().message) + "}\n";
    const std::size_t count = rows ? rows->size() : 0;
    if (!lines.empty()) ready_ = shareBytes(std::move(lines));
    if (left_) *left_ -= static_cast<std::int64_t>(count);
    at_end_ = count < query_.limit || (left_ && *left_ <= 0);
    if (count > 0) query_.after_seq = rows->back().seq;
    if (stream_->queuedBytes() == 0) drained();
  }
  // Nothing waits to be sent: of the answer's head, or of the page before.
  void drained() {
    if (!stream_ || asked_) return;
    if (ready_) {
      if (!stream_->send(std::exchange(ready_, nullptr), net::SendClass::control)) end();
    } else if (at_end_) {
      finish();
    } else {
      ask();
    }
  }
  void finish() {
    session_.reset();
    if (const auto stream = std::move(stream_)) stream->finish();
  }
  // Of the session or its right, the hub or the connection: whoever reads learns that entries are missing.
  void end() {
    session_.reset();
    if (const auto stream = std::move(stream_)) stream->close();
  }

  identity::Audit& audit_;
  net::Loop& loop_;
  identity::AuditQuery query_;
  std::optional<std::int64_t> left_;
  bool asked_ = false, at_end_ = false;
  SharedBytes ready_;                        // a page that was read; null: none
  std::shared_ptr<net::HttpStream> stream_;  // null: over
  std::shared_ptr<void> session_;
};

void exportEntries(Context& context, const Request& request) {
  auto asked = readQuery(request.exchange->head());
  if (!asked) return request.answer(asked.error());
  Export::begin(context, request, std::move(*asked));
}

}  // namespace

void addAuditRoutes(Router& router, Context& context) {
  router.add<Permission::administer>("GET", "/api/v1/audit", "What was done by whom, newest first, page by page.",
                                     [&context](Request request) { listEntries(context, request); });
  router.add<Permission::administer>("GET", "/api/v1/audit.ndjson", "The same choice, oldest first, an entry a line.",
                                     [&context](Request request) { exportEntries(context, request); });
  router.add<Permission::administer>("GET", "/api/v1/audit/verify", "Whether the audit's chain is whole.",
                                     [&context](Request request) { verify(context, request); });
}

}  // namespace robohub::api

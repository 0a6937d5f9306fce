// What devices have measured: in as many points as a chart has room for, as a file, and the newest.
#include <charconv>

#include "api/file_answer.hpp"
#include "api/routes.hpp"
#include "api/session_closer.hpp"
#include "telemetry/history.hpp"

namespace robohub::api {

namespace {

using Device = std::shared_ptr<live::LiveDevice>;
using Places = std::shared_ptr<FilePlaces>;
// Whoever has a place never finds the history's queue full, so no file that has begun is cut short by others.
static_assert(FilePlaces::kAll <= telemetry::History::kMostWaiting);

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kLatestMs = 4'102'444'800'000;  // 2100
constexpr std::size_t kDefaultPoints = 500, kMostPoints = 5000;
constexpr std::size_t kNearlySent = 64 * 1024;
constexpr Duration kLookAgain = std::chrono::milliseconds(20);

Error noHistory() {
  return {ErrorCode::unavailable, "This hub keeps no history (telemetry.enabled).", ""};
}

std::shared_ptr<void> placeFor(const Request& request, const Places& places) {
  return FilePlaces::take(places, request.person(), request.exchange->head().peer.host());
}

Status readNumber(const net::HttpHead& head, const std::string& name, std::int64_t least, std::int64_t most,
                  std::int64_t& out) {
  const auto text = head.queryParam(name);
  if (!text || text->empty()) return {};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < least || value > most)
    return fail(ErrorCode::invalid_argument,
                name + " must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".",
                "/" + name);
  out = value;
  return {};
}

Result<telemetry::Query> readQuery(const Context& context, const net::HttpHead& head, const DeviceId& device) {
  telemetry::Query query;
  query.device = device;
  query.channel = head.queryParam("channel").value_or("");
  if (!query.channel.empty() && !isPlainName(query.channel))
    return fail(ErrorCode::invalid_argument, "This is no name of a channel.", "/channel");
  // One more, so that a value of this very moment is in it.
  query.to_ms = toMs(context.clock.wall()) + 1;
  std::int64_t points = kDefaultPoints;
  if (Status read = readNumber(head, "to", 1, kLatestMs, query.to_ms); !read) return fail(read.error());
  query.from_ms = std::max<std::int64_t>(query.to_ms - kHourMs, 0);
  if (Status read = readNumber(head, "from", 0, kLatestMs, query.from_ms); !read) return fail(read.error());
  if (Status read = readNumber(head, "points", 1, kMostPoints, points); !read) return fail(read.error());
  if (query.to_ms <= query.from_ms) return fail(ErrorCode::invalid_argument, "`to` must be later than `from`.", "/to");
  query.points = static_cast<std::size_t>(points);
  return query;
}

void answerHistory(const Context& context, const Request& request, const Device& device, const Places& questions) {
  if (!context.history) return request.answer(noHistory());
  auto query = readQuery(context, request.exchange->head(), device->id());
  if (!query) return request.answer(query.error());
  // Given back when the answer has left: it may have some megabytes.
  auto place = placeFor(request, questions);
  if (!place)
    return request.answer(
        Error{ErrorCode::exhausted, "Too many questions to the history wait; try again in a moment.", ""});
  context.history->ask(std::move(*query), [request, place = std::move(place)](const Result<telemetry::Answer>& answer) {
    if (!answer) return request.answer(answer.error());
    auto response = net::HttpResponse::json(200, telemetry::toJson(*answer));
    response.held = place;
    request.answer(std::move(response));
  });
}

void answerLatest(const Request& request, const Device& device) {
  live::LiveDevices::on(device,
                        [request](const live::LiveDevice& live) { request.answerJson(200, live.latestJson()); });
}

// The file, piece by piece: the next one is read when the one before has nearly left, so that neither a slow reader nor
// months of values hold memory, a loop or a transaction. [loop]
class Download : public std::enable_shared_from_this<Download> {
 public:
  static void begin(const Context& context, const Request& request, const Device& device,
                    std::shared_ptr<telemetry::Export> file, std::shared_ptr<void> place, net::HttpResponse head) {
    net::Loop& loop = request.exchange->loop();
    auto self = std::make_shared<Download>(loop, std::move(file), std::move(place));
    self->stream_ = request.exchange->stream(std::move(head), net::StreamEnd::told);
    if (!self->stream_) return;
    const auto end = [weak = std::weak_ptr(self)] {
      if (const auto alive = weak.lock()) alive->end();
    };
    self->stream_->onClosed(end);
    self->session_ = context.session_closer.keep(
        loop, *request.session, [end](SessionCloser::Why) { end(); },
        [&context, session = *request.session, id = device->id()] {
          const auto read = context.devices.find(id);
          const identity::Place its = read ? read->place() : identity::Place();
          return read && context.identity.may(&session, Permission::watch, &its);
        });
    self->ask();
  }
  Download(net::Loop& loop, std::shared_ptr<telemetry::Export> file, std::shared_ptr<void> place)
      : loop_(loop), place_(std::move(place)), file_(std::move(file)) {}

 private:
  void ask() {
    file_->next([self = shared_from_this()](Result<telemetry::Export::Piece> piece) {
      self->loop_.post([self, piece = std::move(piece)] { self->take(piece); });
    });
  }
  void take(const Result<telemetry::Export::Piece>& piece) {
    if (!stream_) return;
    // Too late for another status; a file that is cut short must not look whole, so its last line says why.
    const std::string text = piece ? piece->text : "{\"error\":" + json::quote(piece.error().message) + "}\n";
    last_ = !piece || piece->last;
    if (!text.empty() && !stream_->send(shareBytes(text), net::SendClass::control)) return end();
    goOn();
  }
  void goOn() {
    if (!stream_) return;
    if (stream_->queuedBytes() > (last_ ? 0 : kNearlySent)) {
      loop_.after(kLookAgain, [self = shared_from_this()] { self->goOn(); });
    } else if (last_) {
      finish();
    } else {
      ask();
    }
  }
  void finish() {
    session_.reset();
    if (const auto stream = std::move(stream_)) stream->finish();
  }
  // Of the session or its right, the hub or the connection: whoever reads learns that values are missing.
  void end() {
    session_.reset();
    if (const auto stream = std::move(stream_)) stream->close();
  }

  net::Loop& loop_;
  const std::shared_ptr<void> place_;  // until the last piece that it asked for has come
  const std::shared_ptr<telemetry::Export> file_;
  bool last_ = false;
  std::shared_ptr<net::HttpStream> stream_;  // null: over
  std::shared_ptr<void> session_;
};

Result<std::optional<telemetry::Level>> readStep(const net::HttpHead& head) {
  using telemetry::Level;
  const std::string step = head.queryParam("step").value_or("");
  if (step.empty()) return std::optional<Level>();
  for (const auto& [name, level] : {std::pair{"raw", Level::raw}, std::pair{"1m", Level::minute},
                                    std::pair{"10m", Level::ten_minutes}, std::pair{"1h", Level::hour}})
    if (step == name) return std::optional(level);
  return fail(ErrorCode::invalid_argument, "A step is raw, 1m, 10m or 1h.", "/step");
}

void exportHistory(const Context& context, const Request& request, const Device& device, telemetry::Format format,
                   const Places& files) {
  if (!context.history) return request.answer(noHistory());
  const net::HttpHead& asked = request.exchange->head();
  auto query = readQuery(context, asked, device->id());
  if (!query) return request.answer(query.error());
  const auto level = readStep(asked);
  if (!level) return request.answer(level.error());
  auto place = placeFor(request, files);
  if (!place)
    return request.answer(
        Error{ErrorCode::exhausted, "Too many files of the history are on their way; try again in a moment.", ""});
  auto file = context.history->beginExport({std::move(*query), *level, format});
  if (!file) return request.answer(file.error());
  const bool csv = format == telemetry::Format::csv;
  net::HttpResponse head;
  head.content_type = csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("Content-Disposition",
                   "attachment; filename=\"" + device->id().str() + (csv ? ".csv\"" : ".ndjson\""));
  addSecurityHeaders(head);
  Download::begin(context, request, device, std::move(*file), std::move(place), std::move(head));
}

void eraseHistory(const Context& context, const Request& request, const Device& device) {
  if (!context.history) return request.answer(noHistory());
  context.history->erase(device->id(), [&context, request, id = device->id().str()](const Status& done) {
    context.audit.note({request.actor(), "telemetry.erase", "device:" + id,
                        done ? identity::Outcome::ok : identity::Outcome::failed, "{}"});
    if (!done) return request.answer(done.error());
    net::HttpResponse response;
    response.status = 204;
    request.answer(std::move(response));
  });
}

}  // namespace

void addTelemetryRoutes(Router& router, Context& context) {
  const auto questions = std::make_shared<FilePlaces>(), files = std::make_shared<FilePlaces>();
  router.addDevice<Permission::watch>("GET", "/api/v1/devices/{id}/telemetry",
                                      "What the device has measured, in at most so many points a series.",
                                      [&context, questions](const Request& request, const Device& device) {
                                        answerHistory(context, request, device, questions);
                                      });
  router
      .addDevice<Permission::watch>("GET", "/api/v1/devices/{id}/telemetry.csv",
                                    "What is kept of that span, as a table.",
                                    [&context, files](const Request& request, const Device& device) {
                                      exportHistory(context, request, device, telemetry::Format::csv, files);
                                    })
      .takes_ticket = true;
  router
      .addDevice<Permission::watch>("GET", "/api/v1/devices/{id}/telemetry.ndjson", "The same, an object a line.",
                                    [&context, files](const Request& request, const Device& device) {
                                      exportHistory(context, request, device, telemetry::Format::ndjson, files);
                                    })
      .takes_ticket = true;
  router.addDevice<Permission::watch>(
      "GET", "/api/v1/devices/{id}/telemetry/latest", "The newest value of each channel.",
      [](const Request& request, const Device& device) { answerLatest(request, device); });
  router.addDevice<Permission::administer>(
      "DELETE", "/api/v1/devices/{id}/telemetry", "Removes all that is kept of what the device has measured.",
      [&context](const Request& request, const Device& device) { eraseHistory(context, request, device); });
}

}  // namespace robohub::api

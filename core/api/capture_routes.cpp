// Captures: list, watch, download, delete; recordings and snapshots of live streams.
#include <charconv>
#include <set>

#include "api/file_answer.hpp"
#include "api/request_pace.hpp"
#include "api/routes.hpp"
#include "media/captures.hpp"
#include "media/picture_stream.hpp"
#include "media/recorder.hpp"

namespace robohub::api {

namespace {

constexpr Duration kPictureWithin = std::chrono::seconds(3);

Result<std::optional<std::int64_t>> wholeNumber(const net::HttpHead& head, const char* name, std::int64_t most) {
  const auto text = head.queryParam(name);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < 0 || value > most)
    return fail(ErrorCode::invalid_argument,
                std::string(name) + " must be a whole number from 0 to " + std::to_string(most) + ".");
  return value;
}

Result<media::CaptureQuery> queryOf(const net::HttpHead& head) {
  constexpr std::int64_t kAny = 1LL << 53;
  constexpr std::int64_t kMost = 200, kUsual = 50;
  media::CaptureQuery query;
  query.device = head.queryParam("device").value_or("");
  query.trigger = head.queryParam("trigger").value_or("");
  const auto from = wholeNumber(head, "from", kAny), to = wholeNumber(head, "to", kAny),
             before = wholeNumber(head, "before", kAny), limit = wholeNumber(head, "limit", kMost);
  for (const auto* each : {&from, &to, &before, &limit})
    if (!*each) return fail(each->error());
  query.from_ms = *from;
  query.to_ms = *to;
  query.before = *before;
  query.limit = static_cast<std::size_t>(std::max<std::int64_t>(limit->value_or(kUsual), 1));
  return query;
}

// A search through all captures, a piece at a time: it takes milliseconds where little is found, and whoever else is on
// the loop comes between. [loop]
class Listing : public std::enable_shared_from_this<Listing> {
 public:
  Listing(const Context& context, Request request, media::CaptureQuery query)
      : captures_(*context.captures), request_(std::move(request)), query_(std::move(query)), limit_(query_.limit) {
    query_.looks = kLooks;
    // Asked once for each device, not for each capture, and before the list is held.
    for (const auto all = context.devices.all(); const auto& [id, device] : *all)
      if (context.identity.may(&*request_.session, Permission::watch, device->placeNow().get())) seen_.insert(id);
  }

  void goOn() {
    query_.limit = limit_ + 1 - found_.size();  // one more tells whether there is a next page
    const auto piece =
        captures_.list(query_, [this](const media::Capture& capture) { return seen_.contains(capture.device); });
    found_.insert(found_.end(), piece.captures.begin(), piece.captures.end());
    if (!piece.goes_on) return answer();
    query_.before = piece.goes_on;
    if (!request_.exchange->gone()) request_.exchange->loop().post([self = shared_from_this()] { self->goOn(); });
  }

 private:
  static constexpr std::size_t kLooks = 2000;

  void answer() {
    const bool more = found_.size() > limit_;
    if (more) found_.resize(limit_);
    std::string body = "{\"captures\":[";
    for (std::size_t i = 0; i < found_.size(); ++i) body += (i ? "," : "") + media::captureJson(*found_[i]);
    request_.answerJson(
        200, body + "],\"next_before\":" + (more ? std::to_string(found_.back()->id) : std::string("null")) + "}");
  }

  const media::Captures& captures_;
  const Request request_;
  media::CaptureQuery query_;
  const std::size_t limit_;
  std::set<DeviceId> seen_;
  std::vector<media::CapturePtr> found_;
};

void listCaptures(const Context& context, const Request& request, RequestPace& pace) {
  auto query = queryOf(request.exchange->head());
  if (!query) return request.answer(query.error());
  if (!pace.take(request.person(), request.exchange->head().peer.host(), context.clock.now()))
    return request.answer(tooManyLists());
  std::make_shared<Listing>(context, request, std::move(*query))->goOn();
}

void showCapture(const Context& context, const Request& request, const media::CapturePtr& capture) {
  context.captures->segments(capture->id, [request, capture](const Result<std::vector<media::CaptureSegment>>& list) {
    if (!list) return request.answer(list.error());
    request.answerJson(200, media::captureJson(*capture, *list));
  });
}

void sendFile(Context& context, const Request& request, const media::CapturePtr& capture, media::Captures::File which,
              const std::shared_ptr<FilePlaces>& places) {
  auto place = FilePlaces::take(places, request.person(), request.exchange->head().peer.host());
  if (!place)
    return request.answer(
        Error{ErrorCode::exhausted, "Too many videos and pictures are on their way; try again in a moment.", ""});
  const bool video = which == media::Captures::File::video;
  const bool download = request.exchange->head().queryParam("download").value_or("") == "1";
  context.captures->file(
      capture->id, which,
      [&context, request, place, video, download, device = capture->device](const Result<media::CaptureFile>& file) {
        if (!file) return request.answer(file.error());
        if (file->bytes == 0) return request.answer(Error{ErrorCode::corrupt, "The file is empty.", ""});
        answerFile(context, request, {*file, video ? "video/mp4" : "image/jpeg", download, place}, device);
      });
}

void eraseCapture(Context& context, const Request& request, const media::CapturePtr& capture) {
  context.recorder->end(capture->id);
  context.captures->erase(capture->id, request.actor(), [request](const Status& status) {
    if (!status) return request.answer(status.error());
    request.answer(net::HttpResponse::empty(204));
  });
}

void answerNew(const Request& request, const Result<media::CapturePtr>& capture) {
  if (!capture) return request.answer(capture.error());
  request.answerJson(201, media::captureJson(**capture));
}

std::shared_ptr<media::PictureStream> streamOf(const Request& request, const live::LiveDevice& device,
                                               const std::string& name, const char* where) {
  auto stream = device.stream(name);
  if (!stream)
    request.answer(
        Error{ErrorCode::not_found, "The device " + device.id().str() + " has no stream \"" + name + "\".", where});
  return stream;
}

void record(Context& context, const Request& request, const live::LiveDevice& device) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto name = json::getString(**body, "stream");
  if (!name) return request.answer(name.error());
  const auto for_ms = json::getInt(**body, "for_ms");
  if (!for_ms) return request.answer(for_ms.error());
  constexpr std::int64_t kLongestMs = 3'600'000;
  if (*for_ms < 1000 || *for_ms > kLongestMs)
    return request.answer(Error{ErrorCode::invalid_argument, "A recording lasts from a second to an hour.", "/for_ms"});
  const auto stream = streamOf(request, device, *name, "/stream");
  if (!stream) return;
  context.recorder->begin({device.id(), *name, stream, std::chrono::milliseconds(*for_ms), request.actor()},
                          [request](const Result<media::CapturePtr>& capture) { answerNew(request, capture); });
}

void endRecording(const Context& context, const Request& request, const media::CapturePtr& capture) {
  if (!context.recorder->end(capture->id) && capture->state == media::CaptureState::open) {
    const char* why = capture->trigger == "record"
                          ? "This recording has ended; it is kept once the hub's disk takes it."
                          : "This is no recording of the hub: its device ends it.";
    return request.answer(Error{ErrorCode::conflict, why, ""});
  }
  const auto now = context.captures->find(capture->id);
  request.answerJson(200, media::captureJson(now ? *now : *capture));
}

void snapshot(Context& context, const Request& request, const live::LiveDevice& device, RequestPace& pace) {
  if (auto banned = context.bans.refusal(request.person().id, device.id().str())) return request.answer(*banned);
  const std::string name = request.exchange->head().queryParam("stream").value_or("main");
  const auto stream = streamOf(request, device, name, "");
  if (!stream) return;
  if (!pace.take(request.person(), request.exchange->head().peer.host(), context.clock.now()))
    return request.answer(
        Error{ErrorCode::exhausted, "Too many pictures were kept one after another; try again in a moment.", ""});
  stream->awaitPicture(
      request.exchange->loop(), kPictureWithin,
      [&context, request, id = device.id()](const media::PicturePtr& picture) {
        if (!picture)
          return request.answer(
              Error{ErrorCode::unavailable, "There is no picture: the camera is off or the device offline.", ""});
        context.captures->keepStill(id, picture, request.actor(), [request](const Result<media::CapturePtr>& capture) {
          answerNew(request, capture);
        });
      });
}

}  // namespace

void addCaptureRoutes(Router& router, Context& context) {
  using Device = std::shared_ptr<live::LiveDevice>;
  using media::CapturePtr;
  const auto places = std::make_shared<FilePlaces>(),
             pictures = std::make_shared<FilePlaces>(FilePlaces::kPicturesOfPerson);
  const auto pace = std::make_shared<RequestPace>(RequestPace::kSnapshots),
             lists = std::make_shared<RequestPace>(RequestPace::kLists);
  router.add<Permission::signed_in>(
      "GET", "/api/v1/captures", "Captures of the devices that you may watch.",
      [&context, lists](const Request& request) { listCaptures(context, request, *lists); });
  router.addCapture<Permission::watch>(
      "GET", "/api/v1/captures/{id}", "One capture with its segments.",
      [&context](const Request& request, const CapturePtr& capture) { showCapture(context, request, capture); });
  router
      .addCapture<Permission::watch>("GET", "/api/v1/captures/{id}/video.mp4",
                                     "The video; single byte ranges are answered.",
                                     [&context, places](const Request& request, const CapturePtr& capture) {
                                       sendFile(context, request, capture, media::Captures::File::video, places);
                                     })
      .takes_ticket = true;
  router
      .addCapture<Permission::watch>("GET", "/api/v1/captures/{id}/still.jpg", "A picture of it.",
                                     [&context, pictures](const Request& request, const CapturePtr& capture) {
                                       sendFile(context, request, capture, media::Captures::File::still, pictures);
                                     })
      .takes_ticket = true;
  router.addCapture<Permission::moderate>(
      "DELETE", "/api/v1/captures/{id}", "Deletes a capture with its files.",
      [&context](const Request& request, const CapturePtr& capture) { eraseCapture(context, request, capture); });
  router.addCapture<Permission::moderate>(
      "POST", "/api/v1/captures/{id}/end", "Ends a recording before its time.",
      [&context](const Request& request, const CapturePtr& capture) { endRecording(context, request, capture); });
  router.addDevice<Permission::moderate>(
      "POST", "/api/v1/devices/{id}/captures", "Records a live stream.",
      [&context](const Request& request, const Device& device) { record(context, request, *device); });
  router.addDevice<Permission::play>(
      "POST", "/api/v1/devices/{id}/snapshot", "Keeps the newest picture.",
      [&context, pace](const Request& request, const Device& device) { snapshot(context, request, *device, *pace); });
}

}  // namespace robohub::api

// Live pictures: MJPEG for as long as somebody watches, and stills. Live sound: WAV for as long as somebody listens.
#include "api/long_answer.hpp"
#include "api/routes.hpp"
#include "api/session_closer.hpp"
#include "media/picture_stream.hpp"
#include "media/sound_stream.hpp"

namespace robohub::api {

namespace {

constexpr Duration kStillWithin = std::chrono::seconds(3);

void answerNoStream(const Request& request, const live::LiveDevice& device, std::string_view name) {
  request.answer(Error{ErrorCode::not_found,
                       "The device " + device.id().str() + " has no stream \"" + std::string(name) + "\".", ""});
}

// What "<name>.mjpeg" or "<name>.jpg" of the path asks for.
std::shared_ptr<media::PictureStream> streamOf(const Request& request, const live::LiveDevice& device,
                                               std::string_view name) {
  auto stream = device.stream(name);
  if (!stream) answerNoStream(request, device, name);
  return stream;
}

std::shared_ptr<net::HttpStream> beginStream(const Request& request, std::string_view content_type) {
  net::HttpResponse head;
  head.content_type = content_type;
  head.headers.set("Cache-Control", "no-store");
  addSecurityHeaders(head);
  return request.exchange->stream(std::move(head));
}

// Whether the session still may watch the device, as of now.
auto stillMay(const Context& context, const Request& request, const live::LiveDevice& device) {
  return [&context, session = *request.session, weak = device.weak_from_this()] {
    const auto watched = weak.lock();
    const identity::Place place = watched ? watched->place() : identity::Place();
    return watched && context.identity.may(&session, Permission::watch, &place);
  };
}

auto closing(std::weak_ptr<media::LiveStream> stream, std::weak_ptr<net::HttpStream> follower, net::Loop& loop) {
  return [stream = std::move(stream), follower = std::move(follower), &loop](SessionCloser::Why) {
    const auto source = stream.lock();
    const auto alive = follower.lock();
    if (source && alive) source->close(*alive, loop);
  };
}

void watchStream(const Context& context, const Request& request, const live::LiveDevice& device,
                 std::string_view name) {
  const auto stream = streamOf(request, device, name);
  if (!stream) return;
  net::Loop& loop = request.exchange->loop();
  const auto viewer = beginStream(request, media::mjpegContentType());
  if (!viewer) return;
  stream->addViewer(viewer, loop,
                    context.session_closer.keep(loop, *request.session, closing(stream, viewer, loop),
                                                stillMay(context, request, device)));
}

void listen(const Context& context, const Request& request, const live::LiveDevice& device, std::string_view name) {
  const auto stream = device.sound(name);
  if (!stream) return answerNoStream(request, device, name);
  net::Loop& loop = request.exchange->loop();
  const auto listener = beginStream(request, media::wavContentType());
  if (!listener) return;
  stream->addListener(listener, loop,
                      context.session_closer.keep(loop, *request.session, closing(stream, listener, loop),
                                                  stillMay(context, request, device)));
}

void answerStill(const Request& request, const media::PicturePtr& picture, const std::shared_ptr<FilePlaces>& places) {
  if (!picture)
    return request.answer(
        Error{ErrorCode::unavailable, "There is no picture: the camera is off or the device offline.", ""});
  net::HttpResponse response;
  response.content_type = "image/jpeg";
  response.body = picture->still();
  answerLong(request, std::move(response), places);
}

void still(const Request& request, const live::LiveDevice& device, std::string_view name,
           const std::shared_ptr<FilePlaces>& places) {
  const auto stream = streamOf(request, device, name);
  if (!stream) return;
  stream->awaitPicture(request.exchange->loop(), kStillWithin,
                       [request, places](const media::PicturePtr& picture) { answerStill(request, picture, places); });
}

}  // namespace

void addStreamRoutes(Router& router, Context& context) {
  const auto places = std::make_shared<FilePlaces>(FilePlaces::kPicturesOfPerson);
  router
      .addDevice<Permission::watch>(
          "GET", "/api/v1/devices/{id}/streams/{file}",
          "Live pictures: NAME.mjpeg, or NAME.jpg for a still; live sound: NAME.wav, without an end.",
          [&context, places](Request request, const std::shared_ptr<live::LiveDevice>& device) {
            const std::string_view file = request.params[1];
            if (file.ends_with(".mjpeg"))
              return watchStream(context, request, *device, file.substr(0, file.size() - 6));
            if (file.ends_with(".jpg")) return still(request, *device, file.substr(0, file.size() - 4), places);
            if (file.ends_with(".wav")) return listen(context, request, *device, file.substr(0, file.size() - 4));
            request.answer(
                Error{ErrorCode::not_found, "A stream is asked for as NAME.mjpeg, NAME.jpg or NAME.wav.", ""});
          })
      .takes_ticket = true;
}

}  // namespace robohub::api

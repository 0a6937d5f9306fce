// The list of devices, one device, and commands of programs.
#include <algorithm>
#include <charconv>

#include "api/long_answer.hpp"
#include "api/request_pace.hpp"
#include "api/routes.hpp"

namespace robohub::api {

namespace {

void listDevices(const Context& context, const Request& request, RequestPace& pace,
                 const std::shared_ptr<FilePlaces>& places) {
  if (!pace.take(request.person(), request.exchange->head().peer.host(), context.clock.now()))
    return request.answer(tooManyLists());
  std::string body = "{\"devices\":[";
  bool first = true;
  const MonoTime now = context.clock.now();
  for (const auto all = context.devices.all(); const auto& [id, device] : *all) {
    if (!context.identity.may(&*request.session, Permission::watch, device->placeNow().get())) continue;
    body += (first ? "" : ",") + live::deviceJson(*device->view(), now);
    first = false;
  }
  answerLong(request, net::HttpResponse::json(200, body + "]}"), places);
}

void showDevice(const Context& context, const Request& request, const live::LiveDevice& device) {
  const auto view = device.view();
  std::string body = live::deviceJson(*view, context.clock.now());
  body.back() = ',';
  body += "\"type_info\":" + (view->type_info_json.empty() ? std::string("null") : view->type_info_json) +
          ",\"can\":" + canJson(context, &*request.session, device.placeNow().get()) + "}";
  request.answerJson(200, std::move(body));
}

Result<std::int64_t> waitMs(const net::HttpHead& head) {
  const auto text = head.queryParam("wait_ms");
  if (!text) return 2000;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < 0 || value > 30000)
    return fail(ErrorCode::invalid_argument, "wait_ms must be a whole number from 0 to 30000.");
  return value;
}

// The turn that a program means, where it says so: a request that comes late, or again, then moves nothing in another.
Result<Epoch> statedEpoch(const net::HttpHead& head) {
  const std::string_view text = head.headers.get("Robohub-Epoch");
  Epoch value = 0;
  if (text.empty()) return value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value >= Epoch(1) << 62)
    return fail(ErrorCode::invalid_argument, "Robohub-Epoch is the number of a turn.");
  return value;
}

void command(const Request& request, const std::shared_ptr<live::LiveDevice>& device) {
  const auto params = request.body();
  if (!params) return request.answer(params.error());
  const auto wait = waitMs(request.exchange->head());
  if (!wait) return request.answer(wait.error());
  live::CommandCall call;
  call.name = request.params[1];
  call.params = *params;
  call.key = std::string(request.exchange->head().headers.get("Idempotency-Key"));
  call.from_program = true;
  const auto epoch = statedEpoch(request.exchange->head());
  if (!epoch) return request.answer(epoch.error());
  call.epoch = *epoch;
  const bool printable =
      std::all_of(call.key.begin(), call.key.end(), [](char each) { return each > ' ' && each < 0x7f; });
  if (call.key.size() > 64 || !printable)
    return request.answer(Error{ErrorCode::invalid_argument,
                                "An idempotency key has at most 64 characters of ASCII, and no spaces.", ""});
  live::LiveDevices::on(device, [request, call, wait = std::chrono::milliseconds(*wait)](live::LiveDevice& live) {
    auto answered = [request, &live](const control::CommandRecord& record) {
      if (record.state == control::CommandState::refused && record.error) {
        // Parameters are the whole body here, so a pointer into them is one into the body.
        Error error = *record.error;
        if (error.where.starts_with("/params")) error.where.erase(0, 7);
        return request.answer(error);
      }
      request.answerJson(control::isFinal(record.state) ? 200 : 202, "{" + live.commandJson(record) + "}");
    };
    live.command(request.person(), call, wait, answered);
  });
}

}  // namespace

void addDeviceRoutes(Router& router, Context& context) {
  using Device = std::shared_ptr<live::LiveDevice>;
  const auto lists = std::make_shared<RequestPace>(RequestPace::kLists);
  const auto places = std::make_shared<FilePlaces>();
  router.add<Permission::signed_in>(
      "GET", "/api/v1/devices", "The devices that you may watch.",
      [&context, lists, places](Request request) { listDevices(context, request, *lists, places); });
  router.addDevice<Permission::watch>(
      "GET", "/api/v1/devices/{id}", "One device with what its type declares.",
      [&context](Request request, const Device& device) { showDevice(context, request, *device); });
  router.addDevice<Permission::play>("POST", "/api/v1/devices/{id}/commands/{name}",
                                     "Sends a command and waits for its end.", command);
}

}  // namespace robohub::api

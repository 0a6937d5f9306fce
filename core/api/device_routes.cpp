// The list of devices, one device, enrolment and revocation, and commands of programs.
#include <algorithm>
#include <charconv>

#include "api/routes.hpp"
#include "device/agent_yaml.hpp"

namespace robohub::api {

namespace {

void listDevices(const Context& context, const Request& request) {
  std::string body = "{\"devices\":[";
  bool first = true;
  const MonoTime now = context.clock.now();
  for (const auto& [id, device] : *context.devices.all()) {
    const identity::Place place = device->place();
    if (!context.identity.may(&*request.session, Permission::watch, &place)) continue;
    body += (first ? "" : ",") + live::deviceJson(*device->view(), now);
    first = false;
  }
  request.answerJson(200, body + "]}");
}

void showDevice(const Context& context, const Request& request, const live::LiveDevice& device) {
  const auto view = device.view();
  std::string body = live::deviceJson(*view, context.clock.now());
  body.back() = ',';
  body += "\"type_info\":" + (view->type_info_json.empty() ? std::string("null") : view->type_info_json) + "}";
  request.answerJson(200, std::move(body));
}

void enrol(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto id_text = json::getString(**body, "id");
  if (!id_text) return request.answer(id_text.error());
  const auto id = DeviceId::parse(*id_text);
  if (!id) return request.answer(Error{id.error().code, id.error().message, "/id"});
  const auto type = json::getString(**body, "type");
  if (!type) return request.answer(type.error());
  if (!context.devices.services().catalogue.newest(*type)) {
    std::string known;
    for (const std::string& each : context.devices.services().catalogue.types())
      known += (known.empty() ? "" : ", ") + each;
    return request.answer(Error{ErrorCode::invalid_argument,
                                "No plugin for the device type \"" + *type + "\" is installed; there is " +
                                    (known.empty() ? "none at all" : known) + ".",
                                "/type"});
  }
  std::string name;
  if ((*body)->has("name")) {
    const auto given = json::getString(**body, "name");
    if (!given) return request.answer(given.error());
    name = *given;
  }
  const net::HttpHead& head = request.exchange->head();
  device::AgentYamlPlaces places;
  places.hub_url = head.peer.isLocal() ? context.own_url : head.scheme + "://" + std::string(head.host());
  if ((*body)->has("hub_url")) {
    const auto given = json::getString(**body, "hub_url");
    if (!given) return request.answer(given.error());
    places.hub_url = *given;
  }
  places.plugin_path = context.plugin_path;
  context.registry.enrol(*id, *type, name, [request, places](Result<device::Enrolment> enrolment) {
    if (!enrolment) return request.answer(enrolment.error());
    request.answerJson(201, "{\"id\":" + json::quote(enrolment->id.str()) + ",\"type\":" +
                                json::quote(enrolment->type) + ",\"claim_code\":" + json::quote(enrolment->claim_code) +
                                ",\"expires_at_ms\":" + std::to_string(toMs(enrolment->expires)) +
                                ",\"agent_yaml\":" + json::quote(device::agentYaml(*enrolment, places)) + "}");
  });
}

void revoke(Context& context, const Request& request, const live::LiveDevice& device) {
  context.registry.revoke(device.id(), [request](Status status) {
    if (!status) return request.answer(status.error());
    request.answer(net::HttpResponse::empty(204));
  });
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
  router.add<Permission::signed_in>("GET", "/api/v1/devices", "The devices that you may watch.",
                                    [&context](Request request) { listDevices(context, request); });
  router.addDevice<Permission::watch>(
      "GET", "/api/v1/devices/{id}", "One device with what its type declares.",
      [&context](Request request, const Device& device) { showDevice(context, request, *device); });
  router.add<Permission::administer>("POST", "/api/v1/devices",
                                     "Enrols a device: a one-time claim code and a ready agent.yaml.",
                                     [&context](Request request) { enrol(context, request); });
  router.addDevice<Permission::administer>(
      "DELETE", "/api/v1/devices/{id}", "Revokes a device: its key is void, its links are closed.",
      [&context](Request request, const Device& device) { revoke(context, request, *device); });
  router.addDevice<Permission::play>("POST", "/api/v1/devices/{id}/commands/{name}",
                                     "Sends a command and waits for its end.", command);
}

}  // namespace robohub::api

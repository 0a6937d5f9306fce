// What administrators do with devices: enrol, name, place, renew the claim code, revoke, see when they came and went.
#include "api/routes.hpp"
#include "device/agent_yaml.hpp"
#include "identity/names.hpp"

namespace robohub::api {

namespace {

using Device = std::shared_ptr<live::LiveDevice>;

device::AgentYamlPlaces placesOf(const Context& context, const net::HttpHead& head) {
  device::AgentYamlPlaces places;
  places.hub_url = head.peer.isLocal() ? context.own_url : head.scheme + "://" + std::string(head.host());
  places.plugin_path = context.plugin_path;
  places.fingerprint = context.own_fingerprint();
  return places;
}

void answerEnrolment(const Request& request, int status, const device::AgentYamlPlaces& places,
                     const Result<device::Enrolment>& enrolment) {
  if (!enrolment) return request.answer(enrolment.error());
  request.answerJson(status, "{\"id\":" + json::quote(enrolment->id.str()) +
                                 ",\"type\":" + json::quote(enrolment->type) +
                                 ",\"claim_code\":" + json::quote(enrolment->claim_code) +
                                 ",\"expires_at_ms\":" + std::to_string(toMs(enrolment->expires)) +
                                 ",\"agent_yaml\":" + json::quote(device::agentYaml(*enrolment, places)) + "}");
}

// A device that comes without our agent, under the id that it has here: there is no claim code.
void attach(Context& context, const Request& request, const json::Object& body, const DeviceId& id,
            const std::string& type, const std::string& name) {
  const auto text = json::getString(body, "link");
  if (!text) return request.answer(text.error());
  const auto link = device::linkNamed(*text);
  if (!link || *link != device::Link::cloudtalker)
    return request.answer(Error{ErrorCode::invalid_argument,
                                "Only \"cloudtalker\" can be said here: robots are accepted once they have come, and "
                                "MQTT devices stand in the configuration.",
                                "/link"});
  // Known by a certificate of somebody else's; without one, by those that this hub issues for the device.
  std::string foreign_id = id.str();
  const bool has_certificate = body.has("fingerprint");
  if (has_certificate) {
    const auto given = json::getString(body, "fingerprint");
    if (!given) return request.answer(given.error());
    const auto fingerprint = net::parseFingerprint(*given);
    if (!fingerprint)
      return request.answer(Error{fingerprint.error().code, fingerprint.error().message, "/fingerprint"});
    foreign_id = *fingerprint;
  }
  context.registry.attach(
      id, type, name, *link, foreign_id,
      [&context, request, id, type, link = *link, has_certificate](const Result<DeviceId>& attached) {
        if (!attached) return request.answer(attached.error());
        const auto say = context.instructions.find(link);
        const Instructions how = say == context.instructions.end() ? Instructions() : say->second(id, has_certificate);
        request.answerJson(201, "{\"id\":" + json::quote(id.str()) + ",\"type\":" + json::quote(type) + ",\"link\":\"" +
                                    device::toString(link) + "\",\"instructions\":" +
                                    json::quote(how.at_hub + (how.at_hub.empty() ? "" : "\n") + how.at_device) +
                                    ",\"start\":" + json::quote(how.at_device) + "}");
      },
      request.actor());
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
  if ((*body)->has("link")) return attach(context, request, **body, *id, *type, name);
  device::AgentYamlPlaces places = placesOf(context, request.exchange->head());
  if ((*body)->has("hub_url")) {
    const auto given = json::getString(**body, "hub_url");
    if (!given) return request.answer(given.error());
    places.hub_url = *given;
  }
  context.registry.enrol(
      *id, *type, name,
      [request, places](const Result<device::Enrolment>& enrolment) {
        answerEnrolment(request, 201, places, enrolment);
      },
      request.actor());
}

void renewCode(Context& context, const Request& request, const Device& device) {
  context.registry.renewCode(
      device->id(),
      [request, places = placesOf(context, request.exchange->head())](const Result<device::Enrolment>& enrolment) {
        answerEnrolment(request, 200, places, enrolment);
      },
      request.actor());
}

void revoke(Context& context, const Request& request, const Device& device) {
  context.registry.revoke(
      device->id(),
      [request](const Status& status) {
        if (!status) return request.answer(status.error());
        request.answer(net::HttpResponse::empty(204));
      },
      request.actor());
}

struct Wish {
  std::optional<std::string> name, room;
  std::optional<std::vector<std::string>> labels;
};

Result<Wish> readWish(const json::Object& body) {
  Wish wish;
  if (body.has("name")) {
    const auto name = json::getString(body, "name");
    if (!name) return fail(name.error());
    auto clean = identity::cleanName(*name, 64, "A device's name", "/name");
    if (!clean) return fail(clean.error());
    wish.name = std::move(*clean);
  }
  if (body.has("room")) {
    auto room = json::getString(body, "room");
    if (!room) return fail(room.error());
    wish.room = std::move(*room);
  }
  if (body.has("labels")) {
    const auto array = body.getArray("labels");
    if (!array) return fail(ErrorCode::invalid_argument, "\"labels\" must be a list of texts.", "/labels");
    wish.labels.emplace();
    for (unsigned i = 0; i < array->size(); ++i) {
      if (!array->get(i).isString())
        return fail(ErrorCode::invalid_argument, "A label must be a text.", "/labels/" + std::to_string(i));
      wish.labels->push_back(array->get(i).convert<std::string>());
    }
  }
  return wish;
}

void change(Context& context, const Request& request, const Device& device) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  auto wish = readWish(**body);
  if (!wish) return request.answer(wish.error());
  // Whoever may administer one device only would give rights on it to everybody whom a label concerns.
  if ((wish->labels || wish->room) && !context.identity.may(&*request.session, Permission::administer))
    return request.answer(Error{ErrorCode::permission_denied,
                                "Grants follow labels and rooms, so they need the right to administer the whole hub.",
                                wish->labels ? "/labels" : "/room"});
  const identity::Place place = device->place();
  // Behind what the change has posted to the device's loop: the answer shows it as it is now.
  auto answer = [request, device](const Status& status) {
    if (!status) return request.answer(status.error());
    live::LiveDevices::on(device, [request](live::LiveDevice& live) {
      const auto view = live.view();
      request.answerJson(200, live::deviceJson(*view, view->as_of));
    });
  };
  auto rename = [&context, device, answer, name = wish->name, actor = request.actor()](const Status& status) {
    if (!status || !name) return answer(status);
    context.registry.rename(device->id(), *name, answer, actor);
  };
  if (!wish->labels && !wish->room) return rename({});
  // The one that was checked above cannot fail but for the disk; this one can, so it comes first.
  context.registry.place(device->id(), wish->labels.value_or(place.labels), wish->room.value_or(place.room), rename,
                         request.actor());
}

std::string rowJson(const device::ConnectionRow& row) {
  return "{\"at_ms\":" + std::to_string(row.at_ms) + ",\"kind\":\"" + device::toString(row.kind) +
         "\",\"address\":" + json::quote(row.address) + ",\"agent\":" + json::quote(row.agent) +
         ",\"plugin\":" + json::quote(row.plugin) + ",\"reason\":" + json::quote(row.reason) +
         ",\"for_ms\":" + std::to_string(row.for_ms) + "}";
}

void connections(Context& context, const Request& request, const Device& device) {
  context.connections.read(device->id(), [request](const Result<std::vector<device::ConnectionRow>>& rows) {
    if (!rows) return request.answer(rows.error());
    std::string text;
    for (const device::ConnectionRow& row : *rows) text += (text.empty() ? "" : ",") + rowJson(row);
    request.answerJson(200, "{\"connections\":[" + text + "]}");
  });
}

}  // namespace

void addEnrolmentRoutes(Router& router, Context& context) {
  auto with = [&context](void (*function)(Context&, const Request&, const Device&)) {
    return [&context, function](const Request& request, const Device& device) { function(context, request, device); };
  };
  router.add<Permission::administer>("POST", "/api/v1/devices",
                                     "Enrols a device: a one-time claim code and a ready agent.yaml.",
                                     [&context](const Request& request) { enrol(context, request); });
  router.addDevice<Permission::administer>("DELETE", "/api/v1/devices/{id}",
                                           "Revokes a device: its key is void, its links are closed.", with(revoke));
  router.addDevice<Permission::administer>("PATCH", "/api/v1/devices/{id}", "Changes name, labels and room.",
                                           with(change));
  router.addDevice<Permission::administer>("POST", "/api/v1/devices/{id}/claim-code",
                                           "A new claim code for a device that nobody has claimed.", with(renewCode));
  router.addDevice<Permission::administer>("GET", "/api/v1/devices/{id}/connections",
                                           "When the device came and went, newest first.", with(connections));
}

}  // namespace robohub::api

// Devices of older kinds that have come and wait for an administrator.
#include "api/routes.hpp"
#include "gateway/pending.hpp"

namespace robohub::api {

namespace {

std::string pendingJson(const gateway::PendingDevice& device) {
  return std::string("{\"link\":\"") + device::toString(device.link) +
         "\",\"foreign_id\":" + json::quote(device.foreign_id) + ",\"name\":" + json::quote(device.name) +
         ",\"address\":" + json::quote(device.address) + ",\"since_ms\":" + std::to_string(device.since_ms) +
         ",\"type\":" + json::quote(device.type) + ",\"refused\":" + json::quote(device.refused) + "}";
}

void list(const Context& context, const Request& request) {
  std::string text;
  for (const auto& device : context.pending->all()) text += (text.empty() ? "" : ",") + pendingJson(device);
  request.answerJson(200, "{\"pending\":[" + text + "]}");
}

// What it calls itself may be anything, a slash or two dots too, which no path can hold: the query can.
Result<gateway::PendingDevice> named(const Context& context, const Request& request) {
  const auto link = device::linkNamed(request.params[0]);
  if (!link) return fail(ErrorCode::not_found, "No such device waits to be accepted.");
  if (request.params.size() > 1) return context.pending->find(*link, request.params[1]);
  const auto id = request.exchange->head().queryParam("id");
  if (!id) return fail(ErrorCode::invalid_argument, "Say which device it is: ?id=, what it calls itself.", "/id");
  return context.pending->find(*link, *id);
}

// Free now; somebody else may still be quicker, and is then told apart by the registry.
DeviceId freeId(const Context& context, const gateway::PendingDevice& device) {
  const DeviceId wanted =
      gateway::deviceIdOf(device.name.empty() ? "device-" : "", device.name.empty() ? device.foreign_id : device.name);
  if (!context.registry.find(wanted)) return wanted;
  for (int number = 2; number < 1000; ++number) {
    const auto next = DeviceId::parse(wanted.str() + "-" + std::to_string(number));
    if (next && !context.registry.find(*next)) return *next;
  }
  return wanted;
}

void accept(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto device = named(context, request);
  if (!device) return request.answer(device.error());
  if (!device->refused.empty()) return request.answer(Error{ErrorCode::conflict, device->refused, ""});
  DeviceId id = freeId(context, *device);
  if ((*body)->has("device")) {
    const auto text = json::getString(**body, "device");
    if (!text) return request.answer(text.error());
    const auto wanted = DeviceId::parse(*text);
    if (!wanted) return request.answer(Error{wanted.error().code, wanted.error().message, "/device"});
    id = *wanted;
  }
  std::string name = device->name;
  if ((*body)->has("name")) {
    const auto text = json::getString(**body, "name");
    if (!text) return request.answer(text.error());
    name = *text;
  }
  context.registry.attach(
      id, device->type, name, device->link, device->foreign_id,
      [&context, request, link = device->link, foreign_id = device->foreign_id](const Result<DeviceId>& attached) {
        if (!attached) return request.answer(attached.error());
        context.pending->accept(link, foreign_id, *attached);
        const auto live = context.devices.find(*attached);
        if (!live) return request.answer(Error{ErrorCode::not_found, "It was revoked again at once.", ""});
        request.answerJson(201, live::deviceJson(*live->view(), context.clock.now()));
      },
      request.actor());
}

void refuse(Context& context, const Request& request) {
  const auto device = named(context, request);
  if (!device) return request.answer(device.error());
  if (const Status done = context.pending->refuse(device->link, device->foreign_id); !done)
    return request.answer(done.error());
  context.audit.note({request.actor(), "device.refuse", std::string("pending:") + device::toString(device->link),
                      identity::Outcome::ok, "{\"foreign_id\":" + json::quote(device->foreign_id) + "}"});
  request.answer(net::HttpResponse::empty(204));
}

}  // namespace

void addPendingRoutes(Router& router, Context& context) {
  router.add<Permission::administer>("GET", "/api/v1/pending",
                                     "Devices of older kinds that have come and that nobody has accepted yet.",
                                     [&context](const Request& request) { list(context, request); });
  router.add<Permission::administer>("POST", "/api/v1/pending/{link}",
                                     "Accepts such a device; `id` of the query is what it calls itself.",
                                     [&context](const Request& request) { accept(context, request); });
  router.add<Permission::administer>("DELETE", "/api/v1/pending/{link}",
                                     "Refuses it for a day; `id` of the query is what it calls itself.",
                                     [&context](const Request& request) { refuse(context, request); });
  router.add<Permission::administer>("POST", "/api/v1/pending/{link}/{foreign_id}",
                                     "The same, where what it calls itself can stand in a path.",
                                     [&context](const Request& request) { accept(context, request); });
  router.add<Permission::administer>("DELETE", "/api/v1/pending/{link}/{foreign_id}",
                                     "The same, where what it calls itself can stand in a path.",
                                     [&context](const Request& request) { refuse(context, request); });
}

}  // namespace robohub::api

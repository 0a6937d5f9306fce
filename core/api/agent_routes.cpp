// How agents come in: the claim of an enrolled device, and the agent link.
#include "api/routes.hpp"

namespace robohub::api {

namespace {

void claim(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto code = json::getString(**body, "code");
  if (!code) return request.answer(code.error());
  const auto device = json::getString(**body, "device");
  if (!device) return request.answer(device.error());
  const auto id = DeviceId::parse(*device);
  if (!id) return request.answer(Error{id.error().code, id.error().message, "/device"});
  const auto key = json::getString(**body, "key");
  if (!key) return request.answer(key.error());
  const identity::Actor agent{"device:" + id->str(), "agent", request.actor().address};
  context.registry.claim(
      *code, *id, *key,
      [request, id = *id](const Result<std::string>& type) {
        if (!type) return request.answer(type.error());
        request.answerJson(200, "{\"device\":" + json::quote(id.str()) + ",\"type\":" + json::quote(*type) + "}");
      },
      agent);
}

}  // namespace

void addAgentRoutes(Router& router, Context& context) {
  // Both are public because an agent has no session: the code, and the key in the Authorization field, are checked
  // there.
  router.add<Permission::public_>("POST", "/api/v1/agent/claim",
                                  "An agent claims its enrolled device with the one-time code.",
                                  [&context](Request request) { claim(context, request); });
  router.add<Permission::public_>("GET", "/api/v1/agent", "The agent link (WebSocket, subprotocol robohub.agent.v1).",
                                  [&context](Request request) {
                                    if (const Status accepted = context.agents.accept(request.exchange); !accepted)
                                      request.answer(accepted.error());
                                  });
}

}  // namespace robohub::api

// Guests who may not come in, for a while: list, ban from the hub, lift.
#include <charconv>

#include "api/moderation.hpp"
#include "api/routes.hpp"

namespace robohub::api {

namespace {

void answerBans(const Request& request, const std::vector<identity::Ban>& bans) {
  std::string text;
  for (const identity::Ban& ban : bans) text += (text.empty() ? "" : ",") + identity::banJson(ban);
  request.answerJson(200, "{\"bans\":[" + text + "]}");
}

void banFromHub(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto person_text = json::getString(**body, "person");
  if (!person_text) return request.answer(person_text.error());
  const auto person = PersonId::parse(*person_text);
  if (!person) return request.answer(Error{person.error().code, person.error().message, "/person"});
  const auto for_ms = json::getInt(**body, "for_ms");
  if (!for_ms) return request.answer(for_ms.error());
  if (*for_ms < toMs(identity::Bans::kShortest) || *for_ms > toMs(identity::Bans::kLongest))
    return request.answer(Error{ErrorCode::invalid_argument, "A ban lasts from a second to 366 days.", "/for_ms"});
  std::string reason;
  if ((*body)->has("reason")) {
    const auto given = json::getString(**body, "reason");
    if (!given) return request.answer(given.error());
    reason = *given;
  }
  recallFromLines(context, *person);
  context.bans.add(*person, "", std::chrono::milliseconds(*for_ms), reason, request.actor(),
                   [&context, request](const Result<identity::Ban>& ban) {
                     if (!ban) return request.answer(ban.error());
                     enforce(context, *ban);
                     request.answerJson(201, identity::banJson(*ban));
                   });
}

// Whoever may not lift a ban is not told that it is there.
std::optional<identity::Ban> banFor(const Context& context, const Request& request) {
  const std::string& text = request.params[0];
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  auto ban = context.bans.find(id);
  if (!ban || context.identity.may(&*request.session, Permission::administer)) return ban;
  const auto device = ban->device.empty() ? nullptr : context.devices.find(ban->device);
  if (!device) return std::nullopt;
  return context.identity.may(&*request.session, Permission::moderate, device->placeNow().get()) ? ban : std::nullopt;
}

void lift(Context& context, const Request& request) {
  const auto ban = banFor(context, request);
  if (!ban) return request.answer(Error{ErrorCode::not_found, "There is no such ban in force.", ""});
  context.bans.lift(ban->id, request.actor(), [request](const Status& status) {
    if (!status) return request.answer(status.error());
    request.answer(net::HttpResponse::empty(204));
  });
}

}  // namespace

void addBanRoutes(Router& router, Context& context) {
  router.add<Permission::administer>("GET", "/api/v1/bans", "The bans in force, of the hub and of all devices.",
                                     [&context](const Request& request) { answerBans(request, context.bans.list()); });
  router.add<Permission::administer>("POST", "/api/v1/bans", "Bans a guest from the whole hub for a while.",
                                     [&context](const Request& request) { banFromHub(context, request); });
  router.add<Permission::signed_in>("DELETE", "/api/v1/bans/{id}", "Lifts a ban.",
                                    [&context](const Request& request) { lift(context, request); });
  router.addDevice<Permission::moderate>(
      "GET", "/api/v1/devices/{id}/bans", "The bans in force on this device.",
      [&context](const Request& request, const std::shared_ptr<live::LiveDevice>& device) {
        answerBans(request, context.bans.list(device->id().str()));
      });
}

}  // namespace robohub::api

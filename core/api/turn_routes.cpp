// The line of one device, for programs: see it, join it, leave it.
#include "api/moderation.hpp"
#include "api/routes.hpp"

namespace robohub::api {

namespace {

void answerTurn(const Request& request, const live::LiveDevice& device, const Clock& clock) {
  const MonoTime now = clock.now();
  std::string body = live::turnJson(device.turn(), now, now);
  body.back() = ',';
  request.answerJson(200, body + "\"you\":{" + live::youMembers(device.you(request.person().id)) + "}}");
}

void moderateTurn(Context& context, const Request& request, const std::shared_ptr<live::LiveDevice>& device) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto wish = readModeration(**body);
  if (!wish) return request.answer(wish.error());
  // `done` comes on the device's loop.
  moderate(context, device, {request.person(), request.actor().address, true}, *wish, {},
           [request, device, &context](const Status& done) {
             if (!done) return request.answer(done.error());
             answerTurn(request, *device, context.clock);
           });
}

}  // namespace

void addTurnRoutes(Router& router, Context& context) {
  using Device = std::shared_ptr<live::LiveDevice>;
  router.addDevice<Permission::watch>("GET", "/api/v1/devices/{id}/turn", "The line of the device.",
                                      [&context](Request request, const Device& device) {
                                        live::LiveDevices::on(device, [request, &context](live::LiveDevice& live) {
                                          live.touch(request.person().id);
                                          answerTurn(request, live, context.clock);
                                        });
                                      });
  router.addDevice<Permission::play>("POST", "/api/v1/devices/{id}/turn", "Joins the line.",
                                     [&context](Request request, const Device& device) {
                                       live::LiveDevices::on(device, [request, &context](live::LiveDevice& live) {
                                         if (const Status joined = live.join(request.person(), true); !joined)
                                           return request.answer(joined.error());
                                         answerTurn(request, live, context.clock);
                                       });
                                     });
  router.addDevice<Permission::play>("DELETE", "/api/v1/devices/{id}/turn", "Leaves the line, or gives the turn back.",
                                     [&context](Request request, const Device& device) {
                                       live::LiveDevices::on(device, [request, &context](live::LiveDevice& live) {
                                         live.leave(request.person().id);
                                         answerTurn(request, live, context.clock);
                                       });
                                     });
  router.addDevice<Permission::moderate>(
      "PUT", "/api/v1/devices/{id}/turn", "Skips, removes, holds, releases, takes over or bans.",
      [&context](Request request, const Device& device) { moderateTurn(context, request, device); });
}

}  // namespace robohub::api

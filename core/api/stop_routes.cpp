// Stop for one device and for all, and the end of a stop.

#include "api/routes.hpp"
#include "api/stop_reason.hpp"
#include "base/mutex.hpp"

namespace robohub::api {

namespace {

// A stop is not refused for what its body looks like.
std::string reasonOf(const Request& request) {
  const auto body = request.body();
  return body ? stopReason(**body) : std::string();
}

int statusOf(const control::StopView& stop) {
  return stop.state == control::StopState::confirmed ? 200 : 202;
}

using Device = std::shared_ptr<live::LiveDevice>;

void stopOne(const Request& request, const Device& device) {
  const std::string reason = reasonOf(request);
  live::LiveDevices::on(device, [request, reason](live::LiveDevice& live) {
    if (const Status pressed = live.pressStop(request.person(), reason); !pressed)
      return request.answer(pressed.error());
    request.answerJson(statusOf(live.stop()), live::stopJson(live.stop()));
  });
}

// The answers of all devices as they come in; the last one answers the request.
struct StopAll {
  Mutex mutex;
  std::string text RH_GUARDED_BY(mutex);
  std::size_t waiting RH_GUARDED_BY(mutex) = 0;
};

void stopAll(const Context& context, const Request& request) {
  const std::string reason = reasonOf(request);
  std::vector<Device> devices;
  for (const auto all = context.devices.all(); const auto& [id, device] : *all) {
    const identity::Place place = device->place();
    if (context.identity.may(&*request.session, Permission::stop, &place)) devices.push_back(device);
  }
  if (devices.empty()) return request.answerJson(200, "{\"devices\":[]}");
  auto all = std::make_shared<StopAll>();
  {
    Lock lock(all->mutex);
    all->waiting = devices.size();
  }
  for (const Device& device : devices)
    live::LiveDevices::on(device, [request, reason, all](live::LiveDevice& live) {
      (void)live.pressStop(request.person(), reason);
      const std::string one =
          "{\"id\":" + json::quote(live.id().str()) + ",\"stop\":" + live::stopJson(live.stop()) + "}";
      Lock lock(all->mutex);
      all->text += (all->text.empty() ? "" : ",") + one;
      if (--all->waiting > 0) return;
      const std::string text = "{\"devices\":[" + all->text + "]}";
      lock.unlock();
      request.answerJson(202, text);
    });
}

void reset(const Context& context, const Request& request, const Device& device) {
  const identity::Place place = device->place();
  const bool administrator = context.identity.may(&*request.session, Permission::administer, &place);
  live::LiveDevices::on(device, [request, administrator](live::LiveDevice& live) {
    if (const Status done = live.resetStop(request.person(), administrator); !done) return request.answer(done.error());
    request.answerJson(live.stop().state == control::StopState::none ? 200 : 202, live::stopJson(live.stop()));
  });
}

}  // namespace

void addStopRoutes(Router& router, Context& context) {
  router
      .add<Permission::signed_in>("POST", "/api/v1/stop", "Stops every device that you may stop.",
                                  [&context](Request request) { stopAll(context, request); })
      .takes_any_body = true;
  router
      .addDevice<Permission::stop>("POST", "/api/v1/devices/{id}/stop", "Stops the device; latched until it is reset.",
                                   stopOne)
      .takes_any_body = true;
  // Who may reset is the rules' decision: administrators; where nothing is hazardous the holder, or whoever may play if
  // nobody can hold it.
  router.addDevice<Permission::play>(
      "POST", "/api/v1/devices/{id}/stop/reset", "Ends a stop.",
      [&context](Request request, const Device& device) { reset(context, request, device); });
}

}  // namespace robohub::api

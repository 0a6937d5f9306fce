// The settings as they count, a text checked against them, and the file read again.
#include "api/routes.hpp"
#include "api/upkeep.hpp"

namespace robohub::api {

namespace {

Upkeep::Text answerTo(Request request) {
  return [request = std::move(request)](Result<std::string> text) {
    if (!text) return request.answer(text.error());
    request.answerJson(200, std::move(*text));
  };
}

}  // namespace

void addConfigRoutes(Router& router, Context& context) {
  router.add<Permission::administer>("GET", "/api/v1/config", "Every setting that counts, and where it comes from.",
                                     [&context](Request request) { context.upkeep->config(answerTo(request)); });
  router.add<Permission::administer>("POST", "/api/v1/config/check",
                                     "What a settings file would change; changes nothing.",
                                     [&context](Request request) {
                                       const auto body = request.body();
                                       if (!body) return request.answer(body.error());
                                       auto text = json::getString(**body, "text");
                                       if (!text) return request.answer(text.error());
                                       context.upkeep->checkConfig(std::move(*text), answerTo(request));
                                     });
  router.add<Permission::administer, Ask::confirmed>(
      "POST", "/api/v1/config/reload", "Reads the settings file again and applies it, all or nothing.",
      [&context](Request request) { context.upkeep->reload(request.actor(), answerTo(request)); });
}

}  // namespace robohub::api

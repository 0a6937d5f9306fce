// Whether the hub lives, whether it takes requests, and what an administrator should look after.
#include "api/routes.hpp"
#include "api/upkeep.hpp"

namespace robohub::api {

void addHealthRoutes(Router& router, Context& context) {
  const auto yesOrNo = [](const Request& request, bool yes, const char* no) {
    request.answer(yes ? net::HttpResponse::text(200, "ok\n") : net::HttpResponse::text(503, no));
  };
  router.add<Permission::public_>("GET", "/healthz", "Whether the hub runs.", [&context, yesOrNo](Request request) {
    yesOrNo(request, context.upkeep->alive(), "a loop does not answer\n");
  });
  router.add<Permission::public_>(
      "GET", "/readyz", "Whether the hub takes requests.", [&context, yesOrNo](Request request) {
        yesOrNo(request, context.upkeep->ready(), "the hub is ending, or a loop does not answer\n");
      });
  router.add<Permission::administer>("GET", "/api/v1/health", "Findings, each with what to do, and figures.",
                                     [&context](Request request) {
                                       context.upkeep->health([request](Result<std::string> text) {
                                         if (!text) return request.answer(text.error());
                                         request.answerJson(200, std::move(*text));
                                       });
                                     });
}

}  // namespace robohub::api

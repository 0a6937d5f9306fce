// Figures for Prometheus: for administrators, or for whoever has the token that the configuration names for it.
#include "api/routes.hpp"
#include "api/upkeep.hpp"

namespace robohub::api {

namespace {

bool mayRead(const Context& context, const Request& request) {
  const net::HttpHead& head = request.exchange->head();
  const std::string_view field = head.headers.get("Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (field.starts_with(kScheme) && context.upkeep->metricsToken(field.substr(kScheme.size()))) return true;
  return context.identity.may(request.session ? &*request.session : nullptr, Permission::administer);
}

}  // namespace

void addMetricsRoutes(Router& router, Context& context) {
  router.add<Permission::public_>(
      "GET", "/metrics", "Figures in the Prometheus text format; 404 while off.", [&context](Request request) {
        if (!context.upkeep->metricsEnabled())
          return request.answer(Error{ErrorCode::not_found, "There is nothing here.", ""});
        if (!mayRead(context, request))
          return request.answer(
              Error{ErrorCode::unauthenticated, "The metrics are for administrators, or for the metrics token.", ""});
        context.upkeep->metrics([request](Result<std::string> text) {
          if (!text) return request.answer(text.error());
          net::HttpResponse response = net::HttpResponse::text(200, std::move(*text));
          response.content_type = "text/plain; version=0.0.4; charset=utf-8";
          request.answer(std::move(response));
        });
      });
}

}  // namespace robohub::api

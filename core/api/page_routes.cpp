// The files of plugins' panels, and the dashboard: every path that nothing else answers is the page's own
// (its router looks at the address).
#include "api/problem.hpp"
#include "api/routes.hpp"

namespace robohub::api {

namespace {

// A panel says how its type is driven: it is for those who may watch some device of that type.
bool maySeePanel(const Context& context, const Request& request) {
  for (const auto all = context.devices.all(); const auto& [id, device] : *all) {
    if (device->type() != request.params[0]) continue;
    const identity::Place place = device->place();
    if (context.identity.may(&*request.session, Permission::watch, &place)) return true;
  }
  return context.identity.may(&*request.session, Permission::watch);
}

void servePanel(const Context& context, const Request& request) {
  if (!maySeePanel(context, request))
    return request.answer(Error{ErrorCode::not_found, "There is no such file of a plugin.", ""});
  const auto files = context.panels.find(request.params[0] + "/" + request.params[1]);
  if (files != context.panels.end())
    if (auto response = files->second.answer(request.exchange->head(), "/" + request.params[2])) {
      if (!response->headers.has("Cache-Control")) response->headers.set("Cache-Control", "no-cache");
      return request.answer(std::move(*response));
    }
  request.answer(Error{ErrorCode::not_found, "There is no such file of a plugin.", ""});
}

void servePage(const Context& context, const Request& request) {
  const net::HttpHead& head = request.exchange->head();
  if (!context.page)
    return request.answer(net::HttpResponse::text(
        503, "The dashboard is not built. script/server builds it; or: cd web && npm ci && npm run build\n"));
  if (auto response = context.page->answer(head, head.path)) return request.answer(std::move(*response));
  // A path with a dot in its last part was meant as a file, but for the page of a person: names have dots.
  const std::size_t slash = head.path.rfind('/');
  if (!head.path.starts_with("/admin/") && head.path.find('.', slash) != std::string::npos)
    return request.answer(Error{ErrorCode::not_found, "There is no file " + head.path + ".", ""});
  if (auto response = context.page->answer(head, "/index.html")) return request.answer(std::move(*response));
  request.answer(Error{ErrorCode::not_found, "There is no page.", ""});
}

}  // namespace

void addPageRoutes(Router& router, Context& context) {
  router.add<Permission::signed_in>("GET", "/plugins/{type}/{version}/{file...}", "A file of a plugin's panel.",
                                    [&context](Request request) { servePanel(context, request); });
  router.add<Permission::public_>("GET", "/{path...}", "The dashboard.",
                                  [&context](Request request) { servePage(context, request); });
}

}  // namespace robohub::api

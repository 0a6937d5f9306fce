// The OpenAPI 3.1 description, made from the routes as they are declared and from the schemas that the installed device
// types declare: there is no second list to keep true.
#include <mutex>
#include <set>

#include "api/routes.hpp"

namespace robohub::api {

namespace {

std::string lowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

bool takesBody(const Router::Route& route) {
  return route.method == "POST" || route.method == "PUT" || route.method == "PATCH";
}
bool isCommand(const Router::Route& route) {
  return route.pattern.ends_with("/commands/{name}");
}

std::string parameters(const Router::Route& route) {
  std::string text;
  auto add = [&](const std::string& name, const char* where, const char* schema) {
    text += (text.empty() ? "" : ",") + std::string("{\"name\":") + json::quote(name) + ",\"in\":\"" + where +
            "\",\"required\":" + (std::string_view(where) == "path" ? "true" : "false") + ",\"schema\":" + schema + "}";
  };
  for (std::size_t at = 0; (at = route.pattern.find('{', at)) != std::string::npos; ++at)
    add(route.pattern.substr(at + 1, route.pattern.find('}', at) - at - 1), "path", "{\"type\":\"string\"}");
  if (isCommand(route)) {
    add("wait_ms", "query", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":30000,\"default\":2000}");
    add("Idempotency-Key", "header", "{\"type\":\"string\",\"maxLength\":64}");
    add("Robohub-Epoch", "header", "{\"type\":\"integer\",\"minimum\":0}");
  }
  return "[" + text + "]";
}

// The parameters of every command of every installed device type, the newest version of each.
std::string commandSchemas(const live::TypeCatalogue& catalogue, std::string& references) {
  std::string schemas;
  for (const std::string& name : catalogue.types()) {
    const auto installed = catalogue.newest(name);
    const auto commands = installed->type->json->getArray("commands");
    for (std::size_t i = 0; commands && i < commands->size(); ++i) {
      const auto command = commands->getObject(static_cast<unsigned>(i));
      const std::string key = name + "." + json::getString(*command, "name").value_or("");
      schemas += (schemas.empty() ? "" : ",") + json::quote(key) + ":" + json::write(*command->getObject("params"));
      references += (references.empty() ? "" : ",") + std::string("{\"$ref\":") +
                    json::quote("#/components/schemas/" + key) + "}";
    }
  }
  return schemas;
}

std::string operation(const Router::Route& route, const std::string& references) {
  std::string text = "\"" + lowerCase(route.method) + "\":{\"summary\":" + json::quote(route.summary) +
                     ",\"x-permission\":\"" + identity::toString(route.permission) +
                     (route.of_device ? " on the device" : "") + "\",\"parameters\":" + parameters(route);
  if (route.ask != Ask::session) text += std::string(",\"x-asks-for\":\"") + toString(route.ask) + "\"";
  if (takesBody(route)) {
    const std::string schema =
        isCommand(route) && !references.empty() ? "{\"anyOf\":[" + references + "]}" : "{\"type\":\"object\"}";
    text += ",\"requestBody\":{\"content\":{\"application/json\":{\"schema\":" + schema + "}}}";
  }
  if (route.permission != Permission::public_) text += ",\"security\":[{\"session\":[]},{\"token\":[]}]";
  return text +
         ",\"responses\":{\"2XX\":{\"description\":\"as in docs/PROTOCOL.md\"},\"default\":{\"description\":\"RFC 9457 "
         "problem\",\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/"
         "Problem\"}}}}}}";
}

std::string describe(const Router& router, const Context& context) {
  std::string references;
  const std::string schemas = commandSchemas(context.devices.services().catalogue, references);
  std::string paths;
  std::set<std::string> done;
  for (const Router::Route& first : router.routes()) {
    if (!first.pattern.starts_with("/api/") || !done.insert(first.pattern).second) continue;
    std::string operations;
    for (const Router::Route& route : router.routes())
      if (route.pattern == first.pattern) operations += (operations.empty() ? "" : ",") + operation(route, references);
    paths += (paths.empty() ? "" : ",") + json::quote(first.pattern) + ":{" + operations + "}";
  }
  return "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Robohub\",\"version\":" + json::quote(context.version) +
         "},\"paths\":{" + paths +
         "},\"components\":{\"securitySchemes\":{\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":"
         "\"robohub_session\"},\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}},\"schemas\":{\"Problem\":{\"type\":"
         "\"object\",\"required\":[\"status\",\"code\","
         "\"detail\"],\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{"
         "\"type\":"
         "\"integer\"},\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},\"pointer\":{\"type\":"
         "\"string\"}}}" +
         (schemas.empty() ? "" : "," + schemas) + "}}}";
}

}  // namespace

void addOpenApiRoute(Router& router, Context& context) {
  // Made once, at the first request: by then every route is declared. All answers share it.
  auto text = std::make_shared<SharedBytes>();
  auto once = std::make_shared<std::once_flag>();
  router.add<Permission::public_>("GET", "/api/v1/openapi.json", "This description.",
                                  [&router, &context, text, once](Request request) {
                                    std::call_once(*once, [&] { *text = shareBytes(describe(router, context)); });
                                    net::HttpResponse response;
                                    response.content_type = "application/json";
                                    response.body = *text;
                                    request.answer(std::move(response));
                                  });
}

}  // namespace robohub::api

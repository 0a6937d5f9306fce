#include "hub/read_oidc.hpp"

namespace robohub::hub {

namespace {

bool isThisMachine(const std::string& url) {
  for (const char* start :
       {"http://127.0.0.1:", "http://127.0.0.1/", "http://localhost:", "http://localhost/", "http://[::1]"})
    if (url.starts_with(start)) return true;
  return url == "http://127.0.0.1" || url == "http://localhost";
}

// Of "https://accounts.example:8443/x".
std::string hostOf(const std::string& url) {
  const std::size_t begin = url.find("//") == std::string::npos ? 0 : url.find("//") + 2;
  return url.substr(begin, url.find_first_of(":/", begin) - begin);
}

}  // namespace

void readOidc(config::Section& section, identity::OidcSettings& settings) {
  section.require({"issuer", "client_id", "redirect_url"});
  if (section.atStart().url("issuer", &settings.issuer, {"https", "http"}) && settings.issuer.starts_with("http:") &&
      !isThisMachine(settings.issuer))
    section.refuse("issuer", "An issuer is asked over https; plain http is for one on this machine.");
  section.atStart().text("client_id", &settings.client_id, {1, 256});
  section.atStart().secretFile("client_secret_file", &settings.client_secret);
  if (section.atStart().url("redirect_url", &settings.redirect_url, {"https", "http"}) &&
      !settings.redirect_url.ends_with("/api/v1/oidc/callback"))
    section.refuse("redirect_url",
                   "It is the address of this hub as browsers reach it, with /api/v1/oidc/callback at its end.");
  if (!section.atStart().text("title", &settings.title, {1, 64})) settings.title = hostOf(settings.issuer);
  section.atStart().list("scopes", &settings.scopes, 16, {1, 64});
  if (std::find(settings.scopes.begin(), settings.scopes.end(), "openid") == settings.scopes.end())
    section.refuse("scopes", "Without the scope openid an issuer does not say who signed in.");
  section.atStart().boolean("create_accounts", &settings.create_accounts);
  section.atStart().choice(
      "role", &settings.role,
      {{"member", identity::Role::member}, {"viewer", identity::Role::viewer}, {"player", identity::Role::player}});
  section.atStart().path("ca_file", &settings.ca_file);
}

}  // namespace robohub::hub

#include "hub/named_files.hpp"

#include "net/tls_client_context.hpp"
#include "net/tls_server_context.hpp"

namespace robohub::hub {

namespace {

Error cannotUse(const std::string& key, const Error& why) {
  return {why.code, "`" + key + "` cannot be used. " + why.message, why.where};
}

void checkPair(const std::string& section, const std::filesystem::path& certificate, const std::filesystem::path& key,
               config::Errors& errors) {
  if (certificate.empty()) return;
  net::TlsServerSettings wanted;
  wanted.certificate = certificate;
  wanted.key = key;
  wanted.check_dates = false;
  if (const auto loaded = net::TlsServerContext::load(wanted); !loaded)
    errors.push_back(
        cannotUse(section + (loaded.error().where == key.string() ? ".key" : ".certificate"), loaded.error()));
}

}  // namespace

config::Errors checkNamedFiles(const Settings& settings, bool cameras) {
  config::Errors errors;
  if (settings.tlsOn()) checkPair("server.tls", settings.tls.certificate, settings.tls.key, errors);
  if (cameras && !settings.cloudtalker.listen.host.empty())
    checkPair("cloudtalker", settings.cloudtalker.certificate, settings.cloudtalker.key, errors);
  if (!settings.oidc.issuer.empty() && !settings.oidc.ca_file.empty()) {
    net::TlsClientSettings trust;
    trust.ca_file = settings.oidc.ca_file;
    if (const auto loaded = net::TlsClientContext::load(trust); !loaded)
      errors.push_back(cannotUse("oidc.ca_file", loaded.error()));
  }
  return errors;
}

}  // namespace robohub::hub

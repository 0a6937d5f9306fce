// Where the hub answers: people and agents over TCP or TLS, the administrator of this machine over a socket file.
#include "hub/door.hpp"
#include "hub/log.hpp"
#include "hub/own_url.hpp"
#include "hub/parts.hpp"
#include "net/tls_server_context.hpp"

namespace robohub::hub {

namespace {

std::string listenUrl(const Settings& say, std::uint16_t port) {
  return (say.tlsOn() ? "https://" : "http://") + config::Address{say.listen.host, port}.str() + "/";
}

}  // namespace

Result<identity::CertificateFiles> Hub::Parts::ownCertificate(const std::vector<std::string>& names) const {
  auto own = certificates->ensureSelfSigned(names);
  if (own && own->replaced)
    log(link::EventLevel::warning,
        "the hub's own certificate was made anew: agents that hold on to the fingerprint of the one before turn away "
        "until they have the new one",
        {{"fingerprint", net::fingerprintText(own->info.fingerprint)}});
  return own;
}

Result<DoorTls> Hub::Parts::loadTls(const Settings& say, bool check_dates) const {
  DoorTls tls;
  net::TlsServerSettings wanted;
  wanted.certificate = say.tls.certificate;
  wanted.key = say.tls.key;
  wanted.check_dates = check_dates;
  if (wanted.certificate.empty()) {
    auto own = ownCertificate(certificateNames(say));
    if (!own) return fail(own.error());
    wanted.certificate = own->certificate;
    wanted.key = own->key;
    wanted.check_dates = false;  // the hub keeps it good, and before it begins only the clock can be wrong
    if (own->info.begins > clock.wall())
      log(link::EventLevel::warning, "this machine's clock is before the beginning of the hub's own certificate, " +
                                         own->certificate.string() + ": set it");
    tls.own = true;
  }
  // Asked for, not required: people come in by the same door. Which agents need one is the gateway's to say.
  if (say.client_certificates != gateway::ClientCertificates::off) {
    auto authority = certificates->ensureAuthority();
    if (!authority) return fail(authority.error());
    wanted.ask = net::TlsServerSettings::Ask::optional;
    wanted.client_ca = authority->certificate;
    wanted.look_up = [issued = certificates.get()](const std::string& fingerprint) {
      return issued->revoked(fingerprint) ? net::ClientCertificate::refused : net::ClientCertificate::unknown;
    };
  }
  auto loaded = net::TlsServerContext::load(wanted);
  if (!loaded) return fail(loaded.error());
  tls.context = std::move(*loaded);
  return tls;
}

void Hub::Parts::showTls(DoorTls tls) {
  const std::string fingerprint = net::fingerprintText(tls.context->facts().fingerprint);
  const auto before = doorTls();
  if (!before || before->context->facts().fingerprint != tls.context->facts().fingerprint)
    log(link::EventLevel::info, "certificate fingerprint " + fingerprint,
        {{"subject", tls.context->facts().subject}, {"self_signed", tls.context->selfSigned() ? "true" : "false"}});
  if (server) server->setTls(tls.context);
  std::atomic_store(&door_tls, std::make_shared<const DoorTls>(std::move(tls)));
}

Status Hub::Parts::listen() {
  const Settings& say = *settings_now;
  server = std::make_unique<net::HttpServer>(*loops, std::make_shared<Door>(*context, answers), say.http);
  Result<std::uint16_t> port = 0;
  if (say.tlsOn()) {
    // A certificate that has expired is told loudly, but a hub that does not start could not even stop anything.
    auto tls = loadTls(say, false);
    if (!tls) return fail(tls.error());
    port = server->listenTls(say.listen.host, say.listen.port, "people", tls->context);
    if (port) showTls(std::move(*tls));
  } else {
    port = server->listenTcp(say.listen.host, say.listen.port, "people");
  }
  if (!port) return fail(port.error().code, port.error().message, "server.listen");
  url = listenUrl(say, *port);
  context->own_url = ownUrl(say, *port);
  if (Status local = server->listenUnix(folder->file("admin.sock"), "administrator"); !local) return local;
  if (say.insecure && !say.tlsOn())
    log(link::EventLevel::warning,
        "insecure: true: everything travels readable, and devices with hazards give no turns. Put TLS before the hub.");
  return {};
}

std::string Hub::Parts::fingerprint() const {
  const auto tls = doorTls();
  return tls ? net::fingerprintText(tls->context->facts().fingerprint) : std::string();
}

std::vector<std::string> Hub::routes() const {
  return Door(*parts_->context, parts_->answers).routes();
}

}  // namespace robohub::hub

// Where the hub answers: people and agents over TCP, the administrator of this machine over a socket file.
#include "hub/door.hpp"
#include "hub/log.hpp"
#include "hub/parts.hpp"

namespace robohub::hub {

namespace {

std::string listenUrl(const config::Address& listen, std::uint16_t port) {
  return "http://" + config::Address{listen.host, port}.str() + "/";
}

}  // namespace

Status Hub::Parts::listen() {
  const Settings& say = *settings_now;
  server = std::make_unique<net::HttpServer>(*loops, std::make_shared<Door>(*context), say.http);
  const auto port = server->listenTcp(say.listen.host, say.listen.port, "people");
  if (!port) return fail(port.error());
  url = listenUrl(say.listen, *port);
  context->own_url = url.substr(0, url.size() - 1);
  if (Status local = server->listenUnix(folder->file("admin.sock"), "administrator"); !local) return local;
  if (say.insecure)
    log(link::EventLevel::warning,
        "insecure: true: everything travels readable, and devices with hazards give no turns. Put TLS before the hub.");
  return {};
}

}  // namespace robohub::hub

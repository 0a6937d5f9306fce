#include "unit/agent/hub_stand_in.hpp"

#include <catch2/catch.hpp>

namespace robohub::agent::test {

std::shared_ptr<HubStandIn> HubStandIn::create(Stage& stage, std::uint16_t port,
                                               std::shared_ptr<const net::TlsServerContext> tls) {
  auto hub = std::make_shared<HubStandIn>(stage);
  hub->server_ = std::make_unique<net::HttpServer>(stage.loop, hub);
  hub->secure = tls != nullptr;
  auto taken = tls ? hub->server_->listenTls("127.0.0.1", port, "tls", std::move(tls))
                   : hub->server_->listenTcp("127.0.0.1", port);
  if (!taken) throw std::runtime_error(taken.error().message);
  hub->port = *taken;
  return hub;
}

void HubStandIn::handle(std::shared_ptr<net::Exchange> exchange) {
  stage_.note([&] { certificates.push_back(exchange->head().client_fingerprint); });
  if (exchange->head().path == "/api/v1/agent/claim") return claim(*exchange);
  if (exchange->head().path == "/api/v1/agent" && exchange->wantsWebSocket()) return accept(*exchange);
  exchange->respond(net::HttpResponse::text(404, "nothing here"));
}

void HubStandIn::claim(net::Exchange& exchange) {
  const auto body = json::parseObject(exchange.body());
  int status = 200;
  stage_.note([&] {
    claims.push_back({json::getString(**body, "code").value(), json::getString(**body, "device").value(),
                      json::getString(**body, "key").value()});
    if (!claim_answers.empty()) {
      status = claim_answers.front();
      claim_answers.erase(claim_answers.begin());
    }
    if (status == 200) key = claims.back().key;
  });
  if (status == 200)
    exchange.respond(net::HttpResponse::json(200, R"({"device":"d1","type":")" + type + "\"}"));
  else
    exchange.respond(net::HttpResponse::problem(status, R"({"detail":"No.","code":"conflict"})"));
}

void HubStandIn::accept(net::Exchange& exchange) {
  const std::string said(exchange.head().headers.get("Authorization"));
  bool known = false;
  stage_.note([&] {
    authorizations.push_back(said);
    known = said == "Robohub-Device d1:" + key;
  });
  if (!known) return exchange.respond(net::HttpResponse::problem(401, "{}"));
  net::WebSocketOptions options;
  options.protocol = link::kSubprotocol;
  options.max_message_bytes = link::kMaxPictureBytes;
  const auto socket = exchange.acceptWebSocket(options);
  if (!socket) return;
  const std::weak_ptr<net::WebSocket> weak = socket;
  socket->onText([this, weak](std::string_view text) {
    if (auto first = weak.lock()) onFirst(first, text);
  });
}

void HubStandIn::onFirst(const std::shared_ptr<net::WebSocket>& socket, std::string_view text) {
  const auto hello = link::parseFromAgent(text);
  if (!hello) throw std::runtime_error("no hello: " + std::string(text));
  if (std::holds_alternative<link::BulkHello>(*hello)) {
    bulk_ = socket;
    socket->onText([](std::string_view) {});
    socket->onBinary([this](std::string_view bytes) { stage_.note([&] { pictures.emplace_back(bytes); }); });
    socket->onClosed([this, raw = socket.get()](std::uint16_t, std::string_view) {
      if (bulk_.get() == raw) bulk_.reset();
    });
    socket->sendText(link::encode(link::HubMessage(link::BulkWelcome{})));
    return stage_.note([&] { ++bulk_hellos; });
  }
  control_ = socket;
  socket->onText([this](std::string_view more) { onControl(more); });
  socket->onClosed([this, raw = socket.get()](std::uint16_t code, std::string_view) {
    if (control_.get() == raw) control_.reset();
    stage_.note([&] { closed.push_back(code); });
  });
  stage_.note([&] {
    newest = {};
    heard.push_back(*hello);
  });
  if (refuse_hello) {
    socket->sendText(link::encode(link::HubMessage(link::Refused{"unsupported", "Too old."})));
    return socket->close(link::kCloseRefused);
  }
  socket->sendText(link::encode(link::HubMessage(link::Welcome{1, "test", "0123456789abcdef0123456789abcdef", 50, 0})));
}

void HubStandIn::onControl(std::string_view text) {
  const auto message = link::parseFromAgent(text);
  if (!message) throw std::runtime_error("cannot be read: " + std::string(text));
  std::string answer;
  stage_.note([&] {
    heard.push_back(*message);
    if (const auto* beat = std::get_if<link::AgentBeat>(&*message)) {
      for (const auto& one : heard)
        if (const auto* hello = std::get_if<link::Hello>(&one)) newest.nonce = hello->nonce;
      newest.t_ns = beat->t_ns;
      if (drives) answer = link::encode(link::HubMessage(link::HubBeat{epoch, ++seq, newest}));
    }
  });
  if (!answer.empty() && control_) control_->sendText(answer);
}

const link::Outcome* HubStandIn::resultOf(const std::string& id) const {
  for (const auto& message : heard) {
    const auto* result = std::get_if<link::CommandResult>(&message);
    if (result && result->id == id) return &result->outcome;
  }
  return nullptr;
}

void HubStandIn::send(const link::HubMessage& message) {
  sendText(link::encode(message));
}

void HubStandIn::sendText(const std::string& text) {
  stage_.on([&] {
    if (control_) control_->sendText(text);
  });
}

void HubStandIn::watch(bool on) {
  stage_.on([&] {
    if (bulk_) bulk_->sendText(link::encode(link::HubMessage(link::Watch{"main", on})));
  });
}

void HubStandIn::cut() {
  close(1011);
}

void HubStandIn::close(std::uint16_t code) {
  stage_.on([&] {
    if (control_) control_->close(code);
  });
}

link::Stamp HubStandIn::stamp() {
  if (!stage_.until([&] { return newest.t_ns != 0; })) throw std::runtime_error("the agent sends no beat");
  const std::lock_guard lock(stage_.mutex);
  return newest;
}

void HubStandIn::grant(Epoch of, bool drive) {
  send(link::Grant{of, 60'000, stamp()});
  stage_.note([&] {
    epoch = of;
    drives = drive;
  });
}

std::string HubStandIn::command(const std::string& id, const std::string& name, const std::string& params, Epoch of) {
  link::Command command;
  command.id = id;
  command.epoch = of;
  command.stamp = stamp();
  command.ttl_ms = 2000;
  command.name = name;
  command.params_json = params;
  std::string text;
  // Numbered and sent on the loop, so that no beat comes between.
  stage_.on([&] {
    stage_.note([&] { command.seq = ++seq; });
    text = link::encode(link::HubMessage(command));
    if (control_) control_->sendText(text);
  });
  return text;
}

}  // namespace robohub::agent::test

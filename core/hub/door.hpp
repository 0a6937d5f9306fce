// Every request that comes in: which routes there are, and how much a stranger may send.
#pragma once
#include "api/routes.hpp"

namespace robohub::hub {

class Door final : public net::HttpApp {
 public:
  // `context` must outlive it.
  explicit Door(api::Context& context);
  // Whoever is nobody yet cannot make the hub hold much.
  std::size_t bodyLimit(const net::HttpHead& head) override;
  void handle(std::shared_ptr<net::Exchange> exchange) override { router_.handle(exchange); }

 private:
  const api::Context& context_;
  api::Router router_;
};

}  // namespace robohub::hub

// Every request that comes in: which routes there are, and how much a stranger may send.
#pragma once
#include "api/routes.hpp"
#include "hub/metrics.hpp"

namespace robohub::hub {

class Door final : public net::HttpApp {
 public:
  // Both must outlive it.
  Door(api::Context& context, AnswerTally& answers);
  // Whoever is nobody yet, or a guest, cannot make the hub hold much.
  std::size_t bodyLimit(const net::HttpHead& head) override;
  // While the disk is nearly full, what can wait is refused with 507.
  void handle(std::shared_ptr<net::Exchange> exchange) override;
  // As Router::list().
  std::vector<std::string> routes() const { return router_.list(); }

 private:
  const api::Context& context_;
  AnswerTally& answers_;
  api::Router router_;
};

}  // namespace robohub::hub

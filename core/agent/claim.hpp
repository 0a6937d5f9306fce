// Handing the agent's own key to the hub, once (docs/PROTOCOL.md, section 3.1). Goes on while the hub cannot be
// reached.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "agent/hub_address.hpp"
#include "net/http_client.hpp"
#include "net/redial_delay.hpp"

namespace robohub::agent {

struct ClaimRequest {
  std::string code, device, key;
  std::string type;  // what agent.yaml says: a device of another type is an error
};

// Owned by its loop; destroying it gives up silently.
class Claim {
 public:
  // Calls `done` once, never from within: success, or a refusal for good with a sentence that says what to do.
  Claim(net::Loop& loop, HubAddress hub, ClaimRequest request, std::function<void(Status)> done);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  void ask();
  void answered(Result<net::ClientResponse> response);
  void again(const std::string& why);

  net::Loop& loop_;
  const HubAddress hub_;
  const ClaimRequest request_;
  std::function<void(Status)> done_;
  std::unique_ptr<net::Pending> pending_;
  net::TimerId timer_ = 0;
  net::RedialDelay delay_;
  std::string told_;  // why it fails, as it was logged last
};

}  // namespace robohub::agent

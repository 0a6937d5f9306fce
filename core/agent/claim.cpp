#include "agent/claim.hpp"

#include "agent/clean_text.hpp"
#include "agent/log.hpp"
#include "agent/random.hpp"
#include "base/json.hpp"

namespace robohub::agent {
namespace {

// The hub's own sentence, or nothing.
std::string detailOf(const std::string& body) {
  auto problem = json::parseObject(body);
  if (!problem) return {};
  auto detail = json::getString(**problem, "detail");
  return detail ? cleanText(*detail) : std::string();
}

}  // namespace

Claim::Claim(net::Loop& loop, HubAddress hub, ClaimRequest request, std::function<void(Status)> done)
    : loop_(loop), hub_(std::move(hub)), request_(std::move(request)), done_(std::move(done)) {
  ask();
}

Claim::~Claim() {
  if (timer_ != 0) loop_.cancel(timer_);
}

void Claim::ask() {
  timer_ = 0;
  net::ClientRequest request;
  request.endpoint = hub_.endpoint;
  request.method = "POST";
  request.target = hub_.target("/api/v1/agent/claim");
  request.headers = {{"Content-Type", "application/json"}};
  request.body = "{\"code\":" + json::quote(request_.code) + ",\"device\":" + json::quote(request_.device) +
                 ",\"key\":" + json::quote(request_.key) + "}";
  pending_ = net::httpRequest(loop_, std::move(request),
                              [this](Result<net::ClientResponse> response) { answered(std::move(response)); });
}

void Claim::answered(Result<net::ClientResponse> response) {
  if (!response) return again(hub_.sentence(response.error()));
  const int status = response->status;
  if (status >= 500 || status == 429 || status == 408) return again("the hub answers " + std::to_string(status));

  const auto finish = [this](Status outcome) {
    auto done = std::move(done_);
    done(std::move(outcome));  // may destroy this object
  };
  if (status == 200) {
    auto body = json::parseObject(response->body);
    auto type = body ? json::getString(**body, "type") : Result<std::string>(fail(body.error()));
    if (!type)
      return finish(fail(ErrorCode::corrupt, "What answers at " + hub_.url + " is no robohub: check `hub.url`."));
    if (*type != request_.type)
      return finish(fail(ErrorCode::conflict, "The hub knows " + request_.device + " as a \"" + cleanText(*type, 64) +
                                                  "\", agent.yaml as a \"" + request_.type + "\"."));
    return finish({});
  }
  const std::string detail = detailOf(response->body);
  std::string sentence;
  ErrorCode code = ErrorCode::permission_denied;
  if (status == 403) {
    sentence =
        "The hub refuses the claim code of " + request_.device +
        ": it is wrong, expired or of another device. Enrol the device again and write the new code into agent.yaml.";
  } else if (status == 409) {
    code = ErrorCode::conflict;
    sentence =
        "The claim code of " + request_.device +
        " was used by another agent already. Revoke the device, enrol it again and write the new code into agent.yaml.";
  } else {
    code = ErrorCode::unsupported;
    sentence = "The claim failed: " + hub_.url + " answers " + std::to_string(status) + ". Check `hub.url`.";
  }
  finish(fail(code, detail.empty() ? sentence : sentence + " (" + detail + ")"));
}

void Claim::again(const std::string& why) {
  if (why != told_)
    log::warning("The hub at " + hub_.url + " cannot be reached to claim " + request_.device + ": " + withoutStop(why) +
                 ". Trying on.");
  told_ = why;
  timer_ = loop_.after(delay_.next(randomFraction()), [this] { ask(); });
}

}  // namespace robohub::agent

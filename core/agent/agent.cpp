#include "agent/agent.hpp"

#include "agent/clean_text.hpp"
#include "agent/log.hpp"
#include "agent/random.hpp"
#include "agent/version.hpp"

namespace robohub::agent {
namespace {

// What has to happen before the links are gone and the driver is closed.
constexpr Duration kStopPatience = std::chrono::milliseconds(400);

link::FenceSettings fenceSettings(const Plan& plan) {
  link::FenceSettings settings;
  settings.identity.device = plan.device;
  settings.identity.agent = kVersion;
  settings.identity.boot = randomHex(8);
  settings.identity.plugin = {plan.type->type, plan.plugin.manifest->version, plan.plugin.manifest->hash};
  settings.deadman = plan.type->deadman;
  return settings;
}

HubSocketSettings socketSettings(const Plan& plan, const std::string& key, const char* what) {
  HubSocketSettings settings;
  settings.hub = plan.hub;
  settings.what = what;
  settings.authorization = "Robohub-Device " + plan.device.str() + ":" + key;
  return settings;
}

}  // namespace

Agent::Agent(net::Loop& loop, Plan plan, StateFolder state, AgentEvents events, std::function<Duration()> slept)
    : loop_(loop),
      plan_(std::move(plan)),
      state_(std::move(state)),
      events_(std::move(events)),
      slept_(std::move(slept)),
      suspend_(slept_()),
      check_(*plan_.type),
      fence_(fenceSettings(plan_), check_),
      telemetry_(*plan_.type) {}

Agent::~Agent() = default;

Status Agent::start() {
  const auto& code = plan_.settings.claim_code;
  auto key = state_.key();
  if (!key) return fail(key.error());
  auto claimed_before = state_.claimedWith(code);
  if (!claimed_before) return fail(claimed_before.error());
  if (key->empty() && code.empty())
    return fail(ErrorCode::not_found, "This agent has no key yet. Enrol the device at the hub (robohub device enrol " +
                                          plan_.device.str() + " --type " + plan_.type->type +
                                          ") and write the claim code into agent.yaml.");
  std::string fresh_key;
  if (!code.empty() && !*claimed_before) {
    auto made = state_.keyForClaim(code);
    if (!made) return fail(made.error());
    fresh_key = std::move(*made);
  }

  if (auto kept = openOutbox(); !kept) return kept;
  if (auto opened = openDriver(); !opened) return opened;
  if (fresh_key.empty()) {
    dial(*key);
  } else {
    claim_.emplace(loop_, plan_.hub, ClaimRequest{code, plan_.device.str(), fresh_key, plan_.type->type},
                   [this](Status status) { claimed(std::move(status)); });
  }
  return {};
}

void Agent::claimed(Status status) {
  if (stopping_) return;
  if (status) status = state_.adoptClaimedKey();
  auto key = state_.key();
  if (status && key) {
    log::info("Claimed " + plan_.device.str() + " at " + plan_.hub.url + ".");
    return dial(*key);
  }
  const Error error = status ? key.error() : status.error();
  if (!status && key && !key->empty()) {
    // A wrong code must not cost a working device its key.
    log::warning(error.message + " Going on with the key of before.");
    return dial(*key);
  }
  log::error(error.message);
  end(End::refused);
}

void Agent::dial(const std::string& key) {
  control_.emplace(loop_, socketSettings(plan_, key, "control link"), static_cast<HubSocketUser&>(*this));
  BulkEvents bulk;
  bulk.watch = [this](const std::string& stream, bool on) { watch(stream, on); };
  bulk.welcomed = [this] { carrier_->linkUp(); };
  bulk.lost = [this] { carrier_->linkDown(); };
  bulk.capture = [this](const link::HubMessage& message) { carrier_->take(message); };
  bulk_.emplace(loop_, socketSettings(plan_, key, "picture link"), plan_.device, std::move(bulk));
  control_->start();
}

void Agent::onUp() {
  nonce_ = randomNonce();
  tell([&](MonoTime now, auto& out) { fence_.onConnected(nonce_, now, out); });
}

void Agent::onDown() {
  welcomed_ = false;
  const link::Nonce over = std::exchange(nonce_, {});
  tell([&](MonoTime now, auto& out) { fence_.onLinkLost(over, now, out); });
  bulk_->stop();
}

bool Agent::noticeSleep() {
  const Duration slept = suspend_.notice(slept_());
  if (slept == Duration::zero()) return false;
  const std::string text = "The machine was suspended for " + std::to_string(toMs(slept)) +
                           " ms: the outputs are made safe and the link begins anew.";
  log::warning(text);
  report(link::EventLevel::warning, text);
  // What came in before the sleep, and what was permitted, is as old as the sleep was long.
  if (control_) control_->fail(1001, "the machine was suspended");
  return true;
}

void Agent::onText(std::string_view text) {
  if (noticeSleep()) return;
  auto message = link::parseFromHub(text);
  if (!message) {
    const auto& error = message.error();
    if (error.code == ErrorCode::unsupported) {
      log::debug("The hub sent a message of a kind that this version does not know: " + error.message);
      return;
    }
    // A hub that cannot be understood cannot be obeyed either, least of all about a stop: make safe, begin anew.
    return control_->fail(1002, "the hub sent what cannot be read: " + error.message);
  }
  if (const auto* refused = std::get_if<link::Refused>(&*message)) return control_->refused(refused->message);
  tell([&](MonoTime now, auto& out) { fence_.onHubMessage(nonce_, *message, now, out); });
  if (const auto* hello = std::get_if<link::Welcome>(&*message)) welcome(*hello);
}

void Agent::welcome(const link::Welcome& welcome) {
  if (welcomed_) return;
  welcomed_ = true;
  if (welcome.turn != 0) driver_->turnGoesOn(welcome.turn);  // before anything of it is permitted
  control_->welcomed();
  telemetry_.sendAgain();
  sendDue();
  bulk_->start(welcome.link);
  log::info("Online as " + plan_.device.str() + " at " + plan_.hub.url + ".");
  if (events_.online) events_.online();
}

void Agent::stop() {
  if (stopping_) return;
  stopping_ = true;
  welcomed_ = false;
  const link::Nonce over = std::exchange(nonce_, {});
  tell([&](MonoTime now, auto& out) {
    if (!over.isNone()) fence_.onLinkLost(over, now, out);
  });
  if (bulk_) bulk_->stop(1001);
  if (control_) control_->stop(1001, "the agent ends");
  loop_.after(kStopPatience, [this] { end(End::stopped); });
}

void Agent::end(End how) {
  if (ended_) return;
  ended_ = true;
  stopping_ = true;
  if (events_.ended) events_.ended(how);
}

}  // namespace robohub::agent

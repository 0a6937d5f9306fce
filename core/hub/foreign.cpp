#include "hub/foreign.hpp"

#include "hub/log.hpp"
#include "hub/parts.hpp"

namespace robohub::hub {

// In the order in which they are made.
struct Foreign::Gateways {};

Foreign::Foreign(Hub::Parts& parts) : parts_(parts), pending_(parts.clock), gateways_(std::make_unique<Gateways>()) {}

Foreign::~Foreign() = default;

void Foreign::describe(api::Context& context) {
  context.pending = &pending_;
}

Status Foreign::begin() {
  return {};
}

void Foreign::configure(const Settings&) {}

void Foreign::end() {}

}  // namespace robohub::hub

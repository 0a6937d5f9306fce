// The agent trusts no hub with its hardware: each command is checked once more against the schema of the plugin that is
// installed here.
#pragma once
#include "link/agent_fence.hpp"
#include "plugin/manifest.hpp"

namespace robohub::agent {

// Immutable. [any-thread]
class TypeCheck final : public link::CommandCheck {
 public:
  // `type` must outlive it.
  explicit TypeCheck(const plugin::DeviceType& type) : type_(type) {}
  // Errors: not_found; invalid_argument with `where` = "/params" + the JSON Pointer of the value.
  Result<bool> check(std::string_view name, std::string_view params_json) const override;

 private:
  const plugin::DeviceType& type_;
};

}  // namespace robohub::agent

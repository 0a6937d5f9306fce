#include "agent/type_check.hpp"

#include "agent/clean_text.hpp"
#include "base/json.hpp"

namespace robohub::agent {

Result<bool> TypeCheck::check(std::string_view name, std::string_view params_json) const {
  const plugin::Command* command = type_.command(name);
  if (command == nullptr)
    return fail(ErrorCode::not_found, "This device has no command \"" + cleanText(name, 64) + "\".");
  auto params = json::parse(params_json);
  if (!params) return fail(ErrorCode::invalid_argument, "The parameters cannot be read.", "/params");
  if (auto fits = command->params.validate(*params, "/params"); !fits) return fail(fits.error());
  return command->needs_turn;
}

}  // namespace robohub::agent

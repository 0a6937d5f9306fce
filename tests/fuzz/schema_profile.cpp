// A plugin's schema and a stranger's value: "<schema>\n<value>". Linting, compiling and validating end, and what the
// lint refuses is never compiled.
#include "base/json.hpp"
#include "schema/schema.hpp"
#include "target.hpp"

using namespace robohub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  const auto line = bytes.find('\n');
  const auto object = json::parseObject(bytes.substr(0, line));
  if (!object) return 0;
  const bool good = schema::lint(**object).has_value();
  const auto compiled = schema::compile(*object);
  fuzz::promise(good || !compiled, "what the lint refuses is not compiled");
  if (!compiled || line == std::string_view::npos) return 0;
  if (const auto value = json::parse(bytes.substr(line + 1))) (void)compiled->validate(*value);
  return 0;
}

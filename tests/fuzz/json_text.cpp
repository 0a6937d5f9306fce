// Strict JSON, as every message and file passes it: what is taken writes and reads back the same.
#include "base/json.hpp"
#include "target.hpp"

using namespace robohub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = json::parse(fuzz::text(data, size));
  if (!value) return 0;
  const auto written = json::write(*value);
  const auto again = json::parse(written);
  fuzz::promise(again.has_value(), "what was written is JSON");
  fuzz::promise(json::write(*again) == written, "writing is stable");
  return 0;
}

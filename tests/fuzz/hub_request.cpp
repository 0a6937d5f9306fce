// A request of an administrator: "METHOD /target\nbody". No request, whatever it says, is the hub's own fault, and
// every answer is whole.
#include <stdexcept>
#include <string>

#include "target.hpp"
#include "whole_hub.hpp"

using namespace robohub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::WholeHub whole(1000);
  const auto bytes = fuzz::text(data, size);
  const auto end = bytes.find('\n');
  const auto line = bytes.substr(0, end);
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return 0;
  const std::string method(line.substr(0, blank)), target(line.substr(blank + 1));
  // Pictures have no end. Bytes that are no head are another target's.
  if (target.find("stream") != std::string::npos || method == "HEAD") return 0;
  for (const char c : method)
    if (c < 'A' || c > 'Z') return 0;
  for (const char c : target)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f) return 0;
  const std::string body(end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1));
  whole.renew();
  try {
    const auto answer = fuzz::WholeHub::patiently([&] { return whole.hub().asAdministrator(method, target, body); });
    fuzz::promise(answer.status >= 200 && answer.status != 500, "no request is the hub's own fault");
    if (answer.headers.get("Content-Type") == "application/problem+json")
      fuzz::promise(!answer.text("detail").empty() && !answer.text("code").empty(), "a refusal says what is wrong");
    if (answer.headers.get("Content-Type") == "application/json")
      fuzz::promise(json::parse(answer.body).has_value(), "an answer is JSON");
  } catch (const std::exception& nothing) {
    fuzz::promise(false, (std::string("every request is answered: ") + nothing.what()).c_str());
  }
  return 0;
}

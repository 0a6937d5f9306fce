// What the configuration says about enrolment. Filled by the reader of robohub.yaml.
#pragma once
#include <chrono>

namespace robohub::device {

struct Settings {
  std::chrono::hours claim_code_lifetime{24};  // an enrolled device must be claimed within this time
};

}  // namespace robohub::device

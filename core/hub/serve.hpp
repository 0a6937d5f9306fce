// `robohub serve` as a Poco::Util::ServerApplication: options, signals, and what it prints.
#pragma once
#include <Poco/Util/ServerApplication.h>

#include <optional>

#include "hub/settings.hpp"

namespace robohub::hub {

class ServeApplication final : public Poco::Util::ServerApplication {
 protected:
  void defineOptions(Poco::Util::OptionSet& options) override;
  void handleOption(const std::string& name, const std::string& value) override;
  int main(const std::vector<std::string>& arguments) override;

 private:
  std::string config_file_, data_;
  std::optional<int> port_;
  bool help_ = false;
};

}  // namespace robohub::hub

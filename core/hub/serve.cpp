#include "hub/serve.hpp"

#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/IntValidator.h>

#include <csignal>
#include <iostream>

#include "hub/hub.hpp"
#include "hub/log.hpp"

namespace robohub::hub {

void ServeApplication::defineOptions(Poco::Util::OptionSet& options) {
  ServerApplication::defineOptions(options);
  using Poco::Util::Option;
  options.addOption(Option("help", "h", "Show this text."));
  options.addOption(Option("config", "c", "The settings file (robohub.yaml).").argument("FILE"));
  options.addOption(Option("data", "d", "Where run-time state is kept, instead of server.data.").argument("DIR"));
  options.addOption(Option("port", "p", "The port to listen at, instead of that of server.listen; 0 takes a free one.")
                        .argument("N")
                        .validator(new Poco::Util::IntValidator(0, 65535)));
}

void ServeApplication::handleOption(const std::string& name, const std::string& value) {
  ServerApplication::handleOption(name, value);
  if (name == "config") config_file_ = value;
  if (name == "data") data_ = value;
  if (name == "port") port_ = std::stoi(value);
  if (name == "help") {
    help_ = true;
    stopOptionsProcessing();
  }
}

int ServeApplication::main(const std::vector<std::string>& arguments) {
  if (help_) {
    Poco::Util::HelpFormatter formatter(options());
    formatter.setCommand("robohub serve");
    formatter.setUsage("[--config FILE] [--data DIR] [--port N]");
    formatter.setHeader("Runs the hub until SIGTERM or Ctrl-C.");
    formatter.format(std::cout);
    return EXIT_OK;
  }
  if (!arguments.empty()) {
    std::cerr << "robohub: serve takes no argument \"" << arguments.front() << "\"; see robohub serve --help\n";
    return EXIT_USAGE;
  }
  Settings settings;
  if (!config_file_.empty()) {
    if (const config::Errors errors = readSettingsFile(config_file_, settings); !errors.empty()) {
      std::cerr << config::format(errors);
      return EXIT_CONFIG;
    }
  }
  if (!data_.empty()) settings.data = std::filesystem::absolute(data_);
  if (port_) settings.listen.port = static_cast<std::uint16_t>(*port_);
  try {
    startLog(settings.log_level, settings.log_file);
  } catch (const Poco::Exception& error) {
    std::cerr << "robohub: the log cannot be opened: " << error.displayText() << "\n";
    return EXIT_CANTCREAT;
  }

  // Only waitForTerminationRequest() takes these; threads inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto hub = Hub::start(settings);
  if (!hub) {
    std::cerr << "robohub: " << hub.error().message << (hub.error().where.empty() ? "" : " (" + hub.error().where + ")")
              << "\n";
    return EXIT_UNAVAILABLE;
  }
  if (const auto code = (*hub)->administratorCode(); code && (*hub)->administratorCodeIsNew())
    std::cout << "robohub: administrator code " << *code << "\n";
  std::cout << "robohub: listening at " << (*hub)->url() << std::endl;
  log(link::EventLevel::info, "listening at " + (*hub)->url());
  waitForTerminationRequest();
  log(link::EventLevel::info, "ending");
  hub->reset();
  return EXIT_OK;
}

}  // namespace robohub::hub

#include "hub/serve.hpp"

#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/IntValidator.h>

#include <algorithm>
#include <csignal>
#include <iostream>

#include "hub/hub.hpp"
#include "hub/log.hpp"
#include "hub/notify.hpp"
#include "hub/start_watch.hpp"

namespace robohub::hub {

namespace {

// Until a signal says that it is enough. SIGHUP: the log is opened anew and the settings are read again.
void serveUntilSignal(Hub& hub, const sigset_t& signals) {
  using namespace std::chrono_literals;
  const std::string status = "listening at " + hub.url();
  notify::ready(status);
  // Twice within what systemd waits for, so that one late call does no harm.
  const auto watchdog = notify::watchdogInterval();
  const auto every = watchdog ? std::clamp<std::chrono::milliseconds>(*watchdog / 3, 50ms, 10s) : 10s;
  while (true) {
    const timespec patience{every.count() / 1000, every.count() % 1000 * 1'000'000};
    const int signal = ::sigtimedwait(&signals, nullptr, &patience);
    if (signal == SIGINT || signal == SIGTERM || signal == SIGQUIT) return;
    if (signal == SIGHUP) {
      notify::reloading();
      if (Status opened = reopenLog(); !opened) log(link::EventLevel::error, opened.error().message);
      hub.reload({"local", "SIGHUP", ""}, [status] { notify::ready(status); });
    }
    if (hub.alive()) notify::alive();
  }
}

}  // namespace

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
  ServeOptions command_line;
  if (!data_.empty()) command_line.data = std::filesystem::absolute(data_);
  if (port_) command_line.port = static_cast<std::uint16_t>(*port_);
  ReadSettings read = readSettingsOf(config_file_, command_line);
  if (!read.errors.empty()) {
    std::cerr << config::format(read.errors);
    return EXIT_CONFIG;
  }
  const Settings& settings = read.settings;
  if (Status logging = configureLog({settings.log_level, settings.log_format, settings.log_file}); !logging) {
    std::cerr << "robohub: " << logging.error().message << " (" << logging.error().where << ")\n";
    return EXIT_CANTCREAT;
  }

  // Only StartWatch and serveUntilSignal() take these; threads inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto hub = [&read] {
    const StartWatch watch;
    return Hub::start(std::move(read));
  }();
  if (!hub) {
    std::cerr << "robohub: " << hub.error().message << (hub.error().where.empty() ? "" : " (" + hub.error().where + ")")
              << "\n";
    return EXIT_UNAVAILABLE;
  }
  if (const auto code = (*hub)->administratorCode(); code && (*hub)->administratorCodeIsNew())
    std::cout << "robohub: administrator code " << *code << "\n";
  if (const std::string fingerprint = (*hub)->fingerprint(); !fingerprint.empty())
    std::cout << "robohub: certificate fingerprint " << fingerprint << "\n";
  for (const std::string& door : (*hub)->doors()) std::cout << "robohub: " << door << "\n";
  log(link::EventLevel::info, "listening at " + (*hub)->url());
  std::cout << "robohub: listening at " << (*hub)->url() << std::endl;
  serveUntilSignal(**hub, signals);
  notify::stopping();
  log(link::EventLevel::info, "ending");
  hub->reset();
  return EXIT_OK;
}

}  // namespace robohub::hub

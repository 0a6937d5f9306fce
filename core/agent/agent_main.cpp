// robohub-agent: reads agent.yaml, then runs the agent until SIGTERM or SIGINT.
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/ServerApplication.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <iostream>

#include "agent/agent.hpp"
#include "agent/log.hpp"
#include "agent/version.hpp"
#include "base/lossy_lines.hpp"
#include "net/loop.hpp"

namespace robohub::agent {
namespace {

constexpr int kConfigFault = 78;  // EX_CONFIG

class AgentProgram final : public Poco::Util::ServerApplication {
 protected:
  void defineOptions(Poco::Util::OptionSet& options) override {
    using Poco::Util::Option;
    ServerApplication::defineOptions(options);
    options.addOption(Option("help", "h", "says this").required(false));
    options.addOption(Option("version", "", "says the version").required(false));
    options.addOption(Option("config", "c", "the settings, agent.yaml").required(false).argument("FILE"));
    options.addOption(Option("check", "", "checks the settings and says what a start would do").required(false));
  }

  void handleOption(const std::string& name, const std::string& value) override {
    ServerApplication::handleOption(name, value);
    if (name == "help" || name == "version") stopOptionsProcessing();
    if (name == "help") help_ = true;
    if (name == "version") version_ = true;
    if (name == "check") check_ = true;
    if (name == "config") config_ = value;
  }

  int main(const std::vector<std::string>& rest) override {
    if (help_) {
      Poco::Util::HelpFormatter formatter(options());
      formatter.setCommand(commandName());
      formatter.setUsage("--config FILE [--check]");
      formatter.setHeader("Runs beside the hardware: hosts a device's driver, keeps it safe and dials out to the hub.");
      formatter.format(std::cout);
      return EXIT_OK;
    }
    if (version_) {
      std::cout << "robohub-agent " << kVersion << std::endl;
      return EXIT_OK;
    }
    if (config_.empty() || !rest.empty()) {
      std::cerr << "robohub-agent: say which settings to use: robohub-agent --config agent.yaml" << std::endl;
      return EXIT_USAGE;
    }
    Plan plan;
    // The programs of one installation lie side by side.
    std::error_code ec;
    const auto programs = std::filesystem::read_symlink("/proc/self/exe", ec).parent_path();
    if (const auto errors = makePlan(config_, programs, &plan); !errors.empty()) {
      std::cerr << config::format(errors) << std::flush;
      return kConfigFault;
    }
    if (check_) {
      std::cout << plan.describe() << std::flush;
      return EXIT_OK;
    }
    log::setUp(plan.settings.log_level);
    for (const Error& error : plan.left_out) log::warning("plugin left out: " + error.where + ": " + error.message);
    if (const std::string idle = idleCameraUrl(plan.settings); !idle.empty()) log::warning(idle);
    return serve(std::move(plan));
  }

 private:
  static int serve(Plan plan) {
    // Blocked before any thread begins, so that all of them leave these to the loop.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGQUIT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    const process::FileDescriptor signals(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));

    auto state = StateFolder::open(plan.settings.state_dir);
    if (!state) return refuse(state.error(), EXIT_CANTCREAT);

    net::Loop loop("agent");
    End how = End::broken;
    AgentEvents events;
    // On the agent's loop, at every link that comes up: nobody who lets it lie may hold that up.
    events.online = [line = "robohub-agent: online as " + plan.device.str() + " at " + plan.hub.url + "\n",
                     lines = LossyLines()]() mutable {
      lines.write(STDOUT_FILENO, line, [](std::uint64_t lost) {
        return "robohub-agent: lines that nobody took are lost: " + std::to_string(lost) + "\n";
      });
    };
    events.ended = [&](End end) {
      how = end;
      loop.stop();
    };
    Agent agent(loop, std::move(plan), std::move(*state), std::move(events));
    auto watch = loop.watchFd(signals.get(), EPOLLIN, [&](std::uint32_t) {
      signalfd_siginfo info{};
      if (::read(signals.get(), &info, sizeof info) == sizeof info) agent.stop();
    });
    if (!watch) return refuse(watch.error(), EXIT_OSERR);
    if (auto started = agent.start(); !started) return refuse(started.error(), kConfigFault);
    loop.run();
    return static_cast<int>(how);
  }

  static int refuse(const Error& error, int code) {
    log::error(error.where.empty() ? error.message : error.where + ": " + error.message);
    return code;
  }

  bool help_ = false, version_ = false, check_ = false;
  std::string config_;
};

}  // namespace
}  // namespace robohub::agent

int main(int argc, char** argv) {
  robohub::agent::AgentProgram program;
  return program.run(argc, argv);
}

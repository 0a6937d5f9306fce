// What a running hub consists of, in the order in which it is made; it goes in the opposite one, after the destructor
// has stopped what runs. Seen by the files of this folder that start, serve and reload it.
#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "api/context.hpp"
#include "api/session_closer.hpp"
#include "api/upkeep.hpp"
#include "hub/hub.hpp"
#include "hub/settings.hpp"
#include "identity/audit.hpp"
#include "store/backups.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"

namespace robohub::hub {

struct Hub::Parts {
  explicit Parts(const Settings& settings) : settings_now(std::make_shared<const Settings>(settings)) {}
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  // As the newest reload left them. [any-thread]
  std::shared_ptr<const Settings> settings() const { return std::atomic_load(&settings_now); }

  std::shared_ptr<const Settings> settings_now;
  SystemClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<identity::Audit> audit;
  std::unique_ptr<store::Backups> backups;
  std::unique_ptr<identity::Identity> identity;
  std::unique_ptr<device::Registry> registry;
  live::TypeCatalogue catalogue;
  std::unique_ptr<net::LoopPool> loops;
  std::unique_ptr<live::Audiences> audiences;
  std::unique_ptr<live::LiveDevices> devices;
  std::unique_ptr<gateway::AgentGateway> agents;
  std::unique_ptr<api::SessionCloser> session_closer;
  std::unique_ptr<api::Context> context;
  std::unique_ptr<net::HttpServer> server;
  std::string url;

  bool ending = false;  // [loop 0]

  Status openState();
  void makeBackups();
  void loadPlugins();
  void makeLive();
  void makeContext();
  void loadPage();
  Status listen();  // listeners.cpp
  void keepUp();
};

}  // namespace robohub::hub

// What a running hub consists of, in the order in which it is made; it goes in the opposite one, after the destructor
// has stopped what runs. Seen by the files of this folder that start, serve and reload it.
#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "api/context.hpp"
#include "api/session_closer.hpp"
#include "api/upkeep.hpp"
#include "hub/foreign.hpp"
#include "hub/hub.hpp"
#include "hub/loop_watch.hpp"
#include "hub/metrics.hpp"
#include "hub/settings.hpp"
#include "hub/trail.hpp"
#include "hub/upkeep.hpp"
#include "identity/audit.hpp"
#include "identity/certificates.hpp"
#include "media/captures.hpp"
#include "media/recorder.hpp"
#include "net/tls_server_context.hpp"
#include "store/backups.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"
#include "telemetry/history.hpp"

namespace robohub::hub {

// What the listener shows.
struct DoorTls {
  std::shared_ptr<const net::TlsServerContext> context;
  bool own = false;  // the certificate that this installation made for itself
};

struct HubFigures {
  std::int64_t devices = 0, devices_online = 0, devices_stopped = 0, people = 0, sockets = 0;
  std::int64_t memory_bytes = 0, disk_free_bytes = 0, database_bytes = 0, wal_bytes = 0;
};

struct Hub::Parts {
  explicit Parts(ReadSettings read)
      : settings_now(std::make_shared<const Settings>(read.settings)),
        upkeep(std::make_unique<HubUpkeep>(*this, std::move(read))) {}
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  // As the newest reload left them. [any-thread]
  std::shared_ptr<const Settings> settings() const { return std::atomic_load(&settings_now); }

  // Null without TLS. [any-thread]
  std::shared_ptr<const DoorTls> doorTls() const { return std::atomic_load(&door_tls); }

  std::shared_ptr<const Settings> settings_now;
  SystemClock clock;
  std::unique_ptr<HubUpkeep> upkeep;
  live::Tally tally;
  AnswerTally answers;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Reserve> reserve;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<identity::Audit> audit;
  std::unique_ptr<store::Backups> backups;
  std::unique_ptr<identity::Bans> bans;
  std::unique_ptr<identity::Identity> identity;
  std::unique_ptr<device::Registry> registry;
  std::unique_ptr<device::ConnectionHistory> connections;
  std::unique_ptr<identity::Certificates> certificates;
  std::unique_ptr<Trail> trail;
  std::unique_ptr<telemetry::History> history;  // null: none is kept
  live::TypeCatalogue catalogue;
  std::vector<std::string> plugins_left_out;  // sentences; of the start
  std::unique_ptr<media::Captures> captures;
  std::filesystem::path captures_folder;
  std::unique_ptr<net::LoopPool> loops;
  std::unique_ptr<LoopWatch> loop_watch;
  std::unique_ptr<live::Audiences> audiences;
  std::unique_ptr<live::LiveDevices> devices;
  std::unique_ptr<media::Recorder> recorder;
  std::unique_ptr<gateway::AgentGateway> agents;
  std::unique_ptr<Foreign> foreign;
  std::unique_ptr<api::SessionCloser> session_closer;
  std::unique_ptr<api::Context> context;
  std::unique_ptr<net::HttpServer> server;
  std::shared_ptr<const DoorTls> door_tls;
  std::string url;

  bool ending = false;  // [loop 0]

  Status openState();
  void makeBackups();
  // keep_captures.cpp
  Status makeCaptures();
  void followCaptures();
  void configureCaptures(const Settings& next);
  void endCaptures();
  void makeHistory();
  void loadPlugins();
  void makeLive();
  void makeContext();
  Status openIssuer();
  void loadPage();
  // listeners.cpp
  Status listen();
  // The one that this installation makes for itself; the log is told when it takes the place of another. Blocks.
  Result<identity::CertificateFiles> ownCertificate(const std::vector<std::string>& names) const;
  // Reads and checks what the listener would show. Blocks.
  Result<DoorTls> loadTls(const Settings& say, bool check_dates) const;
  // For connections from now on.
  void showTls(DoorTls tls);
  std::string fingerprint() const;  // "sha256:AB:..", "" without TLS
  // Everything that a reload may change; nothing here can fail. [upkeep's thread]
  void applyReload(const Settings& next);
  // May read files' sizes.
  HubFigures figures() const;
  void keepUp();
};

}  // namespace robohub::hub

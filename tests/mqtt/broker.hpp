// The real broker, mosquitto, with the settings and access lists that are shipped, on free ports; and a client beside
// the hub and the devices.
#pragma once
#include <mqtt/async_client.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "integration/support/process.hpp"

namespace robohub::integration {

class Broker {
 public:
  // Writes its settings below `folder`: users hub, lamp and other, each with its name and "-pass" as password.
  explicit Broker(const std::filesystem::path& folder);

  // Speaks TLS on the port by password. Before start().
  void tls(const std::filesystem::path& certificate, const std::filesystem::path& key);
  // Starts (again, on the same ports) and waits until it listens.
  void start();
  Process& process() { return process_; }
  std::uint16_t port() const { return port_; }                // by password
  std::uint16_t anonymousPort() const { return anonymous_; }  // without
  std::uint16_t devicesPort() const { return devices_; }      // the one for other machines, but for its TLS
  // Lines for robohub.yaml.
  std::string settings() const;

 private:
  const std::filesystem::path folder_;
  std::uint16_t port_ = 0, anonymous_ = 0, devices_ = 0;
  std::string scheme_ = "mqtt";
  Process process_;
};

// A client of the broker that keeps what it hears. Thread-safe.
class Client final : public mqtt::callback {
 public:
  // "": nobody. Throws when it is not let in.
  Client(std::uint16_t port, const std::string& user, const std::string& filter = "", const std::string& will = "",
         const std::string& id = "");
  ~Client() override;

  void publish(const std::string& topic, const std::string& payload, bool retained = false);
  // Without waiting; throws while Paho's queue is full.
  void post(const std::string& topic, const std::string& payload);
  // Gone without a word, so that its will is said.
  void vanish();
  // "topic payload" of everything that came, in order.
  std::vector<std::string> heard();
  bool hears(const std::string& message, std::chrono::milliseconds patience = 5s);

 private:
  void message_arrived(mqtt::const_message_ptr message) override;

  std::mutex mutex_;  // guards heard_
  std::vector<std::string> heard_;
  mqtt::async_client client_;
};

}  // namespace robohub::integration

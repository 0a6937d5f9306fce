#include "mqtt/broker.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace robohub::integration {

namespace {

// Taken and let go of: mosquitto cannot choose one itself.
std::uint16_t freePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (socket < 0 || ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port");
  ::close(socket);
  return ntohs(address.sin_port);
}

std::string shipped(const std::string& name) {
  std::ifstream in(std::string(TEST_SOURCES) + "/config/mosquitto/" + name);
  if (!in) throw std::runtime_error("there is no config/mosquitto/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("config/mosquitto/mosquitto.conf has no " + from);
  for (; at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
  ::chmod(file.c_str(), 0600);
}

}  // namespace

Broker::Broker(const std::filesystem::path& folder) : folder_(folder / "broker"), port_(freePort()) {
  while (anonymous_ == 0 || anonymous_ == port_) anonymous_ = freePort();
  while (devices_ == 0 || devices_ == port_ || devices_ == anonymous_) devices_ = freePort();
  std::filesystem::create_directory(folder_);
  std::string conf = shipped("mosquitto.conf");
  replace(conf, "/etc/mosquitto/robohub", folder_.string());
  replace(conf, "\nlistener 1884 ", "\nlistener " + std::to_string(port_) + " ");
  replace(conf, "\nlistener 1883 ", "\nlistener " + std::to_string(anonymous_) + " ");
  replace(conf, "\n#   listener 8883\n", "\n#   listener " + std::to_string(devices_) + " 127.0.0.1\n");
  for (const char* file : {"certfile", "keyfile"}) replace(conf, std::string("\n#   ") + file, "\n# ");
  replace(conf, "\n#   ", "\n");
  if (::geteuid() == 0) conf += "user root\n";
  write(folder_ / "mosquitto.conf", conf);
  write(folder_ / "acl", shipped("acl"));
  write(folder_ / "acl-anonymous", shipped("acl-anonymous"));
  write(folder_ / "passwords", "hub:hub-pass\nlamp:lamp-pass\nother:other-pass\n");
  write(folder_ / "hub.password", "hub-pass\n");
  Process hashing;
  hashing.start("/usr/bin/mosquitto_passwd", {"-U", (folder_ / "passwords").string()});
  if (hashing.exitCode().value_or(1) != 0) throw std::runtime_error("no passwords: " + hashing.output());
}

void Broker::tls(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  std::ifstream in(folder_ / "mosquitto.conf");
  std::string conf((std::istreambuf_iterator<char>(in)), {});
  replace(conf, "\nlistener " + std::to_string(port_) + " 127.0.0.1\n",
          "\nlistener " + std::to_string(port_) + " 127.0.0.1\ncertfile " + certificate.string() + "\nkeyfile " +
              key.string() + "\n");
  write(folder_ / "mosquitto.conf", conf);
  scheme_ = "mqtts";
}

void Broker::start() {
  process_.start("/usr/sbin/mosquitto", {"-c", (folder_ / "mosquitto.conf").string()});
  // Its log has the time before each line.
  if (!eventually([this] { return process_.output().find(" running") != std::string::npos || !process_.running(); }) ||
      !process_.running())
    throw std::runtime_error("mosquitto did not start:\n" + process_.output());
}

std::string Broker::settings() const {
  return "mqtt:\n  broker: " + scheme_ + "://127.0.0.1:" + std::to_string(port_) +
         "\n  user: hub\n  password_file: \"" + (folder_ / "hub.password").string() + "\"\n";
}

Client::Client(std::uint16_t port, const std::string& user, const std::string& filter, const std::string& will,
               const std::string& id)
    : client_("tcp://127.0.0.1:" + std::to_string(port), id) {
  client_.set_callback(*this);
  mqtt::connect_options options;
  options.set_mqtt_version(MQTTVERSION_3_1_1);
  options.set_clean_session(true);
  if (!user.empty()) {
    options.set_user_name(user);
    options.set_password(user + "-pass");
  }
  if (!will.empty()) options.set_will(mqtt::will_options(will, std::string("false"), 0, true));
  if (!client_.connect(options)->wait_for(5s)) throw std::runtime_error("the broker does not answer");
  if (!filter.empty() && !client_.subscribe(filter, 0)->wait_for(5s)) throw std::runtime_error("no subscription");
}

Client::~Client() {
  try {
    if (client_.is_connected()) client_.disconnect()->wait_for(2s);
  } catch (const mqtt::exception&) {
  }
}

void Client::publish(const std::string& topic, const std::string& payload, bool retained) {
  client_.publish(topic, payload.data(), payload.size(), 0, retained)->wait_for(2s);
}

void Client::post(const std::string& topic, const std::string& payload) {
  client_.publish(topic, payload.data(), payload.size(), 0, false);
}

// Paho says goodbye whenever it can, so the broker is given what it does not understand: it drops the connection.
void Client::vanish() {
  client_.publish(std::string("a/") + '\x01' + "#", "x", 1, 0, false);
}

std::vector<std::string> Client::heard() {
  const std::lock_guard lock(mutex_);
  return heard_;
}

bool Client::hears(const std::string& message, std::chrono::milliseconds patience) {
  return eventually(
      [&] {
        const auto all = heard();
        return std::find(all.begin(), all.end(), message) != all.end();
      },
      patience);
}

void Client::message_arrived(mqtt::const_message_ptr message) {
  const std::lock_guard lock(mutex_);
  heard_.push_back(message->get_topic() + " " + message->to_string());
}

}  // namespace robohub::integration

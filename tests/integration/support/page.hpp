// A person with a page open: a session and a live socket that speaks as the real page does.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "integration/support/hub_process.hpp"
#include "net/websocket_client.hpp"

namespace robohub::integration {

class Page {
 public:
  // Signs in as a guest, or goes on with the session of a cookie, and opens the live socket. `through`: another port
  // than the hub's, for somebody on the wire. Throws when that fails.
  Page(const HubProcess& hub, const std::string& name, const std::string& cookie = "", std::uint16_t through = 0);
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  const std::string& cookie() const { return cookie_; }
  void send(const std::string& text);
  // Watches and joins the line of the device, and waits for the turn. From then on every stamp is answered while
  // beating. False when no turn comes.
  bool drive(const std::string& device, std::chrono::milliseconds patience = 10s);
  void join(const std::string& device);
  std::uint64_t epoch(const std::string& device);  // of my turn; 0: none
  std::string turnState(const std::string& device);

  // Sends a command of my turn and waits for its end: its state, or "" when none came.
  std::string command(const std::string& device, const std::string& name, const std::string& params,
                      std::chrono::milliseconds patience = 5s);
  // The same with an epoch of the caller's; the error's code is kept.
  std::string commandOf(std::uint64_t epoch, const std::string& device, const std::string& name,
                        const std::string& params, std::chrono::milliseconds patience = 5s);
  // Sends it and does not wait; its key.
  std::string post(std::uint64_t epoch, const std::string& device, const std::string& name, const std::string& params);
  // Waits for the end of what was posted: its state, or "" when none came.
  std::string ended(const std::string& key, std::chrono::milliseconds patience = 5s);
  std::string lastError();

  // Answers stamps, or falls silent as a hidden tab does.
  void beating(bool on);
  std::int64_t lastBeatNs();
  // The newest beats, as ms before this moment: when the agent made each stamp, and when it was answered.
  std::string beatsBefore(std::int64_t at_ns);
  // Ends the socket without a word of the page (the connection is closed).
  void close();
  bool closed();

  // The state of the device's stop as this page was told last.
  std::string stopState(const std::string& device);
  // Every state that was told, in order.
  std::vector<std::string> stopStates(const std::string& device);
  bool until(const std::function<bool()>& holds, std::chrono::milliseconds patience = 5s);

 private:
  struct Known {
    std::string turn, stop;
    std::uint64_t epoch = 0;
    std::vector<std::string> stops;
  };
  void onText(std::string_view text);

  net::Loop loop_{"page"};
  std::thread thread_;
  std::string cookie_, driven_;
  std::unique_ptr<net::Pending> dialling_;
  std::shared_ptr<net::WebSocket> socket_;  // [loop]

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool up_ = false, closed_ = false, beating_ = true;
  std::string fault_;
  std::int64_t last_beat_ns_ = 0;
  struct Beat {
    std::int64_t made_ns, answered_ns;
  };
  std::deque<Beat> beats_;  // the newest
  std::map<std::string, Known> devices_;
  std::map<std::string, std::string> commands_;  // state by key
  std::string last_error_;
};

}  // namespace robohub::integration

// The hub's shell around DeviceControl: welcome, timer, what goes to the store, and what people are shown.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "control/device_control.hpp"
#include "link_model.hpp"
#include "store_model.hpp"
#include "world.hpp"

namespace simulation {

class HubModel : public Process {
 public:
  HubModel(World& world, LinkModel& link, StoreModel& store);

  void start();
  void crash();
  // An older state was put back: what was promised since then is not owed any more.
  void restored() { stop_promised_ = false; }
  void receive(const ConnectionPtr& connection, const robohub::link::AgentMessage& message);
  void lose(const ConnectionPtr& connection);

  // Runs an input of the rules and carries its effects out. Only while alive and not frozen.
  template <class Input>
  void input(Input input) {
    robohub::control::Effects effects;
    input(*control_, now(), effects);
    carryOut(effects);
    check();
    rearm();
  }
  void pressStop(const std::string& by);
  // ---- a moderator
  void hold(const std::string& by);
  void release(const std::string& by);
  void takeOver(const std::string& by, bool is_program);
  void command(const std::string& person, int intention, robohub::control::CommandRequest request);

  // What people's pages get, delays not included.
  std::function<void(const std::string& person, const robohub::control::YouView&)> tells_you;
  std::function<void(const std::string& person, Epoch, const robohub::link::Stamp&)> stamps;
  // Whether a stop that is sent now must arrive in time: nothing is broken between here and the output.
  std::function<bool()> way_is_clear;
  std::function<bool()> output_is_off;
  std::function<Epoch()> energised_epoch;  // 0: none

  const robohub::control::DeviceControl& control() const { return *control_; }
  const bool& stopShownConfirmed() const { return stop_shown_confirmed_; }
  robohub::control::StopState stopShown() const { return stop_shown_; }
  ConnectionPtr connection() const { return connection_; }

 private:
  robohub::MonoTime now() const { return robohub::fromNs(world_.time.now() + ms(5000)); }
  void carryOut(robohub::control::Effects& effects);
  void reserve(Epoch up_to);
  void persist(const robohub::control::StopRecord& record);
  void check();
  void rearm();
  void expectStop();
  void expectEnd(Epoch epoch);

  LinkModel& link_;
  std::optional<robohub::control::DeviceControl> control_;
  StoreModel& store_;
  robohub::control::StopRecord stop_written_;  // or on its way to the disk
  std::uint64_t stop_writes_ = 0;
  bool stop_promised_ = false;  // the newest stop was answered as written, and has not ended since
  bool saving_again_ = false;
  ConnectionPtr connection_;
  std::map<std::string, int> intentions_;  // by command id, of this life
  Time armed_ = 0;
  Epoch shown_epoch_ = 0;
  bool held_ = false;                 // as moderators were answered
  std::set<std::string> stepped_in_;  // took over, and have not had their turn yet
  bool time_was_up_ = false;
  bool stop_shown_confirmed_ = false;
  robohub::control::StopState stop_shown_ = robohub::control::StopState::none;
};

}  // namespace simulation

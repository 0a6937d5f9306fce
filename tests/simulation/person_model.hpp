// One person: pages that open, close, reload and fall silent, or a program that polls; who joins, drives, leaves,
// presses stop, and who also tries what is not his: commands of old and invented epochs, other people's stamps, the
// same command again.
#pragma once
#include <string>
#include <vector>

#include "hub_model.hpp"
#include "world.hpp"

namespace simulation {

// What anybody could have overheard.
struct Overheard {
  Epoch epoch = 0;
  robohub::link::Stamp stamp;
};

class PersonModel {
 public:
  PersonModel(World& world, HubModel& hub, Overheard& overheard, std::string name, bool is_program,
              bool is_administrator);

  void begin();
  void hubCrashed();
  void told(const robohub::control::YouView& you);               // by the hub, on its way to the pages
  void stamped(Epoch epoch, const robohub::link::Stamp& stamp);  // the same
  void settleDown();                                             // the calm part begins: awake, connected
  const std::string& name() const { return name_; }

 private:
  struct Request {
    robohub::control::CommandRequest request;
    int intention;
    std::uint64_t hub_life;
  };
  template <class What>
  void send(What what);  // to the hub, in order, if it is there
  bool reachable() const { return is_program_ || open_tabs_ > 0; }
  bool awake() const { return world_.time.now() >= silent_until_; }
  robohub::PersonId id() const { return *robohub::PersonId::parse(name_); }

  void openTab();
  void closeTab();
  void reopenAfter(Time delay);
  void poll();
  void act();
  void actOnTurn();
  void misbehave();
  void moderate();
  void join();
  void leave();
  void drive(Epoch epoch);
  void repeat();
  void sendRequest(const Request& request);

  World& world_;
  HubModel& hub_;
  Overheard& overheard_;
  const std::string name_;
  const bool is_program_;
  const bool is_administrator_;
  robohub::control::YouView you_;
  int open_tabs_ = 0;
  std::uint64_t tabs_life_ = 0;  // of the hub that the tabs are connected to
  Time order_up_ = 0, order_down_ = 0;
  Time silent_until_ = 0;
  std::vector<Request> sent_;
};

}  // namespace simulation

#include "history.hpp"

#include <memory>
#include <vector>

#include "agent_model.hpp"
#include "driver_model.hpp"
#include "hub_model.hpp"
#include "link_model.hpp"
#include "person_model.hpp"
#include "store_model.hpp"

namespace simulation {
namespace {

class History {
 public:
  History(std::uint64_t seed, Defect defect, bool traced)
      : world_(seed, defect, traced),
        link_(world_),
        store_(world_),
        hub_(world_, link_, store_),
        driver_(world_, hub_.stopShownConfirmed()),
        agent_(world_, link_, driver_, hub_) {
    connect();
    const std::size_t people = 2 + world_.chance.below(3);
    for (std::size_t i = 0; i < people; ++i)
      people_.push_back(std::make_unique<PersonModel>(world_, hub_, overheard_, "p" + std::to_string(i + 1),
                                                      i > 0 && world_.chance.percent(20), i == 0));
  }

  Outcome run() {
    hub_.start();
    agent_.start();
    for (auto& person : people_) person->begin();
    if (world_.chance.percent(30)) store_.backUp();
    chaos_ends_ = world_.chance.between(ms(1500), ms(8000));
    nextFault();
    nextReplay();
    const bool has_calm = world_.chance.percent(15) || world_.defect == Defect::endless_turns;
    if (runUntil(chaos_ends_) && has_calm) calm();
    return {world_.truth.violation(), world_.time.now(), world_.truth.turnCount(), world_.truth.executedCount(),
            events_};
  }

 private:
  void connect() {
    link_.hub_receives = [this](const auto& connection, const auto& message) { hub_.receive(connection, message); };
    link_.hub_loses = [this](const auto& connection) { hub_.lose(connection); };
    link_.agent_receives = [this](const auto& connection, const auto& message) { agent_.receive(connection, message); };
    link_.agent_loses = [this](const auto& connection) { agent_.lose(connection); };
    hub_.tells_you = [this](const std::string& name, const auto& you) {
      if (auto* person = find(name)) person->told(you);
    };
    hub_.stamps = [this](const std::string& name, Epoch epoch, const auto& stamp) {
      if (auto* person = find(name)) person->stamped(epoch, stamp);
    };
    hub_.way_is_clear = [this] {
      return link_.current && link_.current->carries && hub_.connection() == link_.current && !hub_.frozen() &&
             agent_.linkedBy(link_.current) && !agent_.frozen() && agent_.driverWell();
    };
    hub_.output_is_off = [this] { return !driver_.energised(); };
    hub_.energised_epoch = [this] { return driver_.energised() ? driver_.epoch() : 0; };
  }

  PersonModel* find(const std::string& name) {
    for (auto& person : people_)
      if (person->name() == name) return person.get();
    return nullptr;
  }

  bool runUntil(Time end) {
    while (world_.truth.violation().empty() && world_.time.step(end)) {
      ++events_;
      driver_.checkOutput();
    }
    return world_.truth.violation().empty();
  }

  void nextFault() {
    world_.time.at(world_.time.now() + world_.chance.between(ms(50), ms(900)), [this] {
      if (world_.calm) return;
      fault();
      nextFault();
    });
  }

  void nextReplay() {
    world_.time.at(world_.time.now() + world_.chance.between(ms(20), ms(300)), [this] {
      if (world_.calm) return;
      link_.replay();
      nextReplay();
    });
  }

  void fault() {
    const int roll = static_cast<int>(world_.chance.below(100));
    const Time a_while = world_.chance.between(ms(20), ms(900));
    if (roll < 35) {
      const Time hub_notices = world_.chance.percent(70) ? world_.chance.between(0, ms(400)) : -1;
      world_.trace("link", [] { return "BREAKS"; });
      link_.cut(link_.current, world_.chance.between(0, ms(600)), hub_notices);
    } else if (roll < 45) {
      world_.trace("hub", [] { return "FREEZES"; });
      world_.disturb();
      hub_.freeze(world_.time.now() + a_while);
    } else if (roll < 57) {
      world_.trace("agent", [] { return "FREEZES"; });
      world_.disturb();
      agent_.freeze(world_.time.now() + a_while);
    } else if (roll < 66) {
      crashHub(a_while);
    } else if (roll < 75) {
      // Nobody else may know how far the turns were counted: then the agent's machine goes on.
      if (store_.onDisk().epochs_reserved < world_.truth.newestEpoch()) return;
      agent_.crash();
      world_.time.at(world_.time.now() + a_while, [this] { startAgent(); });
    } else if (roll < 82) {
      world_.trace("driver", [] { return "HANGS"; });
      world_.disturb();
      driver_.hangs = true;
    } else if (roll < 88) {
      world_.trace("driver", [] { return "can no longer HALT"; });
      world_.disturb();
      driver_.halt_fails = true;
    } else if (roll < 94) {
      agent_.driverCrashes();
    } else {
      faultOfStore(a_while);
    }
    if (world_.chance.percent(15)) faultOfStore(a_while);
  }

  void faultOfStore(Time a_while) {
    switch (world_.chance.below(7)) {
      case 0:
        world_.trace("store", [] { return "is FULL"; });
        store_.full = true;
        return world_.time.at(world_.time.now() + a_while, [this] { store_.full = false; });
      case 1:
        world_.trace("store", [] { return "is SLOW"; });
        store_.slow_until = world_.time.now() + a_while;
        return;
      case 2:
        world_.trace("store", [] { return "will FAIL once"; });
        store_.breaks_once = true;
        return;
      case 3:
        world_.trace("store", [] { return "will lose its hub before it ANSWERS"; });
        store_.at_synced = [this, a_while] { crashHub(a_while); };
        return;
      default: world_.trace("store", [] { return "is backed up"; }); return store_.backUp();
    }
  }

  void startAgent() {
    if (!agent_.alive()) agent_.start();
  }

  void crashHub(Time down_for) {
    if (!hub_.alive()) return;
    hub_.crash();
    if (world_.chance.percent(50))
      store_.programDied();
    else
      store_.powerLost();
    for (auto& person : people_) person->hubCrashed();
    if (world_.chance.percent(30)) putBack();
    world_.time.at(world_.time.now() + down_for, [this] {
      if (!hub_.alive()) hub_.start();
    });
  }

  // Copied files do not say how far the turns were counted since; the agent does, if it has seen them all.
  void putBack() {
    if (world_.chance.percent(50)) {
      if (!store_.restore()) return;
      world_.trace("store", [] { return "is RESTORED"; });
    } else {
      if (!agent_.alive() || agent_.newestSeen() < world_.truth.newestEpoch() || !store_.copyBack()) return;
      world_.trace("store", [] { return "is COPIED BACK"; });
    }
    hub_.restored();
  }

  // Everything heals; whoever waits from then on must get a turn in a bounded time.
  void calm() {
    world_.trace("", [] { return "everything heals"; });
    world_.calm = true;
    store_.full = store_.breaks_once = false;
    store_.slow_until = 0;
    store_.at_synced = nullptr;
    driver_.hangs = driver_.halt_fails = false;
    if (!hub_.alive()) hub_.start();
    startAgent();
    for (auto& person : people_) person->settleDown();
    if (!runUntil(world_.time.now() + ms(2500))) return;

    const Time since = world_.time.now();
    const auto turn = hub_.control().turn(robohub::fromNs(since + ms(5000)));
    world_.trace("", [&] { return std::to_string(turn.waiting.size()) + " wait and must get a turn"; });
    constexpr Time kLongestTurn = ms(1500);
    constexpr Time kBetweenTurns = ms(300);
    const Time bound = static_cast<Time>(turn.waiting.size() + 1) * (kLongestTurn + kBetweenTurns);
    if (!runUntil(since + bound)) return;
    for (const auto& waiting : turn.waiting)
      if (!world_.truth.hadTurnSince(waiting.id.str(), since))
        world_.violated("nobody who stays in line starves: " + waiting.id.str() + " still waits");
    if (hub_.stopShown() == robohub::control::StopState::none && agent_.stopped())
      world_.violated("a stop that the device still has is shown");
    bool anybody = false;
    for (const auto& person : people_) anybody |= world_.truth.hadTurnSince(person->name(), since);
    if (anybody && world_.truth.lastEnergised() < since)
      world_.violated("a turn of a healthy device works: nothing was permitted in any");
    if (!anybody) world_.violated("a healthy device that everybody wants is driven by somebody");
  }

  World world_;
  Overheard overheard_;
  LinkModel link_;
  StoreModel store_;
  HubModel hub_;
  DriverModel driver_;
  AgentModel agent_;
  std::vector<std::unique_ptr<PersonModel>> people_;
  Time chaos_ends_ = 0;
  std::size_t events_ = 0;
};

}  // namespace

Outcome runHistory(std::uint64_t seed, Defect defect, bool traced) {
  return History(seed, defect, traced).run();
}

}  // namespace simulation

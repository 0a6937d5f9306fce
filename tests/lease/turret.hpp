// A turret behind a tapped wire, driven by people whose pages are tapped too, and somebody who has heard everything and
// says it again.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "integration/support/stage.hpp"
#include "integration/support/tap.hpp"

namespace lease {

namespace test = robohub::integration;
using namespace std::chrono_literals;

class Turret : public test::Stage {
 public:
  // `settings`: further lines for robohub.yaml.
  explicit Turret(const std::string& settings = "turns: {grace: 2s}\n");

  std::unique_ptr<test::Page> page(const std::string& name, const std::string& cookie = "");
  // Takes the turn, lights the laser and puts it out again. Fails the test when that does not work.
  void play(test::Page& page);
  // Gives the turn back and waits until it is over.
  void leave(test::Page& page);
  void cutWire();  // and waits for the next link
  void restartHub();
  void restartAgent();

  // Says everything again that would move something: on the wire what the hub said to the agent, as it was, under new
  // names and, where the link or turn that it was said for is over, under new sequence numbers; and waits until the
  // agent has looked at it all. How many messages.
  int sayAgainToAgent();
  // On a page what this or another page said to the hub; how many.
  int sayAgainToHub(test::Page& page);
  // The light did not go on since it was told to last.
  void checkDark(const char* moment);

  test::Laser& laser() { return *laser_; }
  test::Tap& wire() { return *wire_; }
  test::Tap& pages() { return *pages_; }
  int timesOn() const { return times_on_; }

 private:
  std::string freshStamp();
  std::unique_ptr<test::Tap> wire_, pages_;
  std::unique_ptr<test::Laser> laser_;
  int times_on_ = 0;      // that somebody meant to
  std::size_t over_ = 0;  // so much of what the hub said is of turns or links that are over
  int rounds_ = 0;
};

}  // namespace lease

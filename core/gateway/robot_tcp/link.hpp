// One robot that is a device of the hub, between its wire and its ForeignDevice: commands become the objects that the
// robot knows, what it says becomes channels, and browsers that are tied to it get its messages as they are.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "gateway/foreign_device.hpp"
#include "gateway/robot_tcp/message_fields.hpp"
#include "gateway/robot_tcp/objects.hpp"
#include "gateway/robot_tcp/settings.hpp"
#include "gateway/robot_tcp/type.hpp"

namespace robohub::gateway {

// The settings with what follows from them; replaced whole at a reload. Immutable.
struct RobotRules {
  RobotSettings settings;
  std::shared_ptr<const RobotType> type;
};

// Where objects are written to. [the device's loop]
class RobotWire {
 public:
  virtual ~RobotWire() = default;
  // False: too much waits.
  virtual bool say(std::string object) = 0;
  virtual void drive(const RobotMotors& motors, MonoTime now) = 0;
  // False: the connection is gone.
  virtual bool halt() = 0;
  virtual RobotMotors motors() const = 0;
  // Says why and closes once everything has left.
  virtual void closeSoon(std::string_view why) = 0;
};

// A browser that is tied. [the device's loop]
class RobotWatcher {
 public:
  virtual ~RobotWatcher() = default;
  // `frame`: one message of the robot as a WebSocket frame.
  virtual void robotSaid(const SharedBytes& frame) = 0;
  // The robot is gone; untied already.
  virtual void robotGone() = 0;
};

struct RobotFacts {
  std::string id, name;  // as it calls itself
  std::string address;
};

// [the device's loop]. Held by its ForeignDevice and its connection.
class RobotLink final : public ForeignLink, public std::enable_shared_from_this<RobotLink> {
 public:
  // `wire` must stay until lost() or RobotWire::closeSoon().
  static std::shared_ptr<RobotLink> begin(const std::shared_ptr<live::LiveDevice>& device, RobotWire& wire,
                                          std::shared_ptr<const RobotRules> rules, const RobotFacts& robot);
  RobotLink(const std::shared_ptr<live::LiveDevice>& device, RobotWire& wire, std::shared_ptr<const RobotRules> rules,
            const RobotFacts& robot);

  // A message of the robot; `text` is what was read, `now` when.
  void heard(const RobotMessage& message, std::string_view text, MonoTime now);
  // The connection is gone.
  void lost();
  // The robot must go: it is made safe, and its wire closed.
  void end(const char* why);
  // Something that the robot says cannot be used; told once a minute.
  void complain(const std::string& why);

  void tie(RobotWatcher* watcher);
  void untie(RobotWatcher* watcher);

  // Straight to the wire, for whoever holds the turn: nothing happens, and false, unless outputs may be energised for
  // this turn now.
  bool drive(const RobotMotors& motors, Epoch epoch);
  bool pass(std::string object, Epoch epoch);
  // As the robot was told last.
  RobotMotors motors() const { return wire_ ? wire_->motors() : RobotMotors{}; }

  const std::shared_ptr<ForeignDevice>& foreign() const { return foreign_; }
  const RobotRules& rules() const { return *rules_; }
  // Other settings count from now on, but for what the device can do: that is said when its robot connects.
  void follow(const RobotRules& rules);
  bool over() const { return !foreign_ || foreign_->over(); }
  // Nothing comes after it; a link that is only over() is taken up again in a moment.
  bool closed() const { return !wire_; }

  std::optional<link::Outcome> run(const link::RunCommand& command) override;
  Status halt(link::HaltReason reason) override;
  void ended(std::string_view why, bool for_good) override;

 private:
  void takeUp();
  Status carryOut(const link::RunCommand& command, const json::Object& params);
  void orientation(const RobotMessage& message, MonoTime now);
  void climate(const RobotMessage& message, MonoTime now);
  void message(const RobotMessage& message);
  bool further(const RobotMessage& message, std::string_view text);
  void numbers(const std::optional<NumberChannel>& quick, const char* channel, MonoTime& told, MonoTime now,
               const char* const* names, const double* values);
  void outputsChanged();
  void tellOutputs();
  void letGo();
  MonoTime now() const { return device_->services().clock.now(); }

  RobotWire* wire_;  // null once it is closed
  const std::shared_ptr<live::LiveDevice> device_;
  std::shared_ptr<const RobotRules> rules_;
  const ForeignFacts facts_;
  std::shared_ptr<ForeignDevice> foreign_;
  bool ending_ = false;
  std::vector<RobotWatcher*> watchers_;
  bool tenths_ = false;  // as this robot was once seen to mean it
  bool led_ = false, buzzer_ = false;
  bool telling_outputs_ = false;
  MonoTime orientation_told_ = MonoTime::min(), climate_told_ = MonoTime::min();
  std::uint64_t complaints_ = 0;
  MonoTime complained_ = MonoTime::min();
};

}  // namespace robohub::gateway

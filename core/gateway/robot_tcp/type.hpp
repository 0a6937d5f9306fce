// What a robot can do over its plain link: its plugin's type without what the wire cannot carry, with the further types
// that the configuration declares as commands. Made once for each set of settings; immutable. [any-thread]
#pragma once
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/robot_tcp/objects.hpp"
#include "gateway/robot_tcp/settings.hpp"
#include "live/type_catalogue.hpp"
#include "telemetry/channel_shape.hpp"

namespace robohub::gateway {

inline constexpr const char* kRobotType = "motor_robot";

// A channel of nothing but bounded numbers, which can be checked without building a tree of the value.
class NumberChannel {
 public:
  // Nothing when the type has no such channel, or one of another shape.
  static std::optional<NumberChannel> of(const plugin::DeviceType& type, std::string_view channel,
                                         std::vector<std::string> fields);
  // Whether the values, in the order of the fields, fit the channel's schema. Not finite never does.
  bool fits(const double* values) const;
  // At most so often a second.
  Duration interval() const { return interval_; }
  const std::shared_ptr<const telemetry::ChannelShape>& shape() const { return shape_; }
  // The values, which are in the order of the fields, in that of the shape's.
  static constexpr std::size_t kMostFields = 4;
  std::array<double, kMostFields> sorted(const double* values) const;

 private:
  struct Range {
    double low = 0, high = 0;
  };
  std::vector<Range> ranges_;
  Duration interval_{};
  std::shared_ptr<const telemetry::ChannelShape> shape_;
  std::array<std::size_t, kMostFields> places_{};  // in the shape, by field
};

struct RobotType {
  live::InstalledTypePtr type;  // null: the plugin is not installed here
  std::optional<NumberChannel> orientation, climate;
  bool shows_outputs = false;  // has the channel `outputs`, and what outputsJson() writes fits it
  // Of the declared types of messages: the command that each is, by what stands in `type`.
  std::map<std::string, std::string, std::less<>> commands;

  // What stands in `type` of the message that such a command is.
  std::string_view typeOf(std::string_view command) const;
};

// The value of the channel `outputs`.
std::string outputsJson(bool led, bool buzzer, const RobotMotors& motors);

// Errors: those of the manifest, when what is left of the type makes no type.
Result<std::shared_ptr<const RobotType>> robotType(const live::TypeCatalogue& catalogue, const RobotSettings& settings);

}  // namespace robohub::gateway

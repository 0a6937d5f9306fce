// What the robot declares: commands, telemetry, pictures, sound, safety and panels.
#include "motor_robot/driver.hpp"

namespace motor_robot {

namespace {

rh::Param motor(const char* name, const char* title) {
  return rh::object(name, {rh::choice("dir", {"CW", "CCW"}).title("Direction"),
                           rh::number("speed", 0, 100).title("Speed").unit("%")})
      .title(title);
}

}  // namespace

rh::Type<Driver> Driver::type() {
  return rh::Type<Driver>("motor_robot", "1.0.0")
      .title("Motor robot")
      .vendor("Robohub")
      .licence("Apache-2.0")
      .permission("i2c")
      .permission("gpio")
      .permission("pwm")
      .description("A robot on two motors, with a light, a buzzer, a tilt sensor and a barometer.")
      .hazard("motion")
      .deadman(std::chrono::milliseconds(300))
      .halts("Motors without power, buzzer off")
      .command<&Driver::drive>("drive", "Turn the wheels: forward is positive",
                               {rh::number("left_percent", -100, 100).title("Left").initial(0),
                                rh::number("right_percent", -100, 100).title("Right").initial(0)})
      .hazardous()
      .ttl(std::chrono::milliseconds(500))
      .panel()
      .command<&Driver::stop>("stop", "Take the power from both motors")
      .panel()
      .command<&Driver::led>("led", "Switch the light", {rh::boolean("on").title("On")})
      .title("Light")
      .panel()
      .command<&Driver::buzzer>("buzzer", "Switch the buzzer", {rh::boolean("on").title("On")})
      .panel()
      .command<&Driver::message>("message", "Show a line of text at the robot", {rh::text("text", 120).title("Text")})
      .panel()
      .channel("orientation",
               {rh::number("pitch_deg", -180, 180).title("Pitch"), rh::number("roll_deg", -180, 180).title("Roll")})
      .value()
      .maxRate(20)
      .channel("climate", {rh::number("temperature_cel", -100, 200).title("Temperature").unit("Cel"),
                           rh::number("pressure_pa", 0, 200000).title("Pressure").unit("Pa")})
      .value()
      .maxRate(5)
      .channel("message", {rh::text("text", 1000).title("Text")})
      .channel("outputs", {rh::boolean("led").title("Light"), rh::boolean("buzzer").title("Buzzer"),
                           motor("m1", "Motor 1 (left)"), motor("m2", "Motor 2 (right)")})
      .maxRate(20)
      .stream("main", 640, 480)
      .sound("sound", 16000)
      .panel("rh-motor-robot-drive", "panel.js", "side", "Drive")
      .panel("rh-motor-robot-body", "panel.js", "side", "Orientation");
}

}  // namespace motor_robot

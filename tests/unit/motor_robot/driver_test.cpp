#include "motor_robot/driver.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "unit/motor_robot/robot_on_bench.hpp"

using namespace motor_robot;
using namespace motor_robot::test;

TEST_CASE("an opened robot has everything off and says so") {
  Robot robot;
  REQUIRE(robot.opened().status == RH_OK);
  CHECK(robot.quiet());
  CHECK_FALSE(robot.lab().led().level());
  CHECK_FALSE(robot.lab().buzzer().level());
  CHECK(robot.lab().led().requested());
  const rh::Json outputs = robot.outputs();
  CHECK_FALSE(outputs.get<bool>("led"));
  CHECK_FALSE(outputs.get<bool>("buzzer"));
  CHECK(outputs.find("m1")->get<double>("speed") == 0);
  CHECK(robot.host().latest("message").get<std::string>("text").empty());
}

TEST_CASE("forward is counter-clockwise on the left and clockwise on the right, as hard as was asked for") {
  Robot robot;
  robot.permit(1);
  REQUIRE(robot.drive(60, 100).status == RH_OK);
  CHECK(robot.motors() == "CCW 600, CW 1000");
  REQUIRE(robot.drive(-25, -50).status == RH_OK);
  CHECK(robot.motors() == "CW 250, CCW 500");
  REQUIRE(robot.drive(0, 40).status == RH_OK);
  CHECK(robot.motors() == "off, CW 400");
  const rh::Json outputs = robot.outputs();
  CHECK(outputs.find("m1")->get<double>("speed") == 0);
  CHECK(outputs.find("m2")->get<std::string>("dir") == "CW");
  CHECK(outputs.find("m2")->get<double>("speed") == 40);
  REQUIRE(robot.command("stop").status == RH_OK);
  CHECK(robot.quiet());
}

TEST_CASE("no speed means no pulses and both lines low") {
  Robot robot;
  robot.permit(1);
  REQUIRE(robot.drive(80, -80).status == RH_OK);
  REQUIRE(robot.drive(0, 0).status == RH_OK);
  CHECK(robot.quiet());
  CHECK(robot.outputs().find("m2")->get<double>("speed") == 0);
}

TEST_CASE("speeds beyond a hundred are refused and nothing changes") {
  Robot robot;
  robot.permit(1);
  REQUIRE(robot.drive(30, 30).status == RH_OK);
  CHECK(robot.drive(101, 0).status == RH_INVALID_ARGUMENT);
  CHECK(robot.command("drive", R"({"left_percent":10})").status == RH_INVALID_ARGUMENT);
  CHECK(robot.command("drive", R"({"left_percent":"10","right_percent":0})").status == RH_INVALID_ARGUMENT);
  CHECK(robot.motors() == "CCW 300, CW 300");
}

TEST_CASE("without a permit no motor turns and no buzzer sounds, but the light may be switched") {
  Robot robot;
  CHECK(robot.drive(50, 50).status == RH_NOT_PERMITTED);
  CHECK(robot.command("buzzer", R"({"on":true})").status == RH_NOT_PERMITTED);
  CHECK(robot.quiet());
  CHECK_FALSE(robot.lab().buzzer().level());
  CHECK(robot.command("buzzer", R"({"on":false})").status == RH_OK);
  CHECK(robot.command("stop").status == RH_OK);
  CHECK(robot.command("led", R"({"on":true})").status == RH_OK);
  CHECK(robot.lab().led().level());
  CHECK(robot.outputs().get<bool>("led"));
  robot.permit(1, 0.0);
  CHECK(robot.drive(50, 50).status == RH_NOT_PERMITTED);
  CHECK(robot.quiet());
}

TEST_CASE("a halt takes motors and buzzer off and leaves the light; the turn's next order drives again") {
  Robot robot;
  robot.permit(3);
  REQUIRE(robot.drive(50, 50).status == RH_OK);
  REQUIRE(robot.command("buzzer", R"({"on":true})").status == RH_OK);
  REQUIRE(robot.command("led", R"({"on":true})").status == RH_OK);
  CHECK(robot.lab().buzzer().level());
  CHECK(robot.halt().status == RH_OK);
  CHECK(robot.quiet());
  CHECK_FALSE(robot.lab().buzzer().level());
  CHECK(robot.lab().led().level());
  CHECK_FALSE(robot.outputs().get<bool>("buzzer"));
  CHECK(robot.outputs().find("m1")->get<double>("speed") == 0);
  CHECK(robot.drive(50, 50).status == RH_NOT_PERMITTED);
  robot.permit(3);
  CHECK(robot.quiet());
  CHECK(robot.drive(50, 50).status == RH_OK);
}

TEST_CASE("a message shows on its channel as it is, and in the log as one line") {
  Robot robot;
  REQUIRE(robot.command("message", R"({"text":"Grüße\nvon hier"})").status == RH_OK);
  CHECK(robot.host().latest("message").get<std::string>("text") == "Grüße\nvon hier");
  CHECK(robot.host().awaitLog("Message:") == "Message: Grüße von hier");
  CHECK(robot.command("message", rh::Json{{"text", std::string(121, 'x')}}.dump()).status == RH_INVALID_ARGUMENT);
}

TEST_CASE("an enable pin that fails leaves both motors off, or says that they are not") {
  Robot robot;
  robot.permit(1);
  REQUIRE(robot.drive(50, 50).status == RH_OK);
  robot.lab().in1(1).fail(EIO);
  const Outcome refused = robot.drive(60, -60);
  CHECK(refused.status == RH_UNAVAILABLE);
  CHECK_THAT(refused.text, Catch::StartsWith("The motors did not take the order: lab, IN1 of motor 2"));
  CHECK_THAT(refused.text, Catch::Contains("They did NOT switch off"));
  CHECK(robot.lab().motor(0).off());
  CHECK(robot.lab().motor(1).duty_per_mille == 0);

  robot.lab().in1(1).fail(0);
  REQUIRE(robot.drive(50, 50).status == RH_OK);
  robot.lab().failEnable(0, EIO);
  CHECK(robot.drive(70, 70).status == RH_UNAVAILABLE);
  CHECK(robot.lab().motor(1).off());
  // Without its pulses ended, its lines are low at least.
  CHECK_FALSE(robot.lab().motor(0).in1);
  CHECK_FALSE(robot.lab().motor(0).in2);
}

TEST_CASE("a halt that the pins do not take is not reported as one, and the other motor is off") {
  Robot robot;
  robot.permit(1);
  REQUIRE(robot.drive(50, 50).status == RH_OK);
  robot.lab().failEnable(0, EIO);
  const Outcome halted = robot.halt();
  CHECK(halted.status == RH_UNAVAILABLE);
  CHECK(halted.text == "The motors' pins did not take the order to switch off.");
  CHECK(robot.lab().motor(1).off());
  CHECK(robot.outputs().find("m1")->get<double>("speed") == 50);
  robot.lab().failEnable(0, 0);
  CHECK(robot.halt().status == RH_OK);
  CHECK(robot.quiet());
}

TEST_CASE("a robot whose pins fail at opening does not open and says which") {
  Robot robot(R"({"hardware":"model"})", [](LabBench& lab) { lab.in1(0).fail(EBUSY); });
  CHECK(robot.opened().status == RH_UNAVAILABLE);
  CHECK(robot.opened().text == "Requesting lab, IN1 of motor 1: Device or resource busy");
}

TEST_CASE("on a machine without the hardware a real robot says what is missing") {
  Settings settings;
  settings.gpio_chip = "/dev/gpiochip-none";
  Robot no_chip("{}", linuxBench(settings));
  CHECK(no_chip.opened().status == RH_UNAVAILABLE);
  CHECK(no_chip.opened().text == "Opening GPIO chip /dev/gpiochip-none: No such file or directory");
  settings.pwm_chip = "/sys/class/pwm/pwmchip-none";
  Robot no_pwm("{}", linuxBench(settings));
  CHECK(no_pwm.opened().text == "Opening /sys/class/pwm/pwmchip-none/export: No such file or directory");
}

TEST_CASE("the end of a turn takes everything off, and its orders drive no more") {
  Robot robot;
  robot.permit(1);
  REQUIRE(robot.drive(50, 50).status == RH_OK);
  robot.end();
  CHECK(robot.quiet());
  CHECK(robot.drive(10, 10).status == RH_NOT_PERMITTED);
}

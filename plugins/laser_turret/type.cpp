// What the turret declares: commands, telemetry, pictures, safety and panels.
#include "laser_turret/cat_laser.hpp"
#include "laser_turret/driver.hpp"
#include "laser_turret/lab/image.hpp"

namespace laser_turret {

rh::Type<Driver> Driver::type() {
  const rh::Param pair = rh::object("pair", {rh::number("x_px", -4096, 4096), rh::number("y_px", -4096, 4096),
                                             rh::number("x_counts", 0, 4095), rh::number("y_counts", 0, 4095)});
  return rh::Type<Driver>("laser_turret", "1.0.0")
      .title("Laser turret")
      .vendor("Robohub")
      .licence("Apache-2.0")
      .permission("i2c")
      .permission("gpio")
      .description("A laser pointer on two servos: click in the picture, and the dot goes there.")
      .hazard("laser")
      .deadman(std::chrono::milliseconds(500))
      .halts("Laser off, servos hold")
      .command<&Driver::aim>("aim", "Put the dot on a pixel of the picture",
                             {rh::number("x_px", 0, 4095).title("Across"), rh::number("y_px", 0, 4095).title("Down")})
      .hazardous()
      .panel()
      .command<&Driver::laser>("laser", "Switch the laser", {rh::boolean("on").title("On")})
      .panel()
      .command<&Driver::nudge>(
          "nudge", "Turn one servo a little",
          {rh::choice("axis", {"x", "y"}).title("Axis"), rh::integer("counts", -100, 100).unit("counts").title("By")})
      .hazardous()
      .panel()
      .command<&Driver::servo>(
          "servo", "Turn both servos to typed positions",
          {rh::integer("x_counts", 150, 600).title("x servo"), rh::integer("y_counts", 150, 600).title("y servo")})
      .hazardous()
      .panel()
      .command<&Driver::calibrate>("calibrate",
                                   "Take four picture points and the servo positions that put the dot on them",
                                   {rh::array("pairs", pair, 4, 4).title("Points")})
      .ttl(std::chrono::seconds(30))  // it waits for a disk, and a slow card takes seconds
      .result({rh::number("residual_counts", 0, 1e6)})
      .panel()
      .command<&Driver::centre>("centre", "Turn both servos to their middle")
      .hazardous()
      .panel()
      .channel("pointing", {rh::integer("x_counts", 0, 4095).title("Horizontal servo").unit("counts"),
                            rh::integer("y_counts", 0, 4095).title("Vertical servo").unit("counts"),
                            rh::boolean("laser").title("Laser"), rh::boolean("energised").title("Energised"),
                            rh::number("x_px", -4096, 4096).title("Dot x").unit("px").optional(),
                            rh::number("y_px", -4096, 4096).title("Dot y").unit("px").optional()})
      .maxRate(50)
      .channel("calibration",
               {rh::boolean("calibrated").title("Calibrated"), rh::boolean("allowed").title("May be calibrated"),
                rh::array("pairs", pair, 0, 4).title("Points"),
                rh::number("residual_counts", 0, 1e6).title("Residual").unit("counts")})
      .translator<CatLaser>({"aim"})
      .stream("main", kPictureWidth, kPictureHeight)
      .panel("rh-laser-turret-aim", "panel.js", "video", "Aim")
      .panel("rh-laser-turret-controls", "panel.js", "side", "Turret");
}

}  // namespace laser_turret

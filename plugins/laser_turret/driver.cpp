#include "laser_turret/driver.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "laser_turret/standing.hpp"

namespace laser_turret {
namespace {

std::string text(Counts counts) {
  return "x " + std::to_string(counts.x) + ", y " + std::to_string(counts.y) + " counts";
}

std::string text(Point pixel) {
  return "(" + std::to_string(std::lround(pixel.x)) + ", " + std::to_string(std::lround(pixel.y)) + ")";
}

}  // namespace

Driver::Driver(rh::Context context) : Driver(context, Settings::fromJson(context.config()), nullptr) {}

Driver::Driver(rh::Context context, const Settings& settings, std::unique_ptr<Bench> bench)
    : context_(std::move(context)), settings_(settings), bench_(std::move(bench)) {
  try {
    if (!bench_) bench_ = benchFor(settings_);
    laser_ = bench_->requestLaser();  // low, before anything else is touched
    counts_ = startServos(bench_->openServos());
  } catch (const rh::hw::OpenError& error) {
    throw rh::unavailable(error.what());
  }
  calibration_ = loadCalibration();
  publishPointing();
  publishCalibration();
}

Counts Driver::startServos(std::unique_ptr<rh::hw::I2cDevice> bus) {
  rh::hw::IoStatus status;
  const auto standing = standingCounts(*bus, settings_, status);
  if (!status.ok()) throw rh::unavailable("The servos' chip could not be read: " + status.message());
  if (standing) status = bus->writeRegister(rh::hw::pca9685::kMode1, rh::hw::pca9685::kMode1AutoIncrement);
  servos_ = std::make_unique<rh::hw::Pca9685>(std::move(bus));
  if (standing) {
    // A driver before this one was killed, perhaps because of a stop: who opens anew must not swing the servos.
    if (!status.ok()) throw rh::unavailable("The servos could not be taken over: " + status.message());
    return *standing;
  }
  const int centre = settings_.servo.centre_counts;
  status = servos_->start(settings_.frequency_hz);
  if (status.ok())
    status = servos_->setCounts(settings_.x_channel, static_cast<unsigned>(centre), settings_.y_channel,
                                static_cast<unsigned>(centre));
  if (!status.ok()) throw rh::unavailable("The servos could not be centred: " + status.message());
  return {centre, centre};
}

Driver::~Driver() {
  // Best effort: the line is released anyway, and servos without pulses are limp rather than straining.
  (void)switchLaser(false);
  (void)servos_->allOff();
}

std::optional<Calibration> Driver::loadCalibration() const {
  try {
    if (const auto kept = context_.loadState()) return Calibration::fromState(*kept);
  } catch (const rh::Fault& fault) {
    context_.error(std::string("The kept calibration cannot be used, so the turret is uncalibrated: ") + fault.what());
    return std::nullopt;
  }
  if (!settings_.calibration_file.empty()) {
    const Calibration imported = Calibration::importFile(settings_.calibration_file);
    context_.info("Imported the calibration of " + settings_.calibration_file + ".");
    return imported;
  }
  // Not kept: the lab's own points belong to the lab's version.
  if (const auto pairs = bench_->measuredPairs()) return Calibration(*pairs);
  return std::nullopt;
}

rh::Json Driver::calibrate(const std::vector<Pair>& list) {
  if (!settings_.allow_calibration)
    throw rh::conflict(std::string("The calibration is not to be changed from the page") +
                       (settings_.keep_out.empty() ? "" : ", because areas are kept out by it") +
                       "; the operator can set allow_calibration: true in agent.yaml. Nothing was changed.");
  if (list.size() != 4) throw rh::invalid("A calibration needs exactly four pairs.");
  Pairs pairs;
  std::copy(list.begin(), list.end(), pairs.begin());
  const Calibration calibration(pairs);
  try {
    context_.saveState(calibration.toState());
  } catch (const rh::Fault& fault) {
    if (fault.status() != RH_UNSUPPORTED) throw;
    context_.warning("This host keeps no state: the calibration is gone when the device is closed.");
  }
  adopt(calibration);
  return rh::Json{{"residual_counts", calibration.residualCounts()}};
}

void Driver::adopt(const Calibration& calibration) {
  {
    const rh::Lock lock(mutex_);
    calibration_.emplace(calibration);
  }
  publishCalibration();
  if (isLit() && !keptOut(position()).empty()) return laser(false);
  publishPointing();
}

void Driver::requireReachable(Counts counts, const std::string& what) const {
  if (settings_.servo.allows(counts.x) && settings_.servo.allows(counts.y)) return;
  throw rh::invalid(what + " is out of the servos' reach (" + text(counts) + "; allowed are " +
                    std::to_string(settings_.servo.min_counts) + " to " + std::to_string(settings_.servo.max_counts) +
                    "). Nothing was moved.");
}

std::string Driver::keptOut(Point pixel) const {
  for (const KeepOut& area : settings_.keep_out) {
    if (!area.contains(pixel)) continue;
    return "The point " + text(pixel) + " lies in an area that is kept out (from " + text(Point{area.x_px, area.y_px}) +
           " to " + text(Point{area.x_px + area.width_px, area.y_px + area.height_px}) + ").";
  }
  return {};
}

std::string Driver::keptOut(Counts counts) const {
  if (settings_.keep_out.empty()) return {};
  const auto measured = calibration();
  if (!measured) {
    if (settings_.allow_calibration) return {};
    return "There are areas that are kept out, and without a calibration nobody can tell where they are; to measure "
           "one, the operator sets allow_calibration: true in agent.yaml.";
  }
  if (const auto pixel = measured->pixelOf(counts)) return keptOut(*pixel);
  return "The position (" + text(counts) +
         ") is beyond the horizon of the calibration, and there are areas that are kept out.";
}

void Driver::aim(double x_px, double y_px) {
  const auto measured = calibration();
  if (!measured) throw rh::conflict("The turret is not calibrated yet: measure four points first.");
  const Point pixel{x_px, y_px};
  if (const std::string why = keptOut(pixel); !why.empty()) throw rh::invalid(why + " Nothing was moved.");
  const auto counts = measured->countsOf(pixel);
  if (!counts)
    throw rh::invalid("The point " + text(pixel) + " is beyond the horizon of the calibration. Nothing was moved.");
  requireReachable(*counts, "The point " + text(pixel));
  // Counts are whole: beside an area's border the dot may come to lie inside.
  if (const std::string why = keptOut(*counts); !why.empty()) throw rh::invalid(why + " Nothing was moved.");
  move(*counts);
  // A dead-man or a stop has put the laser out, the turn goes on and its holder aims again: he gets his dot back.
  if (wanted_ && settings_.laser_follows_turn && turn_ == turn() && !isLit()) light();
}

void Driver::servo(int x_counts, int y_counts) {
  const Counts counts{x_counts, y_counts};
  requireReachable(counts, "This position");
  if (const std::string why = keptOut(counts); !why.empty()) throw rh::invalid(why + " Nothing was moved.");
  move(counts);
}

void Driver::nudge(const std::string& axis, int counts) {
  Counts to = position();
  (axis == "x" ? to.x : to.y) += counts;
  servo(to.x, to.y);
}

void Driver::centre() {
  servo(settings_.servo.centre_counts, settings_.servo.centre_counts);
}

void Driver::move(Counts counts) {
  rh::hw::IoStatus status;
  if (servos_reset_) {
    // Gives no pulse yet, so it needs no permit; the laser is out since the reset was seen. The servos are limp then,
    // also where a halt or the bus keeps their position from them.
    astray_ = true;
    status = servos_->start(settings_.frequency_hz);
  }
  if (status.ok()) {
    servos_reset_ = false;
    whilePermitted([&] {
      // Of a message that is broken off the chip takes what has come: one servo moves, or to half of a number.
      astray_ = true;
      status = servos_->setCounts(settings_.x_channel, static_cast<unsigned>(counts.x), settings_.y_channel,
                                  static_cast<unsigned>(counts.y));
      servos_reset_ = status.error() == EAGAIN;
      if (!status.ok()) return;
      astray_ = false;
      const rh::Lock lock(mutex_);
      counts_ = counts;
    });
  }
  if (status.ok()) return publishPointing();
  wanted_ = false;
  const rh::hw::IoStatus off = switchLaser(false);
  publishPointing();
  throw rh::unavailable("The servos did not take the new position: " + status.message() +
                        (off.ok() ? ". The laser is off." : ". The laser did NOT switch off: " + off.message()));
}

std::optional<Calibration> Driver::calibration() const {
  const rh::Lock lock(mutex_);
  return calibration_;
}

Counts Driver::position() const {
  const rh::Lock lock(mutex_);
  return counts_;
}

bool Driver::isLit() const {
  const rh::Lock lock(mutex_);
  return lit_;
}

rh::hw::IoStatus Driver::switchLaser(bool on) {
  rh::hw::IoStatus status = laser_->set(on);
  if (status.ok()) {
    const rh::Lock lock(mutex_);
    lit_ = on;
  }
  return status;
}

void Driver::refuseToLight(const std::string& why) {
  const rh::hw::IoStatus off = switchLaser(false);
  publishPointing();
  throw rh::unavailable("Nobody knows where the laser points: " + why +
                        (off.ok() ? ". It is off." : ". It did NOT switch off: " + off.message()));
}

void Driver::light() {
  if (astray_) refuseToLight("the servos did not take their last position, or have lost it; aim first");
  if (const std::string why = keptOut(position()); !why.empty()) throw rh::invalid(why + " The laser stays off.");
  // Servos whose chip was reset are limp.
  if (const auto servos = servos_->stillRuns(); !servos.ok()) {
    if (servos.error() == EAGAIN) servos_reset_ = astray_ = true;
    refuseToLight(servos.message());
  }
  rh::hw::IoStatus status;
  whilePermitted([&] { status = switchLaser(true); });
  publishPointing();
  if (!status.ok()) throw rh::unavailable("The laser did not switch on: " + status.message());
}

void Driver::laser(bool on) {
  if (on) {
    light();
    wanted_ = true;
    return;
  }
  wanted_ = false;
  const rh::hw::IoStatus status = switchLaser(false);
  publishPointing();
  if (!status.ok()) throw rh::unavailable("The laser did NOT switch off: " + status.message());
}

void Driver::halt() noexcept {
  try {
    if (!switchLaser(false).ok()) haltFailed("The laser's line did not take the order to switch off.");
    publishPointing();
  } catch (...) {
    haltFailed("The laser may not be off.");
  }
}

void Driver::onPermit(std::uint64_t epoch) {
  // The host says turn(0) and turn(epoch) again behind every halt. A turn that goes on begins nothing: the laser stays
  // off until its holder wants something, and what he had switched off he has still switched off. A driver that was
  // opened within the turn knows nothing of that, and takes it that he wants no light.
  const bool begins = epoch != turn_;
  turn_ = epoch;
  if (begins) wanted_ = settings_.laser_follows_turn && !context_.turnGoesOn(epoch);
  if (begins && wanted_ && epoch == turn() && !astray_ && keptOut(position()).empty()) return light();
  publishPointing();
}

void Driver::onPermitEnd() {
  const rh::hw::IoStatus status = switchLaser(false);
  publishPointing();
  if (!status.ok()) throw rh::unavailable("The laser did NOT switch off: " + status.message());
}

void Driver::watch(const std::string& stream, bool on) {
  if (stream != "main") return;
  bench_->watch(on, [context = context_](const std::uint8_t* jpeg, std::size_t size, std::int64_t t_ns) {
    context.frame("main", jpeg, size, t_ns);
  });
}

void Driver::quiesce() {
  bench_->quiesce();
}

void Driver::publishPointing() const {
  // Built and given away in one go: an older value that overtook a newer one would show a laser that is off as lit.
  const rh::Lock in_order(publish_mutex_);
  rh::Json value{{"energised", permitted()}};
  {
    const rh::Lock lock(mutex_);
    value["x_counts"] = counts_.x;
    value["y_counts"] = counts_.y;
    value["laser"] = lit_;
    const auto pixel = calibration_ ? calibration_->pixelOf(counts_) : std::nullopt;
    const auto shown = [](double v) { return v >= -4096 && v <= 4096; };
    if (pixel && shown(pixel->x) && shown(pixel->y)) {
      value["x_px"] = std::round(pixel->x * 10) / 10;
      value["y_px"] = std::round(pixel->y * 10) / 10;
    }
  }
  context_.publish("pointing", value);
}

void Driver::publishCalibration() const {
  rh::Json pairs = rh::Json::array();
  double residual_counts = 0;
  const auto measured = calibration();
  if (measured) {
    for (const Pair& pair : measured->pairs()) pairs.push(pair.toJson());
    residual_counts = measured->residualCounts();
  }
  context_.publish("calibration", rh::Json{{"calibrated", measured.has_value()},
                                           {"allowed", settings_.allow_calibration},
                                           {"pairs", pairs},
                                           {"residual_counts", residual_counts}});
}

}  // namespace laser_turret

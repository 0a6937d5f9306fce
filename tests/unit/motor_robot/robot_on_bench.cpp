#include "unit/motor_robot/robot_on_bench.hpp"

namespace motor_robot::test {
namespace {

constexpr std::chrono::seconds kPatience(10);

thread_local std::unique_ptr<Bench> next_bench;  // taken by the next robot that is made

// The plugin's type, but for the hardware that it is given.
struct OnBench {
  static rh::Type<Driver> type() {
    rh::Type<Driver> type = Driver::type();
    type.make = [](rh::Context context) -> std::unique_ptr<rh::Device> {
      const Settings settings = Settings::fromJson(context.config());
      return std::make_unique<Driver>(std::move(context), settings, std::move(next_bench));
    };
    return type;
  }
};
using Entry = rh::detail::Entry<OnBench>;

std::string text(const LabBench::MotorState& motor) {
  if (motor.in1 && motor.in2) return "both high";
  if (motor.off()) return "off";
  return std::string(motor.in1 ? "CW " : motor.in2 ? "CCW " : "low ") + std::to_string(motor.duty_per_mille);
}

}  // namespace

FakeHost::FakeHost() {
  table_.struct_size = sizeof table_;
  table_.abi = RH_ABI_VERSION;
  table_.context = this;
  table_.log = [](const rh_host* host, rh_host_device*, std::int32_t, rh_text line) {
    const std::lock_guard lock(of(host).mutex_);
    of(host).log_lines_.emplace_back(rh::fromText(line));
    of(host).changed_.notify_all();
  };
  table_.publish = [](const rh_host* host, rh_host_device*, rh_text channel, rh_text json) {
    const std::lock_guard lock(of(host).mutex_);
    const std::string name(rh::fromText(channel));
    of(host).channels_[name] = rh::fromText(json);
    ++of(host).counts_[name];
    of(host).changed_.notify_all();
  };
  table_.complete = [](const rh_host*, rh_host_device*, std::uint64_t, rh_status, rh_text) {};
  table_.extension = [](const rh_host*, rh_text id) -> const void* {
    static const rh_host_frames frames{sizeof(rh_host_frames), 0,
                                       [](const rh_host* host, rh_host_device*, rh_text, rh_bytes jpeg, std::int64_t) {
                                         const std::lock_guard lock(of(host).mutex_);
                                         of(host).frame_.assign(jpeg.data, jpeg.data + jpeg.size);
                                         ++of(host).frames_;
                                         of(host).changed_.notify_all();
                                       }};
    return rh::fromText(id) == RH_FRAMES_V1 ? &frames : nullptr;
  };
}

rh::Json FakeHost::latest(const std::string& channel) {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(channel);
  return found == channels_.end() ? rh::Json() : rh::Json::parse(found->second);
}

int FakeHost::published(const std::string& channel) {
  const std::lock_guard lock(mutex_);
  return counts_[channel];
}

bool FakeHost::awaitPublished(const std::string& channel, int more) {
  std::unique_lock lock(mutex_);
  const int until = counts_[channel] + more;
  return changed_.wait_for(lock, kPatience, [&] { return counts_[channel] >= until; });
}

std::string FakeHost::awaitLog(const std::string& part) {
  std::unique_lock lock(mutex_);
  std::string found;
  changed_.wait_for(lock, kPatience, [&] {
    for (const std::string& line : log_lines_)
      if (line.find(part) != std::string::npos) found = line;
    return !found.empty();
  });
  return found;
}

std::vector<std::string> FakeHost::log() {
  const std::lock_guard lock(mutex_);
  return log_lines_;
}

std::vector<std::uint8_t> FakeHost::nextFrame() {
  std::unique_lock lock(mutex_);
  const int before = frames_;
  changed_.wait_for(lock, 2 * kPatience, [&] { return frames_ > before; });
  return frames_ > before ? frame_ : std::vector<std::uint8_t>();
}

int FakeHost::frames() {
  const std::lock_guard lock(mutex_);
  return frames_;
}

const rh_driver& Robot::driver() {
  return *static_cast<const rh_driver*>(Entry::interface(rh::toText(RH_DRIVER_V1)));
}

Robot::Robot(const std::string& config_json, const std::function<void(LabBench&)>& prepare) {
  Settings settings;
  try {
    settings = Settings::fromJson(rh::Json::parse(config_json));
  } catch (const rh::Fault&) {  // the driver is to say so itself
  }
  auto bench = std::make_unique<LabBench>(settings);
  lab_ = bench.get();
  if (prepare) prepare(*lab_);
  open(config_json, std::move(bench));
}

Robot::Robot(const std::string& config_json, std::unique_ptr<Bench> bench) {
  open(config_json, std::move(bench));
}

void Robot::open(const std::string& config_json, std::unique_ptr<Bench> bench) {
  next_bench = std::move(bench);
  const rh_open args{
      sizeof(rh_open),        0, host_.table(), host_.device(), rh::toText("motor_robot"), rh::toText("robot"),
      rh::toText(config_json)};
  const rh_sink sink = rh::sinkTo(opened_.text);
  opened_.status = driver().open(&args, &device_, &sink);
  next_bench.reset();
}

Robot::~Robot() {
  if (device_ == nullptr) return;
  driver().quiesce(device_);
  driver().close(device_);
}

std::string Robot::motors() {
  return text(lab_->motor(0)) + ", " + text(lab_->motor(1));
}

Outcome Robot::command(const std::string& name, const std::string& params_json) {
  const rh_request request{
      sizeof(rh_request),     0, next_request_++, epoch_.load(), rh::monotonicNs() + 2'000'000'000, rh::toText(name),
      rh::toText(params_json)};
  Outcome outcome;
  const rh_sink sink = rh::sinkTo(outcome.text);
  outcome.status = driver().handle(device_, &request, &sink);
  return outcome;
}

Outcome Robot::drive(int left_percent, int right_percent) {
  return command("drive", rh::Json{{"left_percent", left_percent}, {"right_percent", right_percent}}.dump());
}

void Robot::permit(std::uint64_t epoch, double seconds) {
  epoch_ = epoch;
  driver().permit(device_, epoch, rh::monotonicNs() + static_cast<std::int64_t>(seconds * 1e9));
  driver().turn(device_, epoch);
}

void Robot::end() {
  driver().permit(device_, 0, 0);
  halt();
  driver().turn(device_, 0);
}

Outcome Robot::halt() {
  Outcome outcome;
  const rh_sink sink = rh::sinkTo(outcome.text);
  outcome.status = driver().halt(device_, rh::toText("test"), &sink);
  return outcome;
}

void Robot::watch(bool on, const char* stream) {
  const auto* frames = static_cast<const rh_driver_frames*>(Entry::interface(rh::toText(RH_FRAMES_V1)));
  frames->watch(device_, rh::toText(stream), on ? 1 : 0);
}

}  // namespace motor_robot::test

#include "unit/laser_turret/turret_on_bench.hpp"

namespace laser_turret::test {
namespace {

thread_local std::unique_ptr<Bench> next_bench;  // taken by the next turret that is made

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

}  // namespace

FakeHost::FakeHost() {
  table_.struct_size = sizeof table_;
  table_.abi = RH_ABI_VERSION;
  table_.context = this;
  table_.log = [](const rh_host* host, rh_host_device*, std::int32_t, rh_text line) {
    const std::lock_guard lock(of(host).mutex_);
    of(host).log_lines.emplace_back(rh::fromText(line));
  };
  table_.publish = [](const rh_host* host, rh_host_device*, rh_text channel, rh_text json) {
    const std::lock_guard lock(of(host).mutex_);
    of(host).channels_[std::string(rh::fromText(channel))] = rh::fromText(json);
  };
  table_.complete = [](const rh_host*, rh_host_device*, std::uint64_t, rh_status, rh_text) {};
  table_.extension = [](const rh_host*, rh_text id) -> const void* {
    static const rh_host_frames frames{sizeof(rh_host_frames), 0,
                                       [](const rh_host* host, rh_host_device*, rh_text, rh_bytes jpeg, std::int64_t) {
                                         const std::lock_guard lock(of(host).mutex_);
                                         of(host).frame_.assign(jpeg.data, jpeg.data + jpeg.size);
                                         ++of(host).frames_;
                                         of(host).framed_.notify_all();
                                       }};
    static const rh_host_state keeper{sizeof(rh_host_state), 0,
                                      [](const rh_host* host, rh_host_device*, const rh_sink* sink) -> rh_status {
                                        if (!of(host).state) return RH_NOT_FOUND;
                                        rh::give(sink, *of(host).state);
                                        return RH_OK;
                                      },
                                      [](const rh_host* host, rh_host_device*, rh_bytes bytes) -> rh_status {
                                        if (of(host).save_status != RH_OK) return of(host).save_status;
                                        of(host).state =
                                            std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
                                        return RH_OK;
                                      }};
    static const rh_host_turns turns{sizeof(rh_host_turns), 0,
                                     [](const rh_host* host, rh_host_device*, std::uint64_t epoch) -> std::int32_t {
                                       return epoch == of(host).begun_before ? 1 : 0;
                                     }};
    if (rh::fromText(id) == RH_FRAMES_V1) return &frames;
    if (rh::fromText(id) == RH_TURNS_V1) return &turns;
    return rh::fromText(id) == RH_STATE_V1 ? &keeper : nullptr;
  };
}

rh::Json FakeHost::latest(const std::string& channel) {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(channel);
  return found == channels_.end() ? rh::Json() : rh::Json::parse(found->second);
}

std::vector<std::uint8_t> FakeHost::nextFrame() {
  std::unique_lock lock(mutex_);
  const int before = frames_;
  framed_.wait_for(lock, std::chrono::seconds(20), [&] { return frames_ > before; });
  return frames_ > before ? frame_ : std::vector<std::uint8_t>();
}

int FakeHost::frames() {
  const std::lock_guard lock(mutex_);
  return frames_;
}

const rh_driver& Turret::driver() {
  return *static_cast<const rh_driver*>(Entry::interface(rh::toText(RH_DRIVER_V1)));
}

Turret::Turret(const std::string& config_json, FakeHost* host) : host_(host != nullptr ? host : &own_host_) {
  Settings settings;
  try {
    settings = Settings::fromJson(rh::Json::parse(config_json));
  } catch (const rh::Fault&) {  // the driver is to say so itself
  }
  auto bench = std::make_unique<LabBench>(settings);
  lab_ = bench.get();
  open(config_json, std::move(bench));
}

Turret::Turret(const std::string& config_json, FakeHost* host, std::unique_ptr<Bench> bench)
    : host_(host != nullptr ? host : &own_host_), lab_(dynamic_cast<LabBench*>(bench.get())) {
  open(config_json, std::move(bench));
}

void Turret::open(const std::string& config_json, std::unique_ptr<Bench> bench) {
  next_bench = std::move(bench);
  const rh_open args{
      sizeof(rh_open),        0, host_->table(), host_->device(), rh::toText("laser_turret"), rh::toText("turret"),
      rh::toText(config_json)};
  const rh_sink sink = rh::sinkTo(opened_.text);
  opened_.status = driver().open(&args, &device_, &sink);
}

Turret::~Turret() {
  if (device_ == nullptr) return;
  driver().quiesce(device_);
  driver().close(device_);
}

Counts Turret::servos() {
  return {static_cast<int>(lab_->chip().counts(0)), static_cast<int>(lab_->chip().counts(1))};
}

Outcome Turret::command(const std::string& name, const std::string& params_json) {
  const rh_request request{
      sizeof(rh_request),     0, next_request_++, epoch_.load(), rh::monotonicNs() + 2'000'000'000, rh::toText(name),
      rh::toText(params_json)};
  Outcome outcome;
  const rh_sink sink = rh::sinkTo(outcome.text);
  outcome.status = driver().handle(device_, &request, &sink);
  return outcome;
}

void Turret::permit(std::uint64_t epoch, double seconds, bool begins) {
  epoch_ = epoch;
  driver().permit(device_, epoch, rh::monotonicNs() + static_cast<std::int64_t>(seconds * 1e9));
  if (begins) driver().turn(device_, epoch);
}

void Turret::end() {
  driver().permit(device_, 0, 0);
  halt();
  driver().turn(device_, 0);
}

Outcome Turret::halt() {
  Outcome outcome;
  const rh_sink sink = rh::sinkTo(outcome.text);
  outcome.status = driver().halt(device_, rh::toText("test"), &sink);
  return outcome;
}

void Turret::lapse(std::uint64_t epoch) {
  halt();
  driver().turn(device_, 0);
  permit(epoch);
}

void Turret::watch(bool on) {
  const auto* frames = static_cast<const rh_driver_frames*>(Entry::interface(rh::toText(RH_FRAMES_V1)));
  frames->watch(device_, rh::toText("main"), on ? 1 : 0);
}

}  // namespace laser_turret::test

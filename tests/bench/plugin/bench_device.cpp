// A device type for script/bench: a command that notes when it reached the driver, and telemetry as fast as it is asked
// for. It has a hazard, so that it runs in a child process with all checks, as a real turret does.
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <rh/plugin.hpp>
#include <thread>

namespace {

std::int64_t nowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

constexpr std::int64_t kClicks = 65536;

class BenchDevice final : public rh::Device {
 public:
  // Configuration: clicks (a file of 65536 times of 8 bytes, of which click n writes the n-th), publish_hz,
  // publish_bytes, publish_channels (1 to 10, which share the rate).
  explicit BenchDevice(rh::Context context) : context_(std::move(context)) {
    if (const auto file = context_.config<std::string>("clicks", ""); !file.empty()) open(file);
    if (const auto rate = context_.config<double>("publish_hz", 0.0); rate > 0)
      publisher_ = std::thread(
          [this, rate, bytes = context_.config<std::int64_t>("publish_bytes", 100),
           channels = context_.config<std::int64_t>("publish_channels", 1)] { publish(rate, bytes, channels); });
  }
  ~BenchDevice() override {
    if (clicks_) ::munmap(clicks_, kClicks * sizeof(std::int64_t));
  }

  void click(std::int64_t n) {
    const std::int64_t now = nowNs();
    whilePermitted([&] {
      if (clicks_) __atomic_store_n(&clicks_[n], now, __ATOMIC_RELEASE);
    });
  }
  void halt() noexcept override {}
  void quiesce() override {
    ending_ = true;
    if (publisher_.joinable()) publisher_.join();
  }

  static rh::Type<BenchDevice> type() {
    using namespace std::chrono_literals;
    auto made = rh::Type<BenchDevice>("bench_device", "1.0.0");
    made.title("Bench device")
        .hazard("motion")
        .deadman(500ms)
        .halts("Does nothing: it moves nothing")
        .command<&BenchDevice::click>("click", "Notes when it reached the driver", {rh::integer("n", 0, kClicks - 1)})
        .hazardous()
        .channel("load", {rh::integer("bt", 0, 9'000'000'000'000'000), rh::text("pad", 4096)})
        .maxRate(1000)
        .value()
        .stream("main", 16, 16);
    for (std::int64_t i = 1; i < kChannels; ++i)
      made.channel(channelName(i), {rh::integer("bt", 0, 9'000'000'000'000'000), rh::text("pad", 4096)})
          .maxRate(1000)
          .value();
    return made;
  }

 private:
  static constexpr std::int64_t kChannels = 10;
  static std::string channelName(std::int64_t i) { return i == 0 ? "load" : "load_" + std::to_string(i); }

  void open(const std::string& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) throw rh::invalid("The file of clicks cannot be opened.");
    void* memory = ::mmap(nullptr, kClicks * sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (memory == MAP_FAILED) throw rh::invalid("The file of clicks cannot be mapped.");
    clicks_ = static_cast<std::int64_t*>(memory);
  }

  void publish(double rate, std::int64_t bytes, std::int64_t channels) {
    const std::string pad(static_cast<std::size_t>(bytes), 'x');
    const auto period = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
    std::int64_t next = 0;
    for (auto due = std::chrono::steady_clock::now(); !ending_; due += period) {
      std::this_thread::sleep_until(due);
      context_.publish(channelName(next++ % channels), rh::Json{{"bt", nowNs()}, {"pad", pad}});
    }
  }

  rh::Context context_;
  std::int64_t* clicks_ = nullptr;
  std::atomic<bool> ending_{false};
  std::thread publisher_;
};

}  // namespace

RH_PLUGIN(BenchDevice)

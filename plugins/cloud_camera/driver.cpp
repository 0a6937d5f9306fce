#include "cloud_camera/driver.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <tuple>

namespace cloud_camera {
namespace {

namespace fs = std::filesystem;

std::int64_t wallMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// RFC 3339, in UTC. A time that is written out is for people; numbers would be taken for something that was measured.
std::string timeText(std::int64_t at_ms) {
  const std::time_t seconds = at_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  const std::string ms = std::to_string(1000 + at_ms % 1000);
  return std::string(text, size) + "." + ms.substr(1) + "Z";
}

rh::Json alarmJson(std::int64_t at_ms, const std::string& source) {
  return {{"at_ms", at_ms}, {"source", source}};
}

}  // namespace

Hardware hardwareFor(const Settings& settings) {
  Hardware hardware;
  if (settings.video.source != SourceKind::none)
    hardware.open_source = [video = settings.video] { return openSource(video); };
  const auto& pins = settings.pins;
  if (pins.armed_line)
    hardware.armed = rh::hw::requestLinuxGpioOutput(pins.chip, *pins.armed_line, false, "robohub armed");
  if (pins.alarm_line) {
    rh::hw::GpioInputOptions options;
    options.edge = rh::hw::Edge::rising;
    options.pull_down = true;
    hardware.alarm = rh::hw::requestLinuxGpioInput(pins.chip, *pins.alarm_line, options, "robohub alarm");
  }
  return hardware;
}

Driver::Driver(rh::Context context) : context_(std::move(context)), settings_(Settings::fromJson(context_.config())) {
  try {
    begin(hardwareFor(settings_));
  } catch (const rh::hw::OpenError& error) {
    throw rh::unavailable(error.what());
  }
}

Driver::Driver(rh::Context context, const Settings& settings, Hardware hardware)
    : context_(std::move(context)), settings_(settings) {
  begin(std::move(hardware));
}

Driver::~Driver() {
  quiesce();
}

void Driver::begin(Hardware hardware) {
  folder_ = context_.captureFolder().value_or("");
  if (folder_.empty()) context_.warning("Captures of this camera are not kept by its host.");
  const bool armed = load();
  ListPlace names;
  {
    const rh::Lock lock(mutex_);
    names = names_;
  }
  takeUpSpool();
  armed_pin_ = std::move(hardware.armed);
  if (settings_.local.commands)
    sender_ = std::make_unique<CommandSender>(*settings_.local.commands,
                                              [this](const std::string& why) { context_.warning(why); });
  if (settings_.local.listen || !settings_.local.names.empty())
    programs_ =
        std::make_unique<LocalPrograms>(settings_.local, folder_, localWays(), LocalPrograms::Before{armed, names});
  if (hardware.open_source)
    camera_ =
        std::make_unique<Camera>(settings_, folder_, std::move(hardware.open_source), cameraWays(), recorderWays());
  if (hardware.alarm)
    alarm_pin_ = std::make_unique<AlarmPin>(
        std::move(hardware.alarm), std::chrono::milliseconds(settings_.pins.debounce_ms),
        [this] { alarm("gpio " + std::to_string(settings_.pins.alarm_line.value_or(0))); },
        [this](const std::string& why) { context_.error(why); });
  showArmed(armed);
  // Programs beside us may have been started anew with us, and know nothing of before.
  if (armed && sender_) sender_->send("arm");
  publishState();
  publishAlarms();
}

void Driver::quiesce() {
  alarm_pin_.reset();
  camera_.reset();
  programs_.reset();
  bool unsaved = false;
  {
    const rh::Lock lock(mutex_);
    unsaved = !saved_;
  }
  try {
    if (unsaved) save();
  } catch (const rh::Fault& fault) {
    context_.warning(
        std::string("The newest alarms and captures' names, and how far the list was read, were not kept: ") +
        fault.what());
  }
  sender_.reset();  // behind what must be kept, as it may be waiting for a name server
}

bool Driver::load() {
  bool armed = false;
  std::deque<Alarm> kept_alarms;
  ListPlace names;
  std::int64_t named_s = 0;
  try {
    const std::optional<std::string> kept = context_.loadState();
    if (!kept) return false;
    const rh::Json state = rh::Json::parse(*kept);
    armed = state.get<bool>("armed", false);
    if (const rh::Json* alarms = state.find("alarms"))
      for (const rh::Json& each : alarms->items())
        if (kept_alarms.size() < kKeptAlarms)
          kept_alarms.push_back({each.get<std::int64_t>("at_ms", 0), each.get<std::string>("source", "")});
    if (const rh::Json* list = state.find("names"))
      names = {list->get<std::int64_t>("offset", 0), list->get<std::int64_t>("check", 0)};
    named_s = state.get<std::int64_t>("named_s", 0);
  } catch (const std::exception& fault) {
    context_.error(std::string("The kept state cannot be used, so the camera is disarmed: ") + fault.what());
    return false;
  }
  const rh::Lock lock(mutex_);
  armed_ = armed;
  alarms_ = std::move(kept_alarms);
  names_ = names;
  // A clock that was that far ahead once has no say in what later captures are named.
  named_s_ = named_s < kLastNamed_s ? std::max<std::int64_t>(named_s, 0) : 0;
  return armed;
}

void Driver::save() {
  rh::Json state{{"armed", false}, {"alarms", rh::Json::array()}};
  {
    const rh::Lock lock(mutex_);
    state["armed"] = armed_;
    for (const auto& each : alarms_) state["alarms"].push(alarmJson(each.at_ms, each.source));
    if (names_.offset > 0) state["names"] = {{"offset", names_.offset}, {"check", names_.check}};
    if (named_s_ > 0) state["named_s"] = named_s_;
    saved_ = true;  // before it is: what comes meanwhile is not in `state`
  }
  try {
    context_.saveState(state.dump());
  } catch (const rh::Fault&) {
    const rh::Lock lock(mutex_);
    saved_ = false;
    throw;
  }
}

// What a killed driver had finished and not handed over goes on; what it had not finished is nothing.
void Driver::takeUpSpool() {
  if (folder_.empty()) return;
  struct Found {
    std::string key;
    SegmentName name;
    std::string file;
  };
  constexpr std::string_view foreign = Spool::kForeign;
  std::error_code ec;
  std::vector<Found> found;
  for (const auto& entry : fs::directory_iterator(folder_, ec)) {
    const std::string file = entry.path().filename().string();
    const bool theirs = file.starts_with(foreign);
    const auto name = parseSegmentName(std::string_view(file).substr(theirs ? foreign.size() : 0));
    std::error_code ignored;
    if (!name || !entry.is_regular_file(ignored) || entry.is_symlink(ignored)) {
      fs::remove(entry.path(), ignored);
      continue;
    }
    found.push_back({theirs ? Spool::Copy{*name, file}.key() : name->key(), *name, file});
    if (!theirs) noteNamed(name->seconds);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.key, a.name.number) < std::tie(b.key, b.name.number);
  });
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [key, name, file] = found[i];
    if (!context_.segment(key, name.trigger(), name.seconds * 1000, name.number, file)) continue;
    if (i + 1 == found.size() || found[i + 1].key != key) context_.endCapture(key, name.number + 1);
  }
}

void Driver::showArmed(bool armed) {
  if (camera_) camera_->setArmed(armed);
  if (programs_) programs_->setArmed(armed);
  if (!armed_pin_) return;
  if (const auto status = armed_pin_->set(armed); !status.ok())
    context_.error("The pin that shows whether the camera is armed: " + status.message());
}

void Driver::setArmed(bool armed) {
  bool before = false;
  {
    const rh::Lock lock(mutex_);
    before = std::exchange(armed_, armed);
  }
  try {
    save();
  } catch (const rh::Fault&) {
    const rh::Lock lock(mutex_);
    armed_ = before;
    throw;
  }
  showArmed(armed);
  if (sender_) sender_->send(armed ? "arm" : "disarm");
  publishState();
}

void Driver::arm() {
  setArmed(true);
}

void Driver::disarm() {
  setArmed(false);
}

void Driver::capture() {
  if (!camera_ && !sender_)
    throw rh::conflict("This device has no camera of its own, and no program is named that could be asked.");
  if (camera_ && folder_.empty()) throw rh::conflict("Captures of this camera are not kept by its host.");
  if (camera_ && camera_->away() && !sender_) throw rh::unavailable("The camera is away; it is tried again.");
  if (camera_) camera_->request();
  if (sender_) sender_->send("capture");
}

void Driver::watch(const std::string& stream, bool on) {
  if (stream == "main" && camera_) camera_->watch(on);
  saveNews();
}

void Driver::capturesWaiting(std::uint32_t segments, std::uint64_t) {
  {
    const rh::Lock lock(mutex_);
    if (waiting_ == segments) return;
    waiting_ = segments;
  }
  publishState();
  saveNews();
}

// Soon after names were handed over, behind the recording that an alarm has brought, and when a new capture waits: a
// driver that is killed, or a power cut, hands over few names again, takes few alarms along and gives no name twice.
void Driver::saveNews() {
  {
    const rh::Lock lock(mutex_);
    if (saved_) return;
  }
  try {
    save();
  } catch (const rh::Fault&) {
    // The next one tries again, and the end says so.
  }
}

void Driver::alarm(const std::string& source) {
  const Alarm alarm{wallMs(), source};
  {
    const rh::Lock lock(mutex_);
    alarms_.push_front(alarm);
    if (alarms_.size() > kKeptAlarms) alarms_.pop_back();
    saved_ = false;
  }
  context_.publish("alarm", alarmJson(alarm.at_ms, alarm.source));
  context_.info("Alarm: " + source + ".");
  publishAlarms();
}

void Driver::noteNamed(std::int64_t seconds) {
  const rh::Lock lock(mutex_);
  if (seconds <= named_s_) return;
  named_s_ = seconds;
  saved_ = false;
}

void Driver::publishState() {
  const rh::Lock order(publish_mutex_);
  rh::Json state;
  {
    const rh::Lock lock(mutex_);
    state = {{"armed", armed_},
             {"capturing", capturing_ || !local_key_.empty()},
             {"segments", std::int64_t(segments_)},
             {"uploading", std::int64_t(std::min<std::uint32_t>(waiting_, 1'000'000))}};
    if (settings_.video.source != SourceKind::none) state["away"] = away_;
  }
  context_.publish("state", state);
}

void Driver::publishAlarms() {
  const rh::Lock order(publish_mutex_);
  rh::Json recent = rh::Json::array();
  {
    const rh::Lock lock(mutex_);
    for (const auto& each : alarms_) recent.push({{"at", timeText(each.at_ms)}, {"source", each.source}});
  }
  context_.publish("alarms", {{"recent", recent}});
}

CameraWays Driver::cameraWays() {
  CameraWays ways;
  ways.picture = [this](const std::uint8_t* jpeg, std::size_t size, std::int64_t t_ns) {
    context_.frame("main", jpeg, size, t_ns);
  };
  ways.moved = [this] { alarm("motion"); };
  ways.recording = [this](bool capturing, std::uint32_t segments) {
    {
      const rh::Lock lock(mutex_);
      capturing_ = capturing;
      segments_ = segments;
    }
    publishState();
  };
  ways.away = [this](bool away) {
    {
      const rh::Lock lock(mutex_);
      away_ = away;
    }
    publishState();
  };
  ways.complain = [this](const std::string& text) { context_.warning(text); };
  ways.inform = [this](const std::string& text) { context_.info(text); };
  return ways;
}

RecorderWays Driver::recorderWays() {
  RecorderWays ways;
  ways.segment = [this](const std::string& key, const std::string& trigger, std::int64_t started_ms,
                        std::uint32_t number, const std::string& file) {
    // Before it is handed over, so that it is saved when that is told.
    if (const auto name = parseSegmentName(file)) noteNamed(name->seconds);
    return context_.segment(key, trigger, started_ms, number, file);
  };
  ways.end = [this](const std::string& key, std::uint32_t segments) { context_.endCapture(key, segments); };
  ways.wall_s = [] { return wallMs() / 1000; };
  ways.complain = [this](const std::string& text) { context_.error(text); };
  const rh::Lock lock(mutex_);
  ways.named_s = named_s_;
  return ways;
}

LocalWays Driver::localWays() {
  LocalWays ways;
  ways.segment = [this](const Spool::Copy& copy) {
    const SegmentName& name = copy.name;
    const std::string key = copy.key();
    if (!context_.segment(key, name.trigger(), name.seconds * 1000, name.number, copy.file)) return false;
    {
      const rh::Lock lock(mutex_);
      if (local_key_ != key) segments_ = 0;
      local_key_ = key;
      ++segments_;
    }
    publishState();
    return true;
  };
  ways.end = [this](const std::string& key, std::uint32_t segments) {
    context_.endCapture(key, segments);
    {
      const rh::Lock lock(mutex_);
      if (local_key_ == key) local_key_.clear();
    }
    publishState();
  };
  ways.alarm = [this](const std::string& source) { alarm(source); };
  ways.complain = [this](const std::string& text) { context_.warning(text); };
  ways.read_to = [this](const ListPlace& place) {
    const rh::Lock lock(mutex_);
    names_ = place;
    saved_ = false;
  };
  return ways;
}

}  // namespace cloud_camera

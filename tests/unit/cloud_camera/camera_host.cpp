#include "unit/cloud_camera/camera_host.hpp"

namespace cloud_camera::test {

CameraHost::CameraHost(bool keeps_captures) : keeps_captures_(keeps_captures) {
  std::filesystem::create_directory(folder());
  table_.struct_size = sizeof table_;
  table_.abi = RH_ABI_VERSION;
  table_.context = this;
  table_.log = [](const rh_host* host, rh_host_device*, std::int32_t, rh_text line) {
    {
      const std::lock_guard lock(of(host).mutex_);
      of(host).lines_.emplace_back(rh::fromText(line));
    }
    of(host).note();
  };
  table_.publish = [](const rh_host* host, rh_host_device*, rh_text channel, rh_text json) {
    {
      const std::lock_guard lock(of(host).mutex_);
      of(host).channels_[std::string(rh::fromText(channel))] = rh::fromText(json);
    }
    of(host).note();
  };
  table_.complete = [](const rh_host*, rh_host_device*, std::uint64_t, rh_status, rh_text) {};
  table_.extension = [](const rh_host* host, rh_text id) { return of(host).extension(rh::fromText(id)); };
}

const void* CameraHost::extension(std::string_view id) const {
  static const rh_host_frames frames{sizeof(rh_host_frames), 0,
                                     [](const rh_host* host, rh_host_device*, rh_text, rh_bytes, std::int64_t) {
                                       {
                                         const std::lock_guard lock(of(host).mutex_);
                                         ++of(host).frames_;
                                       }
                                       of(host).note();
                                     }};
  static const rh_host_state keeper{sizeof(rh_host_state), 0,
                                    [](const rh_host* host, rh_host_device*, const rh_sink* sink) -> rh_status {
                                      const std::lock_guard lock(of(host).mutex_);
                                      if (!of(host).state_) return RH_NOT_FOUND;
                                      rh::give(sink, *of(host).state_);
                                      return RH_OK;
                                    },
                                    [](const rh_host* host, rh_host_device*, rh_bytes bytes) -> rh_status {
                                      const std::lock_guard lock(of(host).mutex_);
                                      if (of(host).fail_saves_) return RH_UNAVAILABLE;
                                      of(host).state_ =
                                          std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
                                      return RH_OK;
                                    }};
  static const rh_host_captures captures{
      sizeof(rh_host_captures), 0,
      [](const rh_host* host, rh_host_device*, const rh_sink* sink) -> rh_status {
        rh::give(sink, of(host).folder().string());
        return RH_OK;
      },
      [](const rh_host* host, rh_host_device*, rh_text key, rh_text trigger, std::int64_t started_ms,
         std::uint32_t number, rh_text file) -> rh_status {
        Segment segment{std::string(rh::fromText(key)),
                        std::string(rh::fromText(trigger)),
                        std::string(rh::fromText(file)),
                        started_ms,
                        number,
                        0};
        std::error_code ignored;
        segment.bytes = std::filesystem::file_size(of(host).folder() / segment.file, ignored);
        {
          const std::lock_guard lock(of(host).mutex_);
          of(host).segments_.push_back(std::move(segment));
        }
        of(host).note();
        return RH_OK;
      },
      [](const rh_host* host, rh_host_device*, rh_text key, std::uint32_t segments) -> rh_status {
        {
          const std::lock_guard lock(of(host).mutex_);
          of(host).ends_[std::string(rh::fromText(key))] = segments;
        }
        of(host).note();
        return RH_OK;
      }};
  if (id == RH_FRAMES_V1) return &frames;
  if (id == RH_STATE_V1) return &keeper;
  return id == RH_CAPTURES_V1 && keeps_captures_ ? &captures : nullptr;
}

rh::Context CameraHost::context(const std::string& config) {
  auto port = std::make_shared<rh::detail::Port>();
  port->host = &table_;
  port->frames = static_cast<const rh_host_frames*>(extension(RH_FRAMES_V1));
  port->state = static_cast<const rh_host_state*>(extension(RH_STATE_V1));
  port->captures = static_cast<const rh_host_captures*>(extension(RH_CAPTURES_V1));
  port->id = "camera";
  port->type = "cloud_camera";
  port->config = rh::Json::parse(config);
  return rh::Context(port);
}

void CameraHost::note() {
  changed_.notify_all();
}

bool CameraHost::until(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (holds()) return true;
    if (std::chrono::steady_clock::now() >= end) return holds();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 5ms);
  }
}

std::vector<CameraHost::Segment> CameraHost::segments() {
  const std::lock_guard lock(mutex_);
  return segments_;
}
std::map<std::string, std::uint32_t> CameraHost::ends() {
  const std::lock_guard lock(mutex_);
  return ends_;
}
rh::Json CameraHost::latest(const std::string& channel) {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(channel);
  return found == channels_.end() ? rh::Json::object() : rh::Json::parse(found->second);
}
std::vector<std::string> CameraHost::lines() {
  const std::lock_guard lock(mutex_);
  return lines_;
}
int CameraHost::frames() {
  const std::lock_guard lock(mutex_);
  return frames_;
}
std::optional<std::string> CameraHost::state() {
  const std::lock_guard lock(mutex_);
  return state_;
}
void CameraHost::failSaves(bool fail) {
  const std::lock_guard lock(mutex_);
  fail_saves_ = fail;
}

void CameraHost::setState(std::string text) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(text);
}
bool CameraHost::logged(const std::string& part) {
  const std::lock_guard lock(mutex_);
  for (const auto& line : lines_)
    if (line.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace cloud_camera::test

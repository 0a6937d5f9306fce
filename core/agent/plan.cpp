#include "agent/plan.hpp"

#include <unistd.h>

#include <algorithm>

#include "plugin/driver_bounds.hpp"
#include "plugin/library.hpp"
#include "process/file_fence.hpp"

namespace robohub::agent {
namespace {

namespace fs = std::filesystem;

void findPlugin(Plan& plan, const fs::path& programs, config::Errors& errors) {
  const auto& wanted = plan.settings.plugin;
  auto found = plugin::scan(wanted.path);
  if (!found) {
    errors.push_back(found.error());
    return;
  }
  const auto* plugin = plugin::findType(found->plugins, wanted.type);
  if (plugin == nullptr) {
    errors.push_back({ErrorCode::not_found, "No plugin in this folder drives the type \"" + wanted.type + "\".",
                      wanted.path.string()});
    errors.insert(errors.end(), found->refused.begin(), found->refused.end());
    return;
  }
  plan.plugin = *plugin;
  plan.left_out = std::move(found->refused);
  plan.type = plan.plugin.manifest->type(wanted.type);
  if (auto good = plugin::checkInstalled(plan.plugin); !good) errors.push_back(good.error());
  if (wanted.host == PluginSettings::Host::in_agent) {
    if (!plan.type->hazards.empty())
      errors.push_back({ErrorCode::permission_denied,
                        "A driver with hazards must run in a process of its own: write `plugin.host: child`.",
                        {}});
    return;
  }
  plan.host_program = programs / "robohub-plugin-host";
  if (::access(plan.host_program.c_str(), X_OK) != 0)
    errors.push_back({ErrorCode::not_found, "The driver's host program is missing.", plan.host_program.string()});
}

void checkCamera(Plan& plan, config::Errors& errors) {
  const auto& camera = plan.settings.camera;
  if (camera.source == CameraSettings::Source::none || plan.type == nullptr) return;
  if (camera.source == CameraSettings::Source::driver) return;  // it offers its streams itself
  const auto* stream = plan.type->stream(camera.stream);
  if (stream == nullptr || stream->kind != plugin::Stream::Kind::mjpeg)
    errors.push_back(
        {ErrorCode::not_found,
         "`camera.stream` is \"" + camera.stream + "\", which the type " + plan.type->type + " does not have.",
         {}});
  auto url = net::parseHttpUrl(camera.url);
  if (!url)
    errors.push_back({url.error().code, "`camera.url`: " + url.error().message, {}});
  else
    plan.camera = std::move(*url);
}

void checkMicrophone(const Plan& plan, config::Errors& errors) {
  const auto& microphone = plan.settings.microphone;
  if (microphone.source != MicrophoneSettings::Source::alsa || plan.type == nullptr) return;
  const auto* stream = plan.type->stream(microphone.stream);
  if (stream == nullptr || stream->kind != plugin::Stream::Kind::sound)
    errors.push_back({ErrorCode::not_found,
                      "`microphone.stream` is \"" + microphone.stream + "\", which the type " + plan.type->type +
                          " does not have among its sounds.",
                      {}});
}

std::string soundText(const MicrophoneSettings& microphone) {
  switch (microphone.source) {
    case MicrophoneSettings::Source::driver: return "sound from the driver\n";
    case MicrophoneSettings::Source::alsa:
      return "sound of stream " + microphone.stream + " from the ALSA device " + microphone.device + "\n";
    case MicrophoneSettings::Source::none: break;
  }
  return "no sound\n";
}

void trustHub(Plan& plan, const fs::path& file, config::Errors& errors) {
  if (!plan.hub.endpoint.secure) return;
  auto tls = net::TlsClientContext::load(plan.settings.hub_tls);
  if (!tls)
    errors.push_back({tls.error().code, "`hub`: " + tls.error().message,
                      tls.error().where.empty() ? file.string() : tls.error().where});
  else
    plan.hub.endpoint.tls = std::move(*tls);
}

}  // namespace

config::Errors makePlan(const fs::path& file, const fs::path& programs, Plan* plan) {
  auto errors = readSettings(file, &plan->settings);
  if (!errors.empty()) return errors;
  const auto& settings = plan->settings;
  auto hub = HubAddress::parse(settings.hub_url);
  if (hub)
    plan->hub = std::move(*hub);
  else
    errors.push_back({hub.error().code, "`hub.url`: " + hub.error().message, file.string()});
  trustHub(*plan, file, errors);
  auto device = DeviceId::parse(settings.device);
  if (device)
    plan->device = std::move(*device);
  else
    errors.push_back({device.error().code, "`device`: " + device.error().message, file.string()});
  findPlugin(*plan, programs, errors);
  checkCamera(*plan, errors);
  checkMicrophone(*plan, errors);
  return errors;
}

std::string Plan::describe() const {
  std::string text;
  text += "device " + device.str() + ", type " + type->type + "\n";
  text += "plugin " + plugin.manifest->id + " " + plugin.manifest->version + " in " + plugin.folder.string() + "\n";
  for (const Error& error : left_out) text += "left out: " + error.where + ": " + error.message + "\n";
  if (const std::string idle = idleCameraUrl(settings); !idle.empty()) text += idle + "\n";
  text += settings.plugin.host == PluginSettings::Host::child
              ? "driver in a process of its own: " + host_program.string()
              : std::string("driver inside the agent");
  text += "\n";
  // What the manifest asks for beyond hardware, and the host then gives; and what the host cannot keep from it.
  const auto& permissions = plugin.manifest->permissions;
  if (std::find(permissions.begin(), permissions.end(), plugin::kNetworkPermission) != permissions.end())
    text += "the driver may use the network\n";
  if (settings.plugin.host == PluginSettings::Host::child && !process::FileFence::make())
    text += "the driver may open what the agent may, its key among it: this kernel has no Landlock\n";
  if (!type->hazards.empty()) {
    text += "hazards:";
    for (const auto& hazard : type->hazards) text += " " + hazard;
    text += "; halts " + std::to_string(type->deadman.count()) + " ms after the last sign of life of whoever drives\n";
  }
  switch (settings.camera.source) {
    case CameraSettings::Source::driver: text += "pictures from the driver\n"; break;
    case CameraSettings::Source::mjpeg:
      text += "pictures of stream " + settings.camera.stream + " from " + settings.camera.url + "\n";
      break;
    case CameraSettings::Source::none: text += "no pictures\n"; break;
  }
  if (std::any_of(type->streams.begin(), type->streams.end(),
                  [](const plugin::Stream& each) { return each.kind == plugin::Stream::Kind::sound; }))
    text += soundText(settings.microphone);
  text += "state in " + settings.state_dir.string() + "\n";
  text += "hub " + hub.url +
          (settings.claim_code.empty() ? "" : ", claimed with the code of this file unless it was before");
  text += "\n";
  if (!hub.endpoint.secure) return text;
  const auto& tls = settings.hub_tls;
  text += "known by " + (!tls.fingerprint_sha256.empty() ? "the fingerprint of its certificate"
                         : !tls.ca_file.empty()          ? "the authorities of " + tls.ca_file.string()
                                                         : std::string("this system's authorities"));
  if (!tls.certificate_file.empty()) text += "; shown to it: " + tls.certificate_file.string();
  return text + "\n";
}

}  // namespace robohub::agent

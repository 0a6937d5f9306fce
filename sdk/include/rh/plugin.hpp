// Everything that the author of a plugin needs (C++17, header-only, standard library only). docs/PLUGINS.md is the
// guide.
//
//     #include <rh/plugin.hpp>
//     class Turret final : public rh::Device {
//      public:
//       explicit Turret(rh::Context ctx) : cap_ms_(ctx.config<int>("pulse_cap_ms", 200)) { halt(); }
//       void aim(double yaw_deg, double pitch_deg);
//       void fire(double pulse_ms);
//       void halt() noexcept override;                       // beam off, servos limp
//       static rh::Type<Turret> type() {
//         return rh::Type<Turret>("com.acme.turret", "1.2.0").hazard("laser").deadman(300ms)
//           .command<&Turret::aim>("aim", "Point the head", {rh::number("yaw_deg", -170, 170),
//                                                            rh::number("pitch_deg", -30, 60)})
//           .command<&Turret::fire>("fire", "Pulse the laser", {rh::number("pulse_ms", 1, 1000)}).hazardous();
//       }
//     };
//     RH_PLUGIN(Turret)
//
// fault.hpp: what to throw. param.hpp: rh::number(), integer(), boolean(), choice(), text(), array(). context.hpp:
// configuration, telemetry, pictures, state, log. device.hpp: halt(), whilePermitted(), the hooks. completion.hpp:
// commands that go on. type.hpp: commands, channels, streams, safety, panels. mutex.hpp: which mutex guards what.
#pragma once
#include "rh/entry.hpp"

// For `.deadman(300ms)` in an author's class: a literal is looked up where it stands, and that is outside of rh.
using namespace std::chrono_literals;

// The plugin's one exported symbol. The first type's identity is the plugin's.
#define RH_PLUGIN(...)                                                                                \
  using RhPluginEntry = ::rh::detail::Entry<__VA_ARGS__>;                                             \
  extern "C" RH_EXPORT const rh_plugin rh_plugin_v1 = {sizeof(rh_plugin),       RH_ABI_VERSION,       \
                                                       RhPluginEntry::describe, RhPluginEntry::start, \
                                                       RhPluginEntry::stop,     RhPluginEntry::interface};

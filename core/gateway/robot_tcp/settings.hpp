// What the configuration says about robots that come over plain TCP, and their browsers. Filled by the reader of
// robohub.yaml.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "config/section.hpp"
#include "schema/schema.hpp"

namespace robohub::gateway {

// In which unit robots tell the temperature.
enum class RobotTemperature {
  automatic,  // whole numbers beyond 85 are tenths of a degree, and so is then what that robot says later
  celsius,
  tenths
};

// What `data` of a further type may be.
struct DeclaredType {
  schema::CompiledSchema schema;
  std::string json;          // of the schema
  std::string command = {};  // as the device's command is called; empty: as the type
};

struct RobotSettings {
  config::Address listen;    // of the robots; no host: nobody listens
  config::Address browsers;  // of their browsers; no host: nobody listens
  bool plaintext = false;    // other machines may reach them, although nothing is encrypted
  bool accept_all = false;   // a robot that nobody knows becomes a device by itself
  bool accept_unfenced = false;
  std::vector<std::string> origins;  // whose pages may connect; programs that say none may
  bool pass_unknown = true;          // messages of types that nobody declared go through
  RobotTemperature temperature = RobotTemperature::automatic;
  std::map<std::string, DeclaredType, std::less<>> types;  // by what stands in `type`
};

}  // namespace robohub::gateway

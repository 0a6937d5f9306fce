// What the configuration says about agents' links. Filled by the reader of robohub.yaml.
#pragma once

namespace robohub::gateway {

// Whether an agent has to show a certificate beside its key.
enum class ClientCertificates {
  off,       // none is asked for
  optional,  // one that is shown must be the device's own and not revoked
  required   // and without one no link is taken
};

}  // namespace robohub::gateway

// The part `oidc` of robohub.yaml.
#pragma once
#include "config/section.hpp"
#include "identity/oidc_settings.hpp"

namespace robohub::hub {

// Errors are the section's: a missing issuer, client or address to come back to; an issuer that is not https.
void readOidc(config::Section& section, identity::OidcSettings& settings);

}  // namespace robohub::hub

// Certificates and keys that the settings name are read long after the file that names them: by a reload, or at the
// next start, which a wrong one ends. So whoever checks a settings file looks at them too.
#pragma once
#include "hub/settings.hpp"

namespace robohub::hub {

// Empty: server.tls, cloudtalker and oidc can be begun with what they name, as far as whoever runs this may read it. A
// certificate that has expired is no fault here: the hub starts with it and tells. Errors: `where` is the file, and the
// sentence begins with the key. Without `cameras` the cloudtalker's pair is left out: its port tells a fault by itself, and
// shows what it had. Blocks on the disk. [any-thread]
config::Errors checkNamedFiles(const Settings& settings, bool cameras = true);

}  // namespace robohub::hub

// What the hub itself has to tell the audit (that it started and with which plugins, that it ended), and the daily
// removal of what has been kept long enough.
#pragma once
#include "base/wall_watch.hpp"
#include "identity/audit.hpp"
#include "identity/certificates.hpp"
#include "live/type_catalogue.hpp"

namespace robohub::hub {

// All must outlive it. [one thread at a time]
class Trail {
 public:
  Trail(identity::Audit& audit, identity::Certificates& certificates, const Clock& clock)
      : audit_(audit), certificates_(certificates), clock_(clock) {}

  // Does not block, as all of these.
  void started(const char* version, const live::TypeCatalogue& plugins);
  void ending();
  // To be called every minute or so; does something once a day, the first time when the wall clock has proved steady,
  // and nothing for a while after it was set. `keep` zero: for ever.
  void keepUp(Duration keep);

 private:
  identity::Audit& audit_;
  identity::Certificates& certificates_;
  const Clock& clock_;
  WallWatch wall_;
  std::optional<MonoTime> kept_up_;
};

}  // namespace robohub::hub

// A library that is no plugin.
#include <rh/abi.h>

extern "C" RH_EXPORT int other_symbol() {
  return static_cast<int>(RH_ABI_VERSION);
}

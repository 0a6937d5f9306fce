// describe() gives without end.
#include <rh/abi.h>

#include <string>

namespace {

rh_status describe(const rh_sink* out) {
  const std::string part(65536, '[');
  for (int i = 0; i < 1000; ++i) out->write(out->context, rh_text{part.data(), part.size()});
  return RH_OK;
}
rh_status start(const rh_host*, const rh_sink*) {
  return RH_OK;
}
void stop() {}
const void* noInterface(rh_text) {
  return nullptr;
}

}  // namespace

extern "C" RH_EXPORT const rh_plugin rh_plugin_v1 = {sizeof(rh_plugin), RH_ABI_VERSION, describe, start, stop,
                                                     noInterface};

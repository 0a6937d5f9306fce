/* abi.h is C11: a plugin in C sees the same tables. Compiled only. */
#include <rh/abi.h>

_Static_assert(sizeof(rh_status) == 4, "a status is 32 bits");
_Static_assert(offsetof(rh_plugin, struct_size) == 0, "struct_size comes first");

const char *robohub_abi_c11(void) { return RH_DRIVER_V1; }

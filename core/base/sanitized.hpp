// Whether a sanitizer is built into this program. It needs more of the kernel and of memory than others.
#pragma once

namespace robohub {

#ifdef ROBOHUB_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace robohub

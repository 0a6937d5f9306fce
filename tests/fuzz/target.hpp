// What every fuzz target shares. A target is one function over hostile bytes; it aborts when a promise is broken, so
// that a fuzzer and a plain run over the corpus both notice. Built by clang with libFuzzer (script/fuzz) or, by any
// compiler, with corpus_main.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A promise of the code under test, in words.
inline void promise(bool kept, const char* words) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", words);
  std::abort();
}

}  // namespace fuzz

// Runs a target over files and folders of a corpus: each whole, cut at every length up to 512 bytes (or what the target
// is built with), and with single bytes changed. Finds little that a fuzzer would not, but needs none, and keeps what
// was once found from coming back.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "target.hpp"

#ifndef FUZZ_NEAR_BYTES
#define FUZZ_NEAR_BYTES 512
#endif

namespace {

void run(const std::string& bytes) {
  // A copy of exactly this size, so that a sanitizer sees what is read behind the end.
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

void runAround(const std::string& bytes) {
  run(bytes);
  const std::size_t many = std::min<std::size_t>(bytes.size(), FUZZ_NEAR_BYTES);
  for (std::size_t length = 0; length < many; ++length) run(bytes.substr(0, length));
  for (std::size_t at = 0; at < many; ++at)
    for (const char other : {'\0', '"', '{', '\xff', '\n', '0'}) {
      std::string changed = bytes;
      changed[at] = other;
      run(changed);
    }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  run({});
  for (int i = 1; i < argc; ++i)
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      runAround({std::istreambuf_iterator<char>(in), {}});
      ++files;
    }
  if (files == 0) {
    std::fprintf(stderr, "There is nothing in the corpus.\n");
    return 1;
  }
  std::printf("%zu files and what is near them: no promise broken.\n", files);
  return 0;
}

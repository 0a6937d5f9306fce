// Videos that no camera would send, made from such as one does: cut at every kind of place, with lengths, counts, times
// and names that are lies.
#pragma once
#include <random>
#include <string>
#include <vector>

namespace robohub::hostile {

struct Seed {
  std::string name;
  std::string format;                 // "mp4" or "ts"
  std::vector<std::string> segments;  // of one encoder
};

struct Mutant {
  std::size_t seed = 0;     // which one it was made of
  std::size_t segment = 0;  // and which of its segments
  std::string what;         // was done to it
  std::string bytes;
};

// The same for the same generator and number. Each kind of mutation comes once in kKinds numbers.
inline constexpr std::size_t kKinds = 18;
Mutant mutate(const std::vector<Seed>& seeds, std::mt19937_64& random, std::size_t number);

}  // namespace robohub::hostile

// Randomness of the kernel. [any-thread]
#pragma once
#include <string>

#include "link/stamp.hpp"

namespace robohub::agent {

link::Nonce randomNonce();         // never the none nonce
std::string randomHex(int bytes);  // two digits a byte
std::string randomKey();           // 32 bytes, base64url without padding
double randomFraction();           // [0, 1)

}  // namespace robohub::agent

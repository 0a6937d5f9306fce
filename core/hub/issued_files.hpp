// A certificate that was issued at the terminal, as files. Whoever types that is often root; the hub, which is to read
// them, is not.
#pragma once
#include <filesystem>

#include "base/result.hpp"
#include "identity/certificates.hpp"

namespace robohub::hub {

// Writes the certificate, its key beside it (NAME.key) and authority.crt; says where the key is. `hub_data`: the data
// folder of the hub that is to read them, whose owner a key or folder that root makes anew is given to; empty: they go
// elsewhere. What was there keeps its owner. Blocks. Errors: those of writePemPair().
Result<std::filesystem::path> writeIssued(const identity::IssuedCertificate& issued,
                                          const std::filesystem::path& certificate,
                                          const std::filesystem::path& hub_data);

}  // namespace robohub::hub

#include "hub/issued_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "identity/certificate_files.hpp"

namespace robohub::hub {

namespace {

// Not through a link that somebody may have put there meanwhile.
Status giveToOwnerOf(const std::filesystem::path& hub_data, const std::filesystem::path& made) {
  struct stat about {};
  if (::geteuid() != 0 || hub_data.empty() || ::stat(hub_data.c_str(), &about) != 0) return {};
  if (::lchown(made.c_str(), about.st_uid, about.st_gid) == 0) return {};
  return fail(ErrorCode::internal, made.string() + " cannot be given to the hub's user: " + std::strerror(errno) + ".");
}

}  // namespace

Result<std::filesystem::path> writeIssued(const identity::IssuedCertificate& issued,
                                          const std::filesystem::path& certificate,
                                          const std::filesystem::path& hub_data) {
  const std::filesystem::path folder = certificate.parent_path();
  std::filesystem::path key = certificate;
  key.replace_extension(".key");
  std::error_code failed;
  const bool new_folder = !std::filesystem::exists(folder, failed);
  const bool new_key = !std::filesystem::exists(key, failed);
  if (Status written = identity::writePemPair(certificate, key, issued.pair); !written) return fail(written.error());
  if (Status written = identity::writeFileDurably(folder / "authority.crt", issued.authority_pem, 0644); !written)
    return fail(written.error());
  if (new_key)
    if (Status given = giveToOwnerOf(hub_data, key); !given) return fail(given.error());
  if (new_folder)
    if (Status given = giveToOwnerOf(hub_data, folder); !given) return fail(given.error());
  return key;
}

}  // namespace robohub::hub

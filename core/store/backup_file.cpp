#include "store/backup_file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace robohub::store {

namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::uint64_t kMaxManifest = 1024 * 1024;  // kMaxBackupFiles with the longest names fit

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

class Sha256 {
 public:
  Sha256() { crypto_hash_sha256_init(&state_); }
  void add(const char* bytes, std::size_t size) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes), size);
  }
  std::string hex() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256_final(&state_, hash.data());
    std::array<char, crypto_hash_sha256_BYTES * 2 + 1> text{};
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    return text.data();
  }

 private:
  crypto_hash_sha256_state state_{};
};

struct EndWriting {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct EndReading {
  void operator()(archive* a) const { archive_read_free(a); }
};
struct EndEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};
using Entry = std::unique_ptr<archive_entry, EndEntry>;

tl::unexpected<Error> damaged(const std::string& why) {
  return fail(ErrorCode::corrupt, "This is no good backup of robohub: " + why + ". Nothing was changed.");
}

// Reads a file in pieces; `take` may refuse.
template <class Take>
Status readPieces(int fd, const std::string& name, Take take) {
  std::vector<char> piece(kPiece);
  while (true) {
    const ssize_t size = ::read(fd, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(fileError(errno, name + " cannot be read"));
    if (size == 0) return {};
    if (Status taken = take(piece.data(), static_cast<std::size_t>(size)); !taken) return taken;
  }
}

Status writeFailed(archive* tar, const std::filesystem::path& file) {
  return fail(fileError(archive_errno(tar), "The backup " + file.string() + " cannot be written"));
}

Status beginMember(archive* tar, const std::string& name, std::uint64_t bytes, std::int64_t at_ms,
                   const std::filesystem::path& file) {
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0600);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
  archive_entry_set_mtime(entry.get(), at_ms / 1000, 0);
  if (archive_write_header(tar, entry.get()) != ARCHIVE_OK) return writeFailed(tar, file);
  return {};
}

Status addBytes(archive* tar, const char* bytes, std::size_t size, const std::filesystem::path& file) {
  if (archive_write_data(tar, bytes, size) != static_cast<la_ssize_t>(size)) return writeFailed(tar, file);
  return {};
}

Status addFile(archive* tar, const BackupMember& member, const std::filesystem::path& source,
               const BackupManifest& manifest, const std::filesystem::path& file) {
  const File from(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) return fail(fileError(errno, source.string() + " cannot be read"));
  if (Status begun = beginMember(tar, member.name, member.bytes, manifest.made_at_ms, file); !begun) return begun;
  std::uint64_t left = member.bytes;
  Status added = readPieces(from.get(), source.string(), [&](const char* bytes, std::size_t size) -> Status {
    if (size > left) return fail(ErrorCode::unavailable, source.string() + " has changed meanwhile; try again.");
    left -= size;
    return addBytes(tar, bytes, size, file);
  });
  if (added && left > 0) return fail(ErrorCode::unavailable, source.string() + " has changed meanwhile; try again.");
  return added;
}

Status addText(archive* tar, const std::string& name, const std::string& text, const BackupManifest& manifest,
               const std::filesystem::path& file) {
  if (Status begun = beginMember(tar, name, text.size(), manifest.made_at_ms, file); !begun) return begun;
  return addBytes(tar, text.data(), text.size(), file);
}

std::string hashOf(const std::string& text) {
  Sha256 hash;
  hash.add(text.data(), text.size());
  return hash.hex();
}

// One regular member after the other; everything else in a tar (links, folders, devices) is refused.
class TarReader {
 public:
  struct Member {
    std::string name;
    std::uint64_t bytes = 0;
  };
  static Result<std::unique_ptr<TarReader>> open(const std::filesystem::path& path) {
    auto reader = std::make_unique<TarReader>(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!reader->file_) return fail(fileError(errno, "The backup " + path.string() + " cannot be opened"));
    struct stat about {};
    if (::fstat(reader->file_.get(), &about) != 0 || !S_ISREG(about.st_mode))
      return damaged(path.string() + " is no file");
    reader->limit_ = static_cast<std::uint64_t>(about.st_size);
    archive_read_support_format_tar(reader->tar_.get());
    if (archive_read_open_fd(reader->tar_.get(), reader->file_.get(), kPiece) != ARCHIVE_OK)
      return damaged("it is no tar file");
    return reader;
  }
  explicit TarReader(int fd) : file_(fd), tar_(archive_read_new()) {}

  Result<std::optional<Member>> next() {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(tar_.get(), &entry);
    if (result == ARCHIVE_EOF) return std::optional<Member>();
    if (result != ARCHIVE_OK) return damaged("it is no tar file, or it was cut short");
    const char* name = archive_entry_pathname(entry);
    if (!name || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
        archive_entry_symlink(entry) || archive_entry_size(entry) < 0)
      return damaged("it holds something that is no plain file");
    Member member{name, static_cast<std::uint64_t>(archive_entry_size(entry))};
    // Nothing in it is packed, so a member larger than the whole would be made of holes.
    if (member.bytes > limit_) return damaged("a size in it is impossible");
    return std::optional<Member>(std::move(member));
  }
  template <class Take>
  Status data(const Member& member, Take take) {
    std::vector<char> piece(kPiece);
    std::uint64_t got = 0;
    while (true) {
      const la_ssize_t size = archive_read_data(tar_.get(), piece.data(), piece.size());
      if (size < 0) return damaged(member.name + " was cut short");
      if (size == 0) break;
      got += static_cast<std::uint64_t>(size);
      if (got > member.bytes) return damaged(member.name + " is longer than it says");
      if (Status taken = take(piece.data(), static_cast<std::size_t>(size)); !taken) return taken;
    }
    if (got != member.bytes) return damaged(member.name + " was cut short");
    return {};
  }

 private:
  File file_;
  std::unique_ptr<archive, EndReading> tar_;
  std::uint64_t limit_ = 0;
};

Result<std::string> readText(TarReader& tar, const char* name) {
  const auto member = tar.next();
  if (!member) return fail(member.error());
  if (!*member || (*member)->name != name || (*member)->bytes > kMaxManifest)
    return damaged("it does not begin with a manifest");
  std::string text;
  Status read = tar.data(**member, [&](const char* bytes, std::size_t size) -> Status {
    text.append(bytes, size);
    return {};
  });
  if (!read) return fail(read.error());
  return text;
}

Status writeBytes(int fd, const char* bytes, std::size_t size, const std::string& name) {
  while (size > 0) {
    const ssize_t written = ::write(fd, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(fileError(errno, name + " cannot be written"));
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return {};
}

Status readMember(TarReader& tar, const BackupMember& wanted, const std::filesystem::path& extract_to) {
  const auto member = tar.next();
  if (!member) return fail(member.error());
  if (!*member || (*member)->name != wanted.name || (*member)->bytes != wanted.bytes)
    return damaged(wanted.name + " is missing or is not where it should be");
  std::optional<File> to;
  const auto path = extract_to / wanted.name;
  if (!extract_to.empty()) {
    ::mkdir(path.parent_path().c_str(), 0700);
    to.emplace(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!*to) return fail(fileError(errno, path.string() + " cannot be written"));
  }
  Sha256 hash;
  Status read = tar.data(**member, [&](const char* bytes, std::size_t size) -> Status {
    hash.add(bytes, size);
    return to ? writeBytes(to->get(), bytes, size, path.string()) : Status{};
  });
  if (!read) return read;
  if (hash.hex() != wanted.sha256) return damaged(wanted.name + " is not what was written (its SHA-256 differs)");
  if (to && ::fsync(to->get()) != 0) return fail(fileError(errno, path.string() + " cannot be synced"));
  return to ? syncDirectory(path.parent_path()) : Status{};
}

}  // namespace

Error fileError(int error, const std::string& what) {
  const auto code = error == ENOSPC || error == EDQUOT                    ? ErrorCode::exhausted
                    : error == EACCES || error == EPERM || error == EROFS ? ErrorCode::permission_denied
                    : error == ENOENT                                     ? ErrorCode::not_found
                    : error == EEXIST                                     ? ErrorCode::conflict
                                                                          : ErrorCode::internal;
  return {code, what + ": " + std::strerror(error) + ".", ""};
}

Status syncDirectory(const std::filesystem::path& folder) {
  const File fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0)
    return fail(fileError(errno, "The folder " + folder.string() + " cannot be synced"));
  return {};
}

Result<BackupMember> measureFile(const std::filesystem::path& file, std::string name) {
  const File from(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!from) return fail(fileError(errno, file.string() + " cannot be read"));
  BackupMember member{std::move(name), 0, ""};
  Sha256 hash;
  Status read = readPieces(from.get(), file.string(), [&](const char* bytes, std::size_t size) -> Status {
    hash.add(bytes, size);
    member.bytes += size;
    return {};
  });
  if (!read) return fail(read.error());
  member.sha256 = hash.hex();
  return member;
}

Status writeBackupFile(const std::filesystem::path& file, const BackupManifest& manifest,
                       const std::vector<std::filesystem::path>& sources) {
  const File to(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) return fail(fileError(errno, "The backup " + file.string() + " cannot be written"));
  const std::unique_ptr<archive, EndWriting> tar(archive_write_new());
  archive_write_set_format_pax_restricted(tar.get());
  if (archive_write_open_fd(tar.get(), to.get()) != ARCHIVE_OK) return writeFailed(tar.get(), file);
  const std::string text = manifestText(manifest);
  Status added = addText(tar.get(), "manifest.json", text, manifest, file);
  if (added) added = addText(tar.get(), "manifest.sha256", hashOf(text) + "\n", manifest, file);
  for (std::size_t i = 0; added && i < manifest.files.size(); ++i)
    added = addFile(tar.get(), manifest.files[i], sources.at(i), manifest, file);
  if (!added) return added;
  if (archive_write_close(tar.get()) != ARCHIVE_OK) return writeFailed(tar.get(), file);
  if (::fsync(to.get()) != 0) return fail(fileError(errno, "The backup " + file.string() + " cannot be synced"));
  return {};
}

Result<BackupManifest> readBackupFile(const std::filesystem::path& file, const std::filesystem::path& extract_to) {
  const auto tar = TarReader::open(file);
  if (!tar) return fail(tar.error());
  const auto text = readText(**tar, "manifest.json");
  if (!text) return fail(text.error());
  const auto hash = readText(**tar, "manifest.sha256");
  if (!hash) return fail(hash.error());
  if (*hash != hashOf(*text) + "\n") return damaged("its manifest is not what was written (its SHA-256 differs)");
  auto manifest = readManifest(*text);
  if (!manifest) return manifest;
  for (const BackupMember& member : manifest->files)
    if (Status read = readMember(**tar, member, extract_to); !read) return fail(read.error());
  const auto more = (*tar)->next();
  if (!more) return fail(more.error());
  if (*more) return damaged("it holds a file that its manifest does not name");
  return manifest;
}

}  // namespace robohub::store

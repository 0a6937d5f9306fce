#include "cloud_camera/local/programs.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "cloud_camera/local/address_choice.hpp"
#include "cloud_camera/segment_name.hpp"
#include "rh/fault.hpp"

namespace cloud_camera {
namespace {

using rh::hw::Descriptor;
using Clock = std::chrono::steady_clock;

constexpr auto kNamesPause = std::chrono::milliseconds(200);  // between looks at a list that has nothing new
constexpr auto kNamesQuiet = std::chrono::seconds(60);        // then the capture of a list is over
constexpr std::size_t kMaxName = 4096;

[[noreturn]] void refuse(const std::string& what) {
  throw rh::unavailable(what + ": " + std::strerror(errno) + ".");
}

// A socket that a killed driver left behind is taken over; one that somebody serves is not.
void clearUnixPath(const sockaddr_un& address, const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return;
  if (!S_ISSOCK(facts.st_mode)) throw rh::unavailable("local.listen: " + path + " is there already, and no socket.");
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    throw rh::unavailable("local.listen: another program listens at " + path + ".");
  ::unlink(path.c_str());
}

// Without the blanks at both ends, which some programs write there.
std::string_view stripped(std::string_view line) {
  constexpr const char* kBlanks = " \t\v\f";
  const auto begin = line.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kBlanks) + 1 - begin);
}

// No part of such a name is one itself, because it ends with what the file is.
bool namesSegment(std::string_view line) {
  const std::string_view name = stripped(line);
  return parseSegmentName(name.substr(name.rfind('/') + 1)).has_value();
}

}  // namespace

LocalPrograms::LocalPrograms(const LocalSettings& settings, std::filesystem::path spool, LocalWays ways, Before before)
    : settings_(settings),
      ways_(std::move(ways)),
      spool_(settings.folders, settings.max_segment_bytes, std::move(spool)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      armed_(before.armed) {
  if (settings_.listen) listen(*settings_.listen);
  if (!settings_.names.empty()) openNames(before.names);
  named_intake_ = std::make_unique<LocalIntake>(spool_, ways_);
  thread_ = std::thread([this] { run(); });
}

LocalPrograms::~LocalPrograms() {
  quiesce();
}

void LocalPrograms::quiesce() {
  ending_ = true;
  const std::uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) < 0) return;
  if (thread_.joinable()) thread_.join();
  programs_.clear();
  named_intake_.reset();
  listener_ = Descriptor();
  if (!unlink_path_.empty()) ::unlink(std::exchange(unlink_path_, {}).c_str());
}

void LocalPrograms::listen(const LocalAddress& address) {
  if (address.unixPath()) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    address.path.copy(name.sun_path, sizeof name.sun_path - 1);
    clearUnixPath(name, address.path);
    listener_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
      refuse("local.listen: " + address.path);
    unlink_path_ = address.path;
    // Whoever may enter the folder may connect: programs run as other users here.
    ::chmod(address.path.c_str(), 0666);
  } else {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &found) != 0)
      throw rh::unavailable("local.listen: " + address.host + " is no address of this machine.");
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
    const addrinfo* chosen = chosenOf(found);
    listener_ = Descriptor(::socket(chosen->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(listener_.get(), chosen->ai_addr, chosen->ai_addrlen) != 0)
      refuse("local.listen: " + address.host + ":" + std::to_string(address.port));
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                              : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
  }
  if (::listen(listener_.get(), 8) != 0) refuse("local.listen");
}

void LocalPrograms::openNames(const ListPlace& before) {
  const bool standard = settings_.names == "-";
  names_ = Descriptor(standard ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                               : ::open(settings_.names.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!names_.valid()) refuse("local.names: " + settings_.names);
  struct stat facts {};
  if (::fstat(names_.get(), &facts) != 0 || S_ISDIR(facts.st_mode))
    throw rh::unavailable("local.names: " + settings_.names + " is a folder.");
  // A file may grow and a pipe gets new writers; standard input has an end.
  names_follow_ = !standard;
  names_are_file_ = !standard && S_ISREG(facts.st_mode);
  if (!names_are_file_ || before.offset <= 0 || before.offset > facts.st_size) return;
  if (checkOf(before.offset) != before.check) return;
  names_at_ = line_at_ = before.offset;
  if (::lseek(names_.get(), before.offset, SEEK_SET) < 0) refuse("local.names: " + settings_.names);
}

// Of the end of what stands before it: names tell times, so no two lists end alike there.
std::int64_t LocalPrograms::checkOf(std::int64_t offset) const {
  std::array<char, 256> bytes;
  const std::int64_t from = std::max<std::int64_t>(0, offset - static_cast<std::int64_t>(bytes.size()));
  const ssize_t n = ::pread(names_.get(), bytes.data(), static_cast<std::size_t>(offset - from), from);
  std::uint32_t hash = 2166136261;  // FNV-1a
  for (ssize_t i = 0; i < n; ++i)
    hash = (hash ^ static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)])) * 16777619;
  return hash;
}

void LocalPrograms::run() {
  while (!ending_) {
    std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}};
    watched.push_back({programs_.size() < kMaxPrograms ? listener_.get() : -1, POLLIN, 0});
    // A list is read with poll where that waits (standard input), else looked at now and then.
    const bool waits = names_.valid() && !names_ended_ && !names_follow_;
    watched.push_back({waits ? names_.get() : -1, POLLIN, 0});
    for (const auto& program : programs_) watched.push_back({program->socket.get(), POLLIN, 0});
    const bool looks = names_.valid() && !names_ended_;
    const int pause = looks ? static_cast<int>(kNamesPause.count()) : -1;
    if (::poll(watched.data(), watched.size(), pause) < 0 && errno != EINTR) return;
    for (std::size_t i = programs_.size(); i-- > 0;)
      if (watched[3 + i].revents != 0 && !serve(*programs_[i]))
        programs_.erase(programs_.begin() + static_cast<std::ptrdiff_t>(i));
    if (watched[1].revents != 0) accept();
    if (looks && (names_follow_ || watched[2].revents != 0)) readNames();
    if (named_intake_->capturing() && (!armed_ || Clock::now() - named_ > kNamesQuiet)) named_intake_->end();
  }
}

void LocalPrograms::accept() {
  Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid()) return;
  auto program = std::make_unique<Program>();
  program->socket = std::move(socket);
  program->intake = std::make_unique<LocalIntake>(spool_, ways_);
  programs_.push_back(std::move(program));
}

bool LocalPrograms::serve(Program& program) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t n = ::recv(program.socket.get(), buffer.data(), buffer.size(), 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  std::vector<std::string> objects;
  bool good = program.splitter.take({buffer.data(), static_cast<std::size_t>(n)}, objects);
  for (const auto& object : objects) good = program.intake->message(object) && good;
  if (!good) ways_.complain("A program beside the agent sent what are no JSON objects; its connection is closed.");
  return good;
}

void LocalPrograms::readNames() {
  std::array<char, 16 * 1024> buffer;
  const ssize_t n = ::read(names_.get(), buffer.data(), buffer.size());
  if (n > 0) {
    const std::int64_t before = line_at_;
    takeNames({buffer.data(), static_cast<std::size_t>(n)});
    if (line_at_ != before) tellPlace();
    return;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n == 0 && names_follow_) return namesPause();
  names_ended_ = true;
  takeLine();
  named_intake_->end();
}

// There is no more for now, and the last line may have no end. All who wrote to a pipe have left it: what they began is
// whole. A file may be in the middle of being written.
void LocalPrograms::namesPause() {
  if (!line_.empty() && (!names_are_file_ || namesSegment(line_))) {
    takeLine();
    tellPlace();
  }
  rewindNames();
}

void LocalPrograms::tellPlace() const {
  if (names_are_file_ && ways_.read_to) ways_.read_to({line_at_, checkOf(line_at_)});
}

// A list that has become shorter than what was read of it was begun anew: all that stands there now is new.
void LocalPrograms::rewindNames() {
  struct stat facts {};
  if (!names_are_file_ || ::fstat(names_.get(), &facts) != 0 || facts.st_size >= names_at_) return;
  if (::lseek(names_.get(), 0, SEEK_SET) != 0) return;
  names_at_ = line_at_ = 0;
  line_.clear();
  if (ways_.read_to) ways_.read_to({});
}

void LocalPrograms::takeNames(std::string_view bytes) {
  for (const char c : bytes) {
    ++names_at_;
    if (c == '\n' || c == '\r' || c == '\0')
      takeLine();
    else if (line_.size() < kMaxName)
      line_ += c;
  }
}

void LocalPrograms::takeLine() {
  line_at_ = names_at_;
  const std::string line = std::exchange(line_, {});
  const std::string name(stripped(line));
  if (name.empty() || !armed_) return;
  named_ = Clock::now();
  named_intake_->segment(name);
}

}  // namespace cloud_camera

#include "plugin/child_host.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <utility>

#include "base/short_turns.hpp"
#include "plugin/driver_status.hpp"

namespace robohub::plugin {
namespace {

using std::chrono::milliseconds;

constexpr auto kHaltConfirm = milliseconds(50);
constexpr auto kHaltWhileDown = milliseconds(1000);  // so long a halt waits for a reopening to confirm it
constexpr auto kOverdueGrace = milliseconds(100);    // between the halt for an overdue request and the kill
constexpr auto kOpenPatience = std::chrono::seconds(30);
constexpr auto kClosePatience = milliseconds(700);
constexpr int kPacketsAtOnce = 64;
constexpr int kLastPackets = 4096;

MonoTime monoNow() {
  return std::chrono::steady_clock::now();
}

}  // namespace

std::unique_ptr<DriverHost> makeChildHost(DriverSetup setup, DriverEvents& events, Post post) {
  return std::make_unique<ChildHost>(std::move(setup), events, std::move(post));
}

ChildHost::ChildHost(DriverSetup setup, DriverEvents& events, Post post)
    : setup_(std::move(setup)),
      relay_(events, std::move(post)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      permit_watch_(setup_.permit_grace) {}

ChildHost::~ChildHost() {
  close();
}

// ---- Called by the agent's loop ----

void ChildHost::open() {
  start_at_ = monoNow();
  thread_ = std::thread([this] { run(); });
}

void ChildHost::permit(Epoch epoch, std::int64_t until_ns) {
  Lock lock(mutex_);
  // A full socket loses the permit, which is the safe side; the next renewal is at most a beat away.
  if (state_ != State::open || told_ != opening_) return;
  if (send(link_->commands.get(), {Word::permit, epoch, until_ns, halts_sent_, {}}, false) != Sent::yes) return;
  if (until_ns == 0) return permit_watch_.endTurn();
  last_turn_ = epoch;
  may_be_on_ = true;
  // One that is over already, since this machine stood still, is owed its time from when it was told.
  permit_watch_.permit(std::max(fromNs(until_ns), monoNow()), halts_sent_);
  expect(permit_watch_.due());
}

void ChildHost::turnGoesOn(Epoch epoch) {
  Lock lock(mutex_);
  last_turn_ = epoch;
  // Ahead of any permit, on the same socket; one that has no room for it has none for a permit either.
  if (link_) send(link_->commands.get(), {Word::turn_goes_on, epoch, 0, 0, {}}, false);
}

void ChildHost::handle(const DriverRequest& request) {
  Lock lock(mutex_);
  auto refuse = [&](rh_status status, const char* sentence) {
    relay_.send([reply = replyOf(request.id, status, sentence)](DriverEvents& events) { events.onReply(reply); });
  };
  if (state_ != State::open || told_ != opening_) return refuse(RH_UNAVAILABLE, "The driver is not running now.");
  const Packet packet{Word::handle, request.id, request.deadline_ns, request.epoch, {request.command, request.params},
                      halts_sent_};
  const Sent sent = send(link_->commands.get(), packet, false);
  if (sent == Sent::full) return refuse(RH_EXHAUSTED, "The driver has too much to do.");
  // Where the process is gone the supervisor sees it and answers for it.
  const MonoTime overdue =
      request.deadline_ns == 0 ? MonoTime::max() : fromNs(request.deadline_ns) + setup_.handle_grace;
  requests_.add(request.id, overdue);
  expect(overdue);
}

void ChildHost::cancel(std::uint64_t request) {
  Lock lock(mutex_);
  if (state_ == State::open) send(link_->commands.get(), {Word::cancel, request, 0, 0, {}}, false);
}

void ChildHost::halt(std::uint64_t halt, const std::string& reason) {
  Lock lock(mutex_);
  const MonoTime now = monoNow();
  if (state_ == State::open) return sendHalt(halt, reason, now);
  halts_[halt] = {now + kHaltWhileDown};
  expect(halts_[halt].by);
}

void ChildHost::configure(const std::string& config) {
  Lock lock(mutex_);
  setup_.config = config;
  permit_watch_.pause(halts_sent_);
  if (state_ == State::open) send(link_->commands.get(), {Word::configure, 0, 0, 0, {config}}, false);
}

void ChildHost::watch(const std::string& stream, bool on) {
  Lock lock(mutex_);
  if (state_ == State::open) send(link_->commands.get(), {Word::watch, on, 0, 0, {stream}}, false);
}

void ChildHost::capturesWaiting(std::uint32_t segments, std::uint64_t bytes) {
  Lock lock(mutex_);
  if (state_ == State::open) send(link_->commands.get(), {Word::captures_waiting, segments, 0, bytes, {}}, false);
}

void ChildHost::close() {
  relay_.shut();
  if (!thread_.joinable()) return;
  {
    Lock lock(mutex_);
    stopping_ = true;
    wake();
  }
  thread_.join();
}

// ---- Both ----

void ChildHost::sendHalt(std::uint64_t halt, const std::string& reason, MonoTime now) {
  ++halts_sent_;
  const Packet packet{Word::halt, halt, static_cast<std::int64_t>(halts_sent_), 0, {reason.substr(0, 256)}};
  halts_[halt] = {now + kHaltConfirm, halts_sent_};
  if (send(link_->halts.get(), packet, false) == Sent::full) doom_ = "it does not take halts";
  expect(doom_.empty() ? halts_[halt].by : now);
}

void ChildHost::expect(MonoTime at) {
  if (at < waiting_until_) wake();
}

void ChildHost::wake() {
  const std::uint64_t one = 1;
  if (write(wake_.get(), &one, sizeof one) < 0) return;  // full: it is awake already
}

MonoTime ChildHost::nextTime() const {
  MonoTime next = std::min({requests_.nextOverdue(), open_by_, kill_at_, start_at_, tell_at_, permit_watch_.due()});
  for (const auto& [halt, asked] : halts_) next = std::min(next, asked.by);
  return next;
}

// ---- The supervisor's thread ----

void ChildHost::run() {
  askForShortTurns();  // what ends a frozen driver must not wait behind others
  for (;;) {
    waitForWork();
    {
      Lock lock(mutex_);
      if (stopping_) break;
    }
    const MonoTime now = monoNow();
    if (link_) {
      // Halts first: their answers are what somebody waits for.
      const int at_most = ended_ ? kLastPackets : kPacketsAtOnce;  // its last words, too
      const bool halts_served = readHalts(at_most);
      readCommands(at_most);
      if (link_ && (!halts_served || ended_)) mourn();
      readFrames();
    }
    checkTimes(now);
    if (!link_ && now >= start_at_) start();
  }
  leave();
}

void ChildHost::waitForWork() {
  ended_ = false;
  pollfd watched[5] = {{wake_.get(), POLLIN, 0}};
  nfds_t count = 1;
  MonoTime until;
  {
    Lock lock(mutex_);
    if (stopping_ || !doom_.empty()) return;
    if (link_) {
      watched[1] = {link_->halts.get(), POLLIN, 0};
      watched[2] = {link_->commands.get(), POLLIN, 0};
      watched[3] = {link_->child.pidfd(), POLLIN, 0};
      watched[4] = {link_->frames.get(), POLLIN, 0};
      count = link_->frames ? 5 : 4;
    }
    until = waiting_until_ = nextTime();
  }
  timespec rest{};
  if (until != MonoTime::max()) {
    const auto left = std::max<Duration>(until - monoNow(), Duration::zero());
    rest.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    rest.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
  }
  ppoll(watched, count, until == MonoTime::max() ? nullptr : &rest, nullptr);
  ended_ = watched[3].revents != 0;
  std::uint64_t ignored = 0;
  if (watched[0].revents && read(wake_.get(), &ignored, sizeof ignored) < 0) return;
}

void ChildHost::start() {
  DriverSetup setup;
  Epoch last_turn = 0;
  {
    Lock lock(mutex_);
    start_at_ = MonoTime::max();
    setup = setup_;
    last_turn = last_turn_;
  }
  auto link = ChildLink::start(setup, std::exchange(first_, false), last_turn);
  const MonoTime now = monoNow();
  if (!link) {
    relay_.send([error = link.error()](DriverEvents& events) { events.onOpenFailed(error); });
    return planStart(now, worthAnotherTry(link.error().code));
  }
  Lock lock(mutex_);
  link_ = std::move(*link);
  if (last_turn_ != last_turn) send(link_->commands.get(), {Word::turn_goes_on, last_turn_, 0, 0, {}}, false);
  frames_ = FrameReader();
  state_ = State::opening;
  halts_sent_ = 0;
  open_by_ = now + kOpenPatience;
}

void ChildHost::readCommands(int at_most) {
  Packet packet;
  for (int i = 0; i < at_most && link_; ++i) {
    switch (receive(link_->commands.get(), packet)) {
      case Received::packet: take(packet); break;
      case Received::nothing: return;
      case Received::end: return mourn();
    }
  }
}

bool ChildHost::readHalts(int at_most) {
  Packet packet;
  for (int i = 0; i < at_most; ++i) {
    const Received received = receive(link_->halts.get(), packet);
    if (received != Received::packet) return received != Received::end;
    if (packet.word == Word::halted) takeHalted(packet.a, packet.b != 0, packet.text(0));
    if (packet.word == Word::own_halt) takeOwnHalt(packet.a != 0, packet.text(0));
  }
  return true;
}

void ChildHost::mourn() {
  // It closed its end: it is ending, or it sends what is no packet. Either way it is over.
  const auto exit = link_->child.wait(milliseconds(20));
  bury(exit ? "it " + exit->describe() : "it left its socket");
}

void ChildHost::readFrames() {
  if (!link_ || !link_->frames) return;
  const bool alive =
      frames_.read(link_->frames.get(), [this](std::string stream, std::string bytes, std::int64_t t_ns) {
        relay_.sendFrame(stream, shareBytes(std::move(bytes)), t_ns, framesKept(setup_, stream));
      });
  if (alive) return;
  Lock lock(mutex_);
  link_->frames.reset();  // no more pictures in this life; commands and halts go on
}

void ChildHost::checkTimes(MonoTime now) {
  std::vector<RequestBook::Overdue> overdue;
  std::vector<std::uint64_t> unconfirmed;
  std::string doom;
  std::uint64_t opening = 0;
  {
    Lock lock(mutex_);
    if (now >= tell_at_) {
      tell_at_ = MonoTime::max();
      opening = opening_;
    }
    overdue = requests_.takeOverdue(now);
    if (state_ == State::open) {
      for (const auto& [id, running] : overdue) {
        send(link_->commands.get(), {Word::cancel, id, 0, 0, {}}, false);
        // One that the driver has returned from holds nobody up: it is no longer wanted, and that is all.
        if (running) overdue_.insert(id);
      }
      if (!overdue_.empty() && kill_at_ == MonoTime::max()) {
        kill_at_ = now + kOverdueGrace;
        sendHalt(0, "A command overran its deadline.", now);
      }
    }
    checkHalts(now, unconfirmed);
    if (permit_watch_.isFrozen(now, [this] { return link_ && link_->child.stopped(); })) {
      permit_watch_.clear();
      doom_ = "it did not say that it had halted when its permit ran out";
    }
    if (now >= kill_at_) doom_ = "a command overran its deadline and did not return";
    if (now >= open_by_) doom_ = "it did not open within 30 s";
    doom.swap(doom_);
  }
  if (opening != 0) tellOpened(opening);
  for (const auto& each : overdue)
    relay_.send([reply = replyOf(each.id, RH_TIMEOUT, "The driver did not answer in time.")](DriverEvents& e) {
      e.onReply(reply);
    });
  for (std::uint64_t id : unconfirmed)
    relay_.send([id](DriverEvents& e) { e.onHalted(id, false, "The driver did not confirm in time."); });
  if (!doom.empty() && link_) bury("it was killed: " + doom);
}

void ChildHost::checkHalts(MonoTime now, std::vector<std::uint64_t>& unconfirmed) {
  for (auto it = halts_.begin(); it != halts_.end();) {
    auto& [halt, asked] = *it;
    const bool overslept = now - asked.by > kOverslept;
    // As with a permit's end (permit_watch.hpp): it may be about to answer.
    if (overslept && !asked.spared && link_ && state_ == State::open && !link_->child.stopped()) {
      asked.by = now + kOversleptMoment;
      asked.spared = true;
    }
    if (asked.by > now) {
      ++it;
      continue;
    }
    unconfirmed.push_back(halt);
    it = halts_.erase(it);
    if (state_ == State::open) doom_ = "it did not confirm a halt within 50 ms";
  }
}

void ChildHost::bury(const std::string& reason) {
  std::optional<ChildLink> ended;
  std::vector<std::uint64_t> owed;
  const MonoTime now = monoNow();
  {
    Lock lock(mutex_);
    ended.swap(link_);
    state_ = State::down;
    owed = requests_.takeAll();
    overdue_.clear();
    doom_.clear();
    open_by_ = kill_at_ = tell_at_ = MonoTime::max();
    permit_watch_.clear();
    // The reopening, which begins at once or soon, confirms them.
    for (auto& [halt, asked] : halts_) asked = {now + kHaltWhileDown};
  }
  ended.reset();  // SIGKILL where it still runs, and reaped before a new one touches the hardware
  for (std::uint64_t id : owed)
    relay_.send([reply = replyOf(id, RH_UNAVAILABLE, "The driver's process ended meanwhile.")](DriverEvents& e) {
      e.onReply(reply);
    });
  relay_.send([reason](DriverEvents& events) { events.onDied(reason); });
  planStart(now);
}

void ChildHost::planStart(MonoTime now, bool promising) {
  Lock lock(mutex_);
  // What goes on without its process (PWM of the kernel, a chip of its own) is switched off by nothing but opening: it
  // may be on until that has been done.
  if (may_be_on_) start_at_ = now + RestartPolicy::whileOn(tries_while_on_++);
  if (may_be_on_ && tries_while_on_ > 1) return;
  if (!may_be_on_ && !promising) return;
  usable_at_ = now + restarts_.onEnd(now);
  if (!may_be_on_) start_at_ = usable_at_;
}

void ChildHost::leave() {
  if (!link_) return;
  send(link_->commands.get(), {Word::close, 0, 0, 0, {}}, false);
  link_->child.wait(kClosePatience);
  link_.reset();
}

}  // namespace robohub::plugin

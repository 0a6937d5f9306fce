// One enrolled device on the loop that owns it: the shell around control::DeviceControl. Everything that people, the
// agent, the store and the clock do to the device is called here on that loop; what the rules decide is carried out at
// once, and what everybody may see is published as an immutable view.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.hpp"
#include "base/rate_limit.hpp"
#include "base/time.hpp"
#include "control/device_control.hpp"
#include "device/connection_history.hpp"
#include "device/registry.hpp"
#include "identity/audit.hpp"
#include "identity/bans.hpp"
#include "link/messages.hpp"
#include "link/picture.hpp"
#include "live/agent_clock.hpp"
#include "live/agent_port.hpp"
#include "live/audience.hpp"
#include "live/device_audit.hpp"
#include "live/device_view.hpp"
#include "live/link_facts.hpp"
#include "live/person_pace.hpp"
#include "live/tally.hpp"
#include "live/type_catalogue.hpp"
#include "media/picture_stream.hpp"
#include "media/sound_stream.hpp"
#include "net/loop_pool.hpp"

namespace robohub::telemetry {
class ChannelShape;
class History;
struct Numbers;
}  // namespace robohub::telemetry

namespace robohub::live {

// What all devices share. Outlives them.
struct Services {
  Audiences& audiences;
  device::Registry& registry;
  const TypeCatalogue& catalogue;
  const Clock& clock;
  std::function<control::TurnSettings(const DeviceId&)> turn_settings;  // of the configuration [any-thread]
  std::function<void(link::EventLevel, const std::string&)> log;        // [any-thread]
  std::string hub_version;
  bool hazards_allowed = true;     // false: nobody takes a turn on a type with hazards (people come in without TLS)
  DeviceAudit::Note audit = {};    // [any-thread]
  Tally* tally = nullptr;          // may be null
  identity::Bans* bans = nullptr;  // null: nobody is banned
  device::ConnectionHistory* connections = nullptr;  // null: none is kept
  // Whether this person may play on a device of this place, as of now; empty: nobody loses that right. [any-thread]
  std::function<bool(const PersonId&, const identity::Place&)> may_play = {};
  // Whether turns are given on a type with hazards although nothing at the device ends them when the link is lost;
  // empty: never. [any-thread]
  std::function<bool(const DeviceId&, device::Link)> accepts_unfenced = {};
  telemetry::History* history = nullptr;  // null: values are not kept
};

struct CommandCall {
  std::string name;
  json::Object::Ptr params;  // null = no parameters
  Epoch epoch = 0;
  std::string key;
  bool from_program = false;
  std::uint64_t connection = 0;  // the live socket that it came by; 0: none of the person's windows
};

// What a moderator wants.
struct Moderation {
  enum class Action { skip, remove, hold, release, take_over };
  Action action = Action::skip;
  std::optional<PersonId> person = {};  // whose turn is skipped (absent: whoever holds it); who is removed
  std::string reason = {};
};
const char* toString(Moderation::Action action);

// [its loop] unless a function says otherwise.
class LiveDevice : public std::enable_shared_from_this<LiveDevice> {
 public:
  using StatusDone = std::function<void(Status)>;
  using CommandDone = std::function<void(const control::CommandRecord&)>;

  LiveDevice(const Services& services, std::shared_ptr<const device::Device> device);  // [any-thread]
  LiveDevice(const LiveDevice&) = delete;
  LiveDevice& operator=(const LiveDevice&) = delete;

  // Once, before anything else on its loop.
  void begin();

  const DeviceId& id() const { return id_; }         // [any-thread]
  const std::string& type() const { return type_; }  // [any-thread]
  // What rights on it are checked on, as it is now. [any-thread]
  identity::Place place() const { return *std::atomic_load(&place_); }
  std::shared_ptr<const identity::Place> placeNow() const { return std::atomic_load(&place_); }
  net::Loop& loop() const { return loop_; }                        // [any-thread]
  const Services& services() const { return services_; }           // [any-thread]
  DeviceViewPtr view() const { return std::atomic_load(&view_); }  // [any-thread]
  // Null when the type has no pictures of this name. [any-thread]
  std::shared_ptr<media::PictureStream> stream(std::string_view name) const;
  // The same of sound. [any-thread]
  std::shared_ptr<media::SoundStream> sound(std::string_view name) const;
  // COMMAND of docs/PROTOCOL.md. [any-thread]
  std::string commandJson(const control::CommandRecord& record) const;

  // ---- people
  void watch(std::weak_ptr<Viewer> viewer, const PersonId& person, std::size_t loop_index);
  bool watched() const;  // somebody does
  void unwatch(const PersonId& person, std::size_t loop_index, std::uint64_t connection = 0);
  // The same for a connection that is none of ours and gets no frames: `told` hears of each change of the person's
  // place or turn, from within whatever made it, so it must not call back. One a person; absent() ends it.
  void present(const PersonId& person, std::function<void(const control::YouView&)> told);
  void absent(const PersonId& person);
  // This connection of the person drives from now on: only its beats count, so that a window which is open somewhere
  // else cannot keep a device alive. `if_free`: only when none of his connections drives. The one that drove is told.
  // Errors: conflict (another one drives).
  Status drive(const PersonId& person, std::uint64_t connection, std::weak_ptr<Viewer> viewer, std::size_t loop_index,
               bool if_free);
  // At the end of the line; the turn will be as long as the role's are.
  // Errors: permission_denied (banned here; hazards without TLS), exhausted (the line is full, or the person takes
  // places too often), not_found.
  Status join(const identity::Person& person, bool is_program);
  // The right to moderate was checked. Errors: conflict (nobody, or somebody else, has the turn; not in the line),
  // invalid_argument (nobody named), permission_denied as for join, exhausted (the person holds, releases or takes over
  // too often), not_found. `address` is the client's, for the audit.
  Status moderate(const identity::Person& by, bool is_program, const Moderation& moderation,
                  const std::string& address = {});
  // Whoever of the line is banned is out of it.
  void enforceBans(const std::string& by);
  void leave(const PersonId& person);
  void touch(const PersonId& person);
  void revoke(const PersonId& person);
  void beat(const PersonId& person, std::uint64_t connection, Epoch epoch, const link::Stamp& stamp);
  // Later states go to the person's pages, but for those that are over within 50 ms. `done`, when given, is called once
  // with the final record, or with the newest one when `wait` is over.
  control::CommandRecord command(const identity::Person& person, const CommandCall& call, Duration wait = {},
                                 CommandDone done = {});
  // Errors: not_found (it was revoked: nothing is left to stop).
  Status pressStop(const identity::Person& person, std::string reason);
  // Errors: those of DeviceControl::resetStop(), not_found; permission_denied of whoever is banned.
  Status resetStop(const identity::Person& person, bool administrator);
  // The newest `you` once more, to this page.
  void tellYou(std::weak_ptr<Viewer> viewer, const PersonId& person, std::size_t loop_index) const;
  control::TurnView turn() const;
  control::YouView you(const PersonId& person) const;
  control::StopView stop() const { return control_.stop(); }

  // ---- agent
  // With `facts` it is a link without our agent, which brings the device's type along.
  void agentOnline(std::shared_ptr<AgentPort> port, const link::Hello& hello, const std::string& address = {},
                   std::optional<LinkFacts> facts = std::nullopt);
  // What a link without our agent will bring when it comes: until then the device is shown so.
  void expect(LinkFacts facts);
  // An agent with this device's key was sent away.
  void agentRefused(const std::string& address, const link::Hello& hello, const std::string& why);
  // Why it cannot come: what stands between it and the hub is away.
  void agentAbsent(const std::string& address, const link::Hello& hello, const std::string& why);
  void agentMessage(const link::Nonce& nonce, const link::AgentMessage& message);
  // The same for a value that was checked and measured here just now.
  void measured(const link::Nonce& nonce, std::string_view channel, const telemetry::Numbers& value);
  void agentLost(const link::Nonce& nonce, const char* why = "the link was lost");
  // False: `link` is not that of the control link that is up.
  bool bulkOnline(std::shared_ptr<AgentPort> port, std::string_view link);
  void bulkLost(const AgentPort* port);
  void picture(const AgentPort* port, std::string_view message);
  void sound(const AgentPort* port, std::string_view message);

  // ---- streams whose pictures do not come over the device's link
  // From now on `source` is told on this loop when somebody wants pictures of the stream and when nobody does any more
  // (at once, when somebody does now); those that the link brings are dropped. A stream that the type does not have is
  // made. Null: the link's again.
  void setSource(const std::string& stream, std::function<void(bool wanted)> source);
  // A picture of that source. False: it is no whole JPEG, or no such source is set.
  bool offer(std::string_view stream, std::string_view jpeg);
  // Why no pictures come, for people; "" when they do again, or when nobody wants them. Its event is told once a
  // minute.
  void sourceFault(std::string_view stream, const std::string& sentence);
  // Counted, and told once a minute.
  void badPicture(const std::string& why);
  void badSound(const std::string& why);

  // {"channels":[{"channel","at_ms","value"}..]}: the newest value of each channel since the hub's start.
  std::string latestJson() const;

  // ---- upkeep
  void renamed(std::string name);
  // Its labels or room have changed: counts from now on, and cuts whoever may no longer watch or play. [any-thread]
  void setPlace(identity::Place place);
  void configure(const control::TurnSettings& turns);
  // Revoked: links are closed, nothing is published any more.
  void retire();

 private:
  struct Driver {  // which of a person's connections drives
    std::uint64_t connection = 0;
    std::weak_ptr<Viewer> viewer;
    std::size_t loop_index = 0;
  };
  void placed(const identity::Place& before);
  Status mayJoin(const PersonId& person) const;
  control::Person controlPerson(const identity::Person& person, bool is_program) const;
  std::string youText(const control::YouView& you) const;
  void tellDriver(const Driver& driver, bool drives) const;
  struct Waiter {
    std::string command_id;
    std::uint64_t number = 0;
    net::TimerId timer = 0;
    CommandDone done;
  };
  struct Untold {  // a command whose newest state the pages have not heard; it is not final
    std::string command_id;
    MonoTime due;
  };
  struct Source {
    std::function<void(bool)> wanted;
    std::string fault;
    MonoTime told = MonoTime::min();  // when an event last spoke of a fault
    bool told_fault = false;          // and nothing has said since that it is over
  };
  using Streams = std::map<std::string, std::shared_ptr<media::PictureStream>, std::less<>>;
  using Sounds = std::map<std::string, std::shared_ptr<media::SoundStream>, std::less<>>;
  struct Complaint {  // one line a minute, however many come
    std::uint64_t count = 0;
    MonoTime told = MonoTime::min();
  };

  MonoTime now() const { return services_.clock.now(); }
  void carryOut();
  void carry(control::SendToAgent& effect);
  void carry(control::DropAgent& effect);
  void carry(control::ReserveEpochs& effect);
  void carry(control::PersistStop& effect);
  void carry(control::TurnChanged& effect);
  void carry(control::StopChanged& effect);
  void carry(control::YouChanged& effect);
  void carry(control::CommandChanged& effect);
  void carry(control::StampToHolder& effect);
  void carry(control::LogEvent& effect);
  void saveStop(const control::StopRecord& record);
  void rearm();
  void publish();
  void tellView();
  DeviceViewPtr makeView() const;
  void takeType();
  void takeTypeOf(const link::Hello& hello, std::optional<LinkFacts> facts);
  Status mayGiveTurns() const;
  void clearLine();
  void makeStreams();
  void addStream(const std::string& name);
  void addSound(const plugin::Stream& declared);
  void showLive(media::LiveStream& stream);
  void streamChanged();
  void soundsLost();
  void complain(Complaint& about, const char* one, const char* many, const std::string& why);
  std::vector<StreamView> streamViews() const;
  void streamWanted(const std::string& name, bool wanted);
  void toWatchers(std::string text, net::SendClass send_class);
  void toPerson(const PersonId& person, const SharedBytes& frame);
  void event(link::EventLevel level, control::EventKind kind, const std::string& text);
  struct Latest;
  Latest* latestOf(std::string_view channel);
  static std::string textOf(const Latest& latest);
  SharedBytes telemetryFrame(std::string_view channel, std::string_view value_json, std::int64_t at_ms) const;
  void tellWatchers(const std::string& channel, std::string_view value_json, std::int64_t at_ms);
  void tellValue(std::size_t loop_index, const std::string& channel, const SharedBytes& frame);
  void telemetry(const link::Telemetry& telemetry);
  void tellHistory() const;
  void agentGone(const char* why);
  void sendWatch(const std::string& stream, bool on);
  std::int64_t receivedMs(const control::CommandRecord& record) const;  // by the wall clock
  void tellState(const control::CommandRecord& record);
  void tellLater();
  void answerWaiters(const control::CommandRecord& record, std::uint64_t only = 0);
  control::ControlSettings controlSettings() const;

  const Services& services_;
  const DeviceId id_;
  const std::string type_;
  net::Loop& loop_;
  std::string name_;
  std::string plugin_version_;
  InstalledTypePtr device_type_;  // of the version that the agent said; null when it is not installed
  LinkFacts facts_;               // of the newest link; its type is device_type_
  control::TurnSettings turns_;
  control::DeviceControl control_;
  control::Effects effects_;
  bool carrying_ = false;
  bool changed_ = false;
  bool retired_ = false;
  bool saving_stop_again_ = false;
  Epoch counted_epoch_ = 0;         // the newest turn that the tally has
  std::uint64_t counted_stop_ = 0;  // and the newest stop
  Presence presence_ = Presence::never;
  std::int64_t since_ms_ = 0;
  net::TimerId timer_ = 0;
  MonoTime timer_at_ = MonoTime::max();
  // What everybody was told last, and when the view is told that has changed since.
  MonoTime told_at_ = MonoTime::min();
  Presence told_presence_ = Presence::never;
  control::StopView told_stop_;
  net::TimerId tell_timer_ = 0;
  RateLimit told_at_once_{40, 40};

  std::shared_ptr<AgentPort> control_port_;
  link::Nonce nonce_;
  std::string link_id_;
  std::shared_ptr<AgentPort> bulk_port_;

  std::string agent_address_, agent_version_;
  MonoTime online_since_{};
  Complaint bad_pictures_, bad_sounds_, many_events_;
  // More than an agent of ours says: it bounds its own (20 at once, two a second) and keeps 32 for a link that is away.
  RateLimit events_said_{4, 100};
  PersonPace joins_, line_orders_;
  RateLimit turns_said_{2, 60};       // lines of the log on who comes and goes
  std::uint64_t turns_left_out_ = 0;  // since the newest of them

  std::map<PersonId, Driver> drivers_;  // of those in the line
  std::map<PersonId, std::function<void(const control::YouView&)>> followers_;
  std::vector<std::uint32_t> watchers_;                         // by loop
  std::vector<std::shared_ptr<WaitingValues>> waiting_values_;  // by loop, where there is need
  std::deque<SharedBytes> events_;                              // newest kRememberedEvents, framed
  struct Latest {
    std::int64_t at_ms = 0;
    std::string value_json;  // "": what the numbers say
    std::shared_ptr<const telemetry::ChannelShape> shape;
    std::vector<double> numbers;
  };
  std::map<std::string, Latest, std::less<>> values_;  // newest telemetry by channel
  AgentClock agent_clock_;
  std::vector<Waiter> waiters_;
  std::uint64_t newest_waiter_ = 0;
  std::vector<Untold> untold_;                          // by `due`
  bool telling_ = false;                                // a timer for the first of them runs
  std::map<std::string, Source, std::less<>> sources_;  // by stream
  DeviceAudit audit_{id_, services_.audit};
  std::shared_ptr<const Streams> streams_;        // swapped whole; read by any thread with atomic_load
  std::shared_ptr<const Sounds> sounds_;          // the same
  DeviceViewPtr view_;                            // the same
  std::shared_ptr<const identity::Place> place_;  // the same
};

}  // namespace robohub::live

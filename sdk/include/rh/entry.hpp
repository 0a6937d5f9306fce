// The border: turns the C tables of abi.h into calls of an author's class, catches every exception, and keeps the
// promises that abi.h makes for the author (one answer, nothing after close, outputs off behind a halt).
#pragma once
#include <functional>

#include "rh/type.hpp"

namespace rh::detail {

// One open device.
struct Seat {
  const TypeInfo* info = nullptr;
  std::shared_ptr<Port> port;
  std::unique_ptr<Device> device;
  std::uint64_t begun_epoch = 0;  // [device-serial] the turn that onPermit() was told of
  Mutex mutex;
  std::map<std::uint64_t, std::weak_ptr<Pending>> pending RH_GUARDED_BY(mutex);
};

// One open link of a translator.
struct LinkSeat {
  std::shared_ptr<Port> port;
  std::unique_ptr<Translator> translator;
};

struct Access {
  static Gate& gate(Device& device) { return device.gate_; }
  static const char* runHalt(Device& device) { return device.runHalt(); }
};

inline Seat& seat(rh_device* device) {
  return *reinterpret_cast<Seat*>(device);
}

// Marks the calling thread as being inside a call of this device.
class InCall {
 public:
  // A call of the turn that is on, whichever that is.
  explicit InCall(Device& device) : InCall(device, Access::gate(device).pass()) {}
  // A call of the turn `epoch`; 0: of none.
  InCall(Device& device, std::uint64_t epoch) : InCall(device, Access::gate(device).pass(epoch)) {}
  ~InCall() { current_call = before_; }

 private:
  InCall(Device& device, Gate::Pass pass) : before_(current_call) { current_call = Call{&device, pass, false}; }
  Call before_;
};

// Runs `fn` and turns what it throws into a status and a sentence.
template <class Fn>
rh_status guarded(std::string& sentence, Fn&& fn) noexcept {
  try {
    return fn();
  } catch (const Fault& fault) {
    sentence = fault.what();
    return fault.status();
  } catch (const std::exception& error) {
    sentence = error.what();
    return RH_INTERNAL;
  } catch (...) {
    sentence = "The driver failed in an unknown way.";
    return RH_INTERNAL;
  }
}
template <class Fn>
rh_status guardedTo(const rh_sink* sink, Fn&& fn) noexcept {
  std::string sentence;
  const rh_status status = guarded(sentence, std::forward<Fn>(fn));
  give(sink, sentence);
  return status;
}

template <class... Types>
struct Entry {
  static const std::vector<TypeInfo>& types() {
    static const std::vector<TypeInfo> all = [] {
      std::vector<TypeInfo> list;
      (list.push_back(Types::type()), ...);
      return list;
    }();
    return all;
  }

  static rh_status describe(const rh_sink* out) {
    std::string sentence;
    const rh_status status = guarded(sentence, [&] {
      Json manifest = types().front().plugin;
      manifest["device_types"] = Json::array();
      Json& needed = manifest["permissions"];
      for (const TypeInfo& info : types()) {
        manifest["device_types"].push(info.type);
        // All types run in one kind of process.
        for (const Json& each : info.plugin.find("permissions")->items()) {
          const auto& before = needed.items();
          if (std::find(before.begin(), before.end(), each) == before.end()) needed.push(each);
        }
      }
      sentence = manifest.dump();
      return RH_OK;
    });
    give(out, sentence);
    return status;
  }
  static rh_status start(const rh_host* host, const rh_sink* message) {
    return guardedTo(message, [&] {
      if (!host || host->struct_size < RH_BYTES_THROUGH(rh_host, extension))
        throw Fault(RH_UNSUPPORTED, "The host's table is too small.");
      types();
      return RH_OK;
    });
  }
  static void stop() {}

  static rh_status open(const rh_open* args, rh_device** out, const rh_sink* message) {
    *out = nullptr;
    return guardedTo(message, [&] {
      auto made = std::make_unique<Seat>();
      for (const TypeInfo& info : types())
        if (info.type.find("type")->asText() == fromText(args->type)) made->info = &info;
      if (!made->info) throw Fault(RH_NOT_FOUND, "This plugin has no such device type.");
      made->port = std::make_shared<Port>();
      Port& port = *made->port;
      port.host = args->host;
      port.device = args->device;
      port.frames = extension<rh_host_frames>(args->host, RH_FRAMES_V1, RH_BYTES_THROUGH(rh_host_frames, frame));
      port.state = extension<rh_host_state>(args->host, RH_STATE_V1, RH_BYTES_THROUGH(rh_host_state, save));
      port.captures = extension<rh_host_captures>(args->host, RH_CAPTURES_V1, RH_BYTES_THROUGH(rh_host_captures, end));
      port.turns = extension<rh_host_turns>(args->host, RH_TURNS_V1, RH_BYTES_THROUGH(rh_host_turns, goes_on));
      port.id = fromText(args->id);
      port.type = fromText(args->type);
      port.config = args->config.size ? Json::parse(fromText(args->config)) : Json::object();
      if (!port.config.isObject()) throw invalid("The configuration must be an object.");
      made->device = made->info->make(Context(made->port));
      if (const char* failure = Access::runHalt(*made->device)) {
        const std::string why = failure;  // it may be a text of the device's own
        // As at every end of a device: threads of the author's are joined there, and its destructor relies on that.
        std::string ignored;
        guarded(ignored, [&] { return made->device->quiesce(), RH_OK; });
        made->device.reset();
        port.shut();
        throw unavailable(why);
      }
      *out = reinterpret_cast<rh_device*>(made.release());
      return RH_OK;
    });
  }

  static rh_status configure(rh_device* device, rh_text config, const rh_sink* message) {
    return guardedTo(message, [&]() -> rh_status {
      const Json json = Json::parse(fromText(config));
      if (!json.isObject()) throw invalid("The configuration must be an object.");
      InCall call(*seat(device).device);
      return seat(device).device->configure(json) ? RH_OK : RH_UNSUPPORTED;
    });
  }

  static void permit(rh_device* device, std::uint64_t epoch, std::int64_t until_ns) {
    Access::gate(*seat(device).device).permit(epoch, until_ns);
  }

  static void turn(rh_device* device, std::uint64_t epoch) {
    Seat& s = seat(device);
    std::string sentence;
    const rh_status status = guarded(sentence, [&] {
      InCall call(*s.device, epoch);
      if (s.begun_epoch != 0 && s.begun_epoch != epoch) {
        s.begun_epoch = 0;
        s.device->onPermitEnd();
      }
      // A turn that was over before its beginning came to be told is not told.
      if (epoch != 0 && s.begun_epoch != epoch && Access::gate(*s.device).epoch() == epoch) {
        s.begun_epoch = epoch;
        s.device->onPermit(epoch);
      }
      return RH_OK;
    });
    if (status != RH_OK) Context(s.port).error(sentence);
  }

  static rh_status handle(rh_device* device, const rh_request* request, const rh_sink* reply) {
    Seat& s = seat(device);
    auto pending = std::make_shared<Pending>();
    std::string sentence;
    const rh_status status = guarded(sentence, [&]() -> rh_status {
      const std::string_view name = fromText(request->command);
      const Command* command = nullptr;
      for (const Command& c : s.info->commands)
        if (c.name == name) command = &c;
      if (!command) throw Fault(RH_NOT_FOUND, "There is no command \"" + std::string(name) + "\".");
      const Json params = Json::parse(fromText(request->params));
      check(command->schema, params, "the parameters");
      InCall call(*s.device, request->epoch);
      if (command->hazardous && !Access::gate(*s.device).valid(current_call.pass))
        throw notPermitted("This needs a valid permit of its own turn, and there is none.");
      pending->port = s.port;
      pending->device = s.device.get();
      pending->request = request->id;
      pending->pass = current_call.pass;
      remember(s, pending);
      const std::optional<Json> result = command->invoke(*s.device, params, pending);
      if (result) {
        if (!result->isNull()) sentence = result->dump();
        return RH_OK;
      }
      auto early = pending->handOver();
      if (!early) return RH_PENDING;
      sentence = std::move(early->text);
      return early->status;
    });
    if (status != RH_PENDING) {
      forget(s, request->id);
      give(reply, sentence);
    }
    return status;
  }

  static void cancel(rh_device* device, std::uint64_t request) {
    Seat& s = seat(device);
    Lock lock(s.mutex);
    auto it = s.pending.find(request);
    if (it == s.pending.end()) return;
    if (auto pending = it->second.lock()) pending->cancelled = true;
  }

  static rh_status halt(rh_device* device, rh_text, const rh_sink* message) {
    Device& d = *seat(device).device;
    Gate& gate = Access::gate(d);
    gate.shut();  // first, so that nothing new is energised while we work
    Lock outputs(gate.outputs, std::defer_lock);
    bool settled = gate.settle(outputs, 2'000'000);
    const char* failure = Access::runHalt(d);
    // A writer that was under way makes the outputs safe again behind its write, before it lets go of the lock.
    if (!settled) settled = gate.settle(outputs, 2'000'000);
    if (!failure && !settled) failure = "An output was still being written.";
    if (!failure) return RH_OK;
    give(message, failure);
    return settled ? RH_UNAVAILABLE : RH_TIMEOUT;
  }

  static void quiesce(rh_device* device) {
    Seat& s = seat(device);
    Access::gate(*s.device).shut();
    std::vector<std::shared_ptr<Pending>> open;
    {
      Lock lock(s.mutex);
      for (auto& [id, weak] : s.pending)
        if (auto pending = weak.lock()) open.push_back(std::move(pending));
    }
    for (auto& pending : open) pending->cancelled = true;
    std::string sentence;
    if (guarded(sentence, [&] { return s.device->quiesce(), RH_OK; }) != RH_OK) Context(s.port).error(sentence);
    for (auto& pending : open) pending->answer(RH_UNAVAILABLE, "The device was closed.");
  }

  static void close(rh_device* device) {
    std::unique_ptr<Seat> s(&seat(device));
    Access::gate(*s->device).shut();
    Access::runHalt(*s->device);
    std::string sentence;
    guarded(sentence, [&] { return s->device.reset(), RH_OK; });
    s->port->shut();
  }

  static void watch(rh_device* device, rh_text stream, std::int32_t on) {
    Seat& s = seat(device);
    std::string sentence;
    InCall call(*s.device);
    if (guarded(sentence, [&] { return s.device->watch(std::string(fromText(stream)), on != 0), RH_OK; }) != RH_OK)
      Context(s.port).error(sentence);
  }

  static void waiting(rh_device* device, std::uint32_t segments, std::uint64_t bytes) {
    Seat& s = seat(device);
    std::string sentence;
    InCall call(*s.device);
    if (guarded(sentence, [&] { return s.device->capturesWaiting(segments, bytes), RH_OK; }) != RH_OK)
      Context(s.port).error(sentence);
  }

  // ---- translators: links of devices that speak another language
  static rh_status openLink(const rh_open* args, rh_link** out, const rh_sink* message) {
    *out = nullptr;
    return guardedTo(message, [&] {
      const TypeInfo* info = nullptr;
      for (const TypeInfo& each : types())
        if (each.type.find("type")->asText() == fromText(args->type)) info = &each;
      if (!info || !info->make_translator) throw Fault(RH_NOT_FOUND, "This plugin translates for no such device type.");
      auto made = std::make_unique<LinkSeat>();
      made->port = std::make_shared<Port>();
      made->port->host = args->host;
      made->port->device = args->device;
      made->port->id = fromText(args->id);
      made->port->type = fromText(args->type);
      made->port->config = args->config.size ? Json::parse(fromText(args->config)) : Json::object();
      if (!made->port->config.isObject()) throw invalid("The configuration must be an object.");
      made->translator = info->make_translator(Context(made->port));
      *out = reinterpret_cast<rh_link*>(made.release());
      return RH_OK;
    });
  }
  static LinkSeat& linkSeat(rh_link* link) { return *reinterpret_cast<LinkSeat*>(link); }

  static rh_status encode(rh_link* link, const rh_request* request, const rh_message_sink* out,
                          const rh_sink* message) {
    return guardedTo(message, [&]() -> rh_status {
      const LinkCommand command{request->id, std::string(fromText(request->command)),
                                Json::parse(fromText(request->params))};
      return linkSeat(link).translator->encode(command, Outbox(out)) ? RH_PENDING : RH_OK;
    });
  }
  static rh_status decode(rh_link* link, rh_text topic, rh_bytes payload, const rh_sink* message) {
    return guardedTo(message, [&] {
      linkSeat(link).translator->decode(std::string(fromText(topic)),
                                        {reinterpret_cast<const char*>(payload.data), payload.size});
      return RH_OK;
    });
  }
  static rh_status haltLink(rh_link* link, rh_text reason, const rh_message_sink* out, const rh_sink* message) {
    return guardedTo(message, [&] {
      linkSeat(link).translator->halt(std::string(fromText(reason)), Outbox(out));
      return RH_OK;
    });
  }
  static void closeLink(rh_link* link) {
    const std::unique_ptr<LinkSeat> s(&linkSeat(link));
    std::string sentence;
    guarded(sentence, [&] { return s->translator.reset(), RH_OK; });
    s->port->shut();
  }
  static bool translates() {
    bool any = false;
    std::string sentence;  // a type that cannot even be declared is told by describe()
    guarded(sentence, [&] {
      for (const TypeInfo& info : types()) any = any || info.make_translator;
      return RH_OK;
    });
    return any;
  }

  static const void* interface(rh_text id) {
    static constexpr rh_driver driver{sizeof(rh_driver), 0,    open, configure, permit, turn, handle, cancel, halt,
                                      quiesce,           close};
    static constexpr rh_driver_frames frames{sizeof(rh_driver_frames), 0, watch};
    static constexpr rh_driver_captures captures{sizeof(rh_driver_captures), 0, waiting};
    if (fromText(id) == RH_DRIVER_V1) return &driver;
    if (fromText(id) == RH_FRAMES_V1) return &frames;
    static constexpr rh_translator translator{sizeof(rh_translator), 0, openLink, encode, decode, haltLink, closeLink};
    if (fromText(id) == RH_TRANSLATOR_V1) return translates() ? &translator : nullptr;
    if (fromText(id) == RH_CAPTURES_V1) return &captures;
    return nullptr;
  }

 private:
  // `released`: how long the table was when its id was released.
  template <class Table>
  static const Table* extension(const rh_host* host, std::string_view id, std::size_t released) {
    auto table = host->extension ? static_cast<const Table*>(host->extension(host, toText(id))) : nullptr;
    return table && table->struct_size >= released ? table : nullptr;
  }
  // Notes one that is begun, and lets go of those that are gone.
  static void remember(Seat& s, const std::shared_ptr<Pending>& begun) {
    Lock lock(s.mutex);
    for (auto it = s.pending.begin(); it != s.pending.end();)
      it = it->second.expired() ? s.pending.erase(it) : std::next(it);
    s.pending[begun->request] = begun;
  }
  static void forget(Seat& s, std::uint64_t request) {
    Lock lock(s.mutex);
    s.pending.erase(request);
  }
};

}  // namespace rh::detail

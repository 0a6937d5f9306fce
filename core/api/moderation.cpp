#include "api/moderation.hpp"

#include <array>
#include <vector>

namespace robohub::api {

namespace {

using Action = live::Moderation::Action;

constexpr std::size_t kMaxReason = 200;
constexpr std::array kActions{Action::skip, Action::remove, Action::hold, Action::release, Action::take_over};

// Whoever drives or waits, anywhere.
void eachInLine(const Context& context, const std::function<void(const control::PersonName&)>& look) {
  for (const auto all = context.devices.all(); const auto& [id, device] : *all) {
    const auto view = device->view();
    if (view->turn.holder) look(*view->turn.holder);
    for (const control::PersonName& waiting : view->turn.waiting) look(waiting);
  }
}

}  // namespace

Result<ModerationWish> readModeration(const json::Object& object) {
  ModerationWish wish;
  const auto action = json::getString(object, "action");
  if (!action) return fail(action.error());
  wish.bans = *action == "ban";
  bool known = wish.bans;
  for (Action each : kActions) {
    if (*action != live::toString(each)) continue;
    wish.action = each;
    known = true;
  }
  if (!known)
    return fail(ErrorCode::invalid_argument, "An action is skip, remove, hold, release, take_over or ban.", "/action");
  if (object.has("person") && !object.isNull("person")) {
    const auto person = json::getString(object, "person");
    if (!person) return fail(person.error());
    auto id = PersonId::parse(*person);
    if (!id) return fail(id.error().code, id.error().message, "/person");
    wish.person = std::move(*id);
  }
  if (object.has("reason")) {
    auto reason = json::getString(object, "reason");
    if (!reason) return fail(reason.error());
    if (reason->size() > kMaxReason)
      return fail(ErrorCode::invalid_argument, "A reason has at most 200 bytes.", "/reason");
    wish.reason = std::move(*reason);
  }
  if ((wish.bans || wish.action == Action::remove) && !wish.person)
    return fail(ErrorCode::invalid_argument, "Say who is meant.", "/person");
  if (wish.bans) {
    const auto for_ms = json::getInt(object, "for_ms");
    if (!for_ms) return fail(for_ms.error());
    if (*for_ms < toMs(identity::Bans::kShortest) || *for_ms > toMs(identity::Bans::kLongest))
      return fail(ErrorCode::invalid_argument, "A ban lasts from a second to 366 days.", "/for_ms");
    wish.ban_for = std::chrono::milliseconds(*for_ms);
  }
  return wish;
}

void moderate(Context& context, const std::shared_ptr<live::LiveDevice>& device, const Moderator& by,
              const ModerationWish& wish, std::function<void(live::LiveDevice&)> then,
              std::function<void(Status)> done) {
  if (wish.bans) {
    recallFromLines(context, *wish.person);
    const identity::Actor actor{by.person.id.str(), by.person.name, by.address};
    context.bans.add(*wish.person, device->id().str(), wish.ban_for, wish.reason, actor,
                     [&context, device, done = std::move(done)](Result<identity::Ban> ban) {
                       if (ban) enforce(context, *ban);
                       // Behind what enforce() has posted there: the answer shows the line without him.
                       live::LiveDevices::on(device, [done, ban](live::LiveDevice&) {
                         done(ban ? Status() : Status(fail(ban.error())));
                       });
                     });
    return;
  }
  live::LiveDevices::on(device, [by, wish, then = std::move(then), done = std::move(done)](live::LiveDevice& live) {
    const Status moderated = live.moderate(by.person, by.is_program, wish, by.address);
    if (moderated && then) then(live);
    done(moderated);
  });
}

void recallFromLines(Context& context, const PersonId& person) {
  eachInLine(context, [&](const control::PersonName& each) {
    if (each.id == person) context.bans.recall(each.id, each.name, each.guests_from);
  });
}

void enforce(Context& context, const identity::Ban& ban) {
  std::vector<PersonId> forgotten;  // of the same address, but remembered by lines only
  if (ban.device.empty() && !ban.address.empty())
    eachInLine(context, [&](const control::PersonName& each) {
      if (each.guests_from == ban.address && context.bans.addressOf(each.id).empty()) forgotten.push_back(each.id);
    });
  for (const auto all = context.devices.all(); const auto& [id, device] : *all)
    if (ban.device.empty() || ban.device == id.str())
      live::LiveDevices::on(device, [by = ban.by](live::LiveDevice& live) { live.enforceBans(by); });
  if (!ban.device.empty()) return;
  for (const PersonId& guest : context.bans.concerned(ban)) context.identity.endGuest(guest);
  for (const PersonId& guest : forgotten) context.identity.endGuest(guest);
}

}  // namespace robohub::api

// The writer's files: opened, looked after, and set aside when they are damaged.
#include <algorithm>
#include <set>

#include "base/mutex.hpp"
#include "telemetry/rebuild.hpp"
#include "telemetry/writer.hpp"

namespace robohub::telemetry {

namespace {
constexpr Duration kTryAgain = std::chrono::seconds(30);
constexpr int kTriesBeforeAside = 20;  // ten minutes
}  // namespace

void Writer::tryOpen() {
  const MonoTime now = shared_.clock.now();
  if (tried_at_ != MonoTime::min() && now < tried_at_ + kTryAgain) return;
  tried_at_ = now;
  Status opened = open();
  if (!opened && opened.error().code == ErrorCode::corrupt) {
    damaged(shared_.series_file, opened.error());
    tried_at_ = now;
    opened = open();
  }
  // A file of single values that cannot be read is waited for, but not for ever: nothing is recorded meanwhile. It is
  // only moved aside.
  if (!opened && std::filesystem::path(opened.error().where).parent_path() == shared_.raw_folder &&
      ++unread_ >= kTriesBeforeAside) {
    unread_ = 0;
    damaged(opened.error().where, opened.error());
    opened = open();
  }
  if (opened) unread_ = 0;
  if (shared_.ending && !opened) return;
  if (opened) {
    ++shared_.generation;
    shared_.setTrouble("");
    shared_.state = State::ready;
    return;
  }
  file_.reset();
  if (shared_.trouble() != opened.error().message) shared_.warn("history: " + opened.error().message);
  shared_.setTrouble(opened.error().message);
  shared_.state = State::broken;
}

Status Writer::open() {
  file_.reset();
  std::error_code failed;
  if (std::filesystem::create_directories(shared_.raw_folder, failed); !failed)
    std::filesystem::permissions(shared_.raw_folder, std::filesystem::perms::owner_all, failed);
  if (failed)
    return fail(ErrorCode::permission_denied,
                "The folder " + shared_.raw_folder.string() + " cannot be made: " + failed.message() + ".");
  auto file = SeriesFile::open(shared_.series_file, shared_.ending);
  if (!file) return fail(file.error());
  listPeriods();
  auto rebuilt = rebuild(**file, shared_.periods(), shared_.ending);
  if (!rebuilt) return fail(rebuilt.error());
  for (const auto& path : rebuilt->damaged) damaged(path, {ErrorCode::corrupt, "It cannot be read.", ""});
  batch_ = std::max({batch_, rebuilt->last_batch, (*file)->rolled()});
  if (batch_ > (*file)->rolled()) {
    Status done = (*file)->begin();
    if (done) done = (*file)->setRolled(batch_);
    if (done)
      done = (*file)->commit();
    else
      (*file)->rollback();
    if (!done) return done;
  }
  auto gone = (*file)->gone();
  if (!gone) return fail(gone.error());
  erasing_ = std::move(*gone);
  erased_through_ms_ = -1;
  file_ = std::move(*file);
  rolls_lack_ = false;
  return {};
}

void Writer::listPeriods() {
  shared_.setPeriods(rawPeriodsIn(shared_.raw_folder));
}

// Moves a damaged file away; what is written next begins a new one.
void Writer::damaged(const std::filesystem::path& file, const Error& why) {
  if (file == shared_.series_file) {
    file_.reset();
    // The new file gives numbers of its own, once it has taken over those of the raw files.
    nameless_.merge([&] {
      std::unordered_map<Slot, SeriesKey> again;
      for (const auto& [slot, id] : ids_)
        if (const auto key = keys_.find(id); key != keys_.end()) again.emplace(slot, key->second);
      return again;
    }());
    ids_.clear();
    keys_.clear();
    Lock lock(shared_.rolls.mutex);
    shared_.rolls.waiting.clear();
    shared_.rolls.flying.clear();
    shared_.rolls.buckets = 0;
    tried_at_ = MonoTime::min();
    shared_.state = State::opening;
  } else {
    std::erase_if(raw_, [&](const auto& raw) { return raw->period().path == file; });
  }
  const auto aside = setAside(file, toMs(shared_.clock.wall()));
  if (!aside) {
    shared_.warn("history: " + aside.error().message);
    return;
  }
  ++shared_.generation;
  shared_.setAside(aside->string());
  shared_.warn("history: " + file.string() + " is damaged (" + why.message + ") and was moved to " + aside->string() +
               "; a new one is begun.");
  listPeriods();
}

void Writer::lookAtSuspects() {
  const std::uint64_t generation = shared_.generation;
  std::set<std::filesystem::path> files;
  // Of an older generation: it may be of a file that was set aside meanwhile. Whoever suspected it opens it again.
  for (auto& suspect : shared_.takeSuspects())
    if (suspect.generation == generation) files.insert(std::move(suspect.file));
  for (const auto& file : files) {
    std::error_code none;
    if (std::filesystem::exists(file, none)) damaged(file, {ErrorCode::corrupt, "It cannot be read.", ""});
  }
}

}  // namespace robohub::telemetry

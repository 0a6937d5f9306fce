#include "identity/guesses.hpp"

#include <algorithm>

namespace robohub::identity {
namespace {

// Neither usernames nor addresses have blanks, so that no two keys are one.
std::string thereKey(const Guesses::Guess& guess) {
  return guess.account + " " + (isThisMachine(guess.address) ? "here" : addressKey(guess.address));
}

std::string ownKey(const std::string& session) {
  return "session of " + session;
}

}  // namespace

Guesses::Answer Guesses::begin(const Guess& guess, MonoTime now) {
  const std::string there = thereKey(guess), address = addressKey(guess.address);
  const bool of_account = !guess.account.empty(), elsewhere = !isThisMachine(guess.address);
  Duration own{}, others{};
  if (of_account) {
    own = by_account_there_.waitFor(there, now);
    const bool newcomer = by_account_there_.failures(there, now) < kNewcomerTries;
    if (!guess.signed_in) others = by_account_.waitFor(guess.account, now, newcomer ? kNewcomerWait : Duration::max());
  }
  if (elsewhere) own = std::max(own, by_address_.waitFor(address, now));
  if (const Duration wait = std::max(own, others); wait > Duration::zero()) return {wait, own == Duration::zero()};
  if (of_account) {
    by_account_there_.count(there, now);
    by_account_.count(guess.account, now);
  }
  if (elsewhere) by_address_.count(address, now);
  return {};
}

void Guesses::right(const Guess& guess) {
  if (!guess.account.empty()) by_account_there_.clear(thereKey(guess));
  by_account_.takeBack(guess.account);
  by_address_.takeBack(addressKey(guess.address));
}

void Guesses::takeBack(const Guess& guess) {
  if (!guess.account.empty()) by_account_there_.takeBack(thereKey(guess));
  by_account_.takeBack(guess.account);
  by_address_.takeBack(addressKey(guess.address));
}

Duration Guesses::beginOwn(const std::string& session, MonoTime now) {
  const std::string key = ownKey(session);
  const Duration wait = by_account_there_.waitFor(key, now);
  if (wait == Duration::zero()) by_account_there_.count(key, now);
  return wait;
}

void Guesses::rightOwn(const std::string& session) {
  by_account_there_.clear(ownKey(session));
}

void Guesses::takeBackOwn(const std::string& session) {
  by_account_there_.takeBack(ownKey(session));
}

}  // namespace robohub::identity

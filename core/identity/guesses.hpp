// Guessing a password must be slow wherever the guesses come from, and nobody may keep an account's owner out by
// guessing in his name. So wrong tries count three times over: for the account together with the address they come
// from, which soon waits long; for the address whatever account it names; and for the account from all addresses
// together, where much more is free. For that last limit
// - an address from which the account is signed in waits for nobody else's guesses,
// - one that has guessed hardly at all waits kNewcomerWait at most behind the newest wrong try,
// - every other one waits up to a minute.
// A crowd of addresses so gets one guess each kNewcomerWait out of an account, and to take all those turns it needs a
// new address for every other one. Pure: takes `now`. Not thread-safe: its owner guards it.
#pragma once
#include <string>

#include "identity/backoff.hpp"

namespace robohub::identity {

class Guesses {
 public:
  static constexpr Duration kNewcomerWait = std::chrono::seconds(2);
  static constexpr int kNewcomerTries = 2;

  struct Guess {
    std::string account;     // a username; "" where only the address counts
    std::string address;     // of whoever guesses, as written
    bool signed_in = false;  // the account has a session from there: what others guess holds nothing up
  };
  struct Answer {
    Duration wait{};         // zero: counted as wrong until it was right; look at it
    bool by_others = false;  // it waits for others' guesses only
  };
  Answer begin(const Guess& guess, MonoTime now);
  void right(const Guess& guess);
  // It was not looked at after all.
  void takeBack(const Guess& guess);

  // Somebody who is signed in gives his password again: nobody else's guesses count, and his count for nobody else.
  Duration beginOwn(const std::string& session, MonoTime now);
  void rightOwn(const std::string& session);
  void takeBackOwn(const std::string& session);

 private:
  // Many people may share an address (a family, a proxy), so it has more free failures than an account from there.
  Backoff by_account_there_{{.free_failures = 5}};
  Backoff by_address_{{.free_failures = 20}};
  Backoff by_account_{{.free_failures = 100}};
};

}  // namespace robohub::identity

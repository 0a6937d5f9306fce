// A capture's file as an answer: whole or a piece of it, read in bounded chunks on a thread of files, as fast as the
// peer takes them. A slow peer holds two chunks and one place.
#pragma once
#include <atomic>
#include <map>
#include <memory>

#include "api/router.hpp"
#include "base/mutex.hpp"
#include "media/captures.hpp"

namespace robohub::api {

// How many files may be on their way at once, or of whatever else there is little: in all and to one person; and since
// anybody may be many guests, also to all guests, who leave places to others, and to those of one address. Thread-safe.
class FilePlaces {
 public:
  static constexpr int kAll = 64, kOfPerson = 8, kOfGuests = 48, kOfGuestAddress = 24;
  // Of the small pictures of a list, for which a browser asks all at once where a proxy speaks HTTP/2.
  static constexpr int kPicturesOfPerson = 32;
  explicit FilePlaces(int of_person = kOfPerson) : of_person_(of_person) {}
  // Null when there is none; given back with the last holder. `address`: of the client.
  static std::shared_ptr<void> take(const std::shared_ptr<FilePlaces>& places, const identity::Person& person,
                                    const std::string& address);
  // Whoever has any.
  std::size_t holders() const;

 private:
  const int of_person_;
  mutable Mutex mutex_;
  int taken_ RH_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int, std::less<>> by_key_ RH_GUARDED_BY(mutex_);
};

struct FileAnswer {
  media::CaptureFile file;
  std::string content_type;
  bool download = false;
  std::shared_ptr<void> place;
};

// Answers GET and HEAD: 200, 206, 304 or 416. Ends early when the session does or may no longer watch the device.
// [any-thread]
void answerFile(Context& context, const Request& request, FileAnswer answer, const DeviceId& device);

}  // namespace robohub::api

// Pages that may change nothing here, because they are not the hub's own as far as its settings say. Most often that is
// somebody else's page; sometimes it is the hub's own under a name that nobody has listed, and then nobody can sign in.
// So the refusal names the setting, and the log is told when a page came by the address that its browser has called.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_message.hpp"

namespace robohub::api {

// Of a Host field or a host name: no name that public DNS could give to a stranger. An address, a name without dots, or
// one of .local and .localhost.
bool isOurName(std::string_view host);

// permission_denied: pages of this request's origin "may not ..."; with what to list if they are the hub's.
Error refusedPage(const net::HttpHead& head, const std::string& may_not);

// Thread-safe.
class RefusedPages {
 public:
  // A line for the log about a request that was refused. Nothing for a page of another address than the one that was
  // called, which is a stranger's; and within a minute of the line before. [any-thread]
  std::optional<std::string> tell(const net::HttpHead& head, MonoTime now);

 private:
  Mutex mutex_;
  std::optional<MonoTime> told_at_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::api

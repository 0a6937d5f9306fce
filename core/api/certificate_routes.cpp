// Certificates of the hub's own authority: what there is, issuing and revoking.
#include "api/routes.hpp"
#include "net/helper_thread.hpp"

namespace robohub::api {

namespace {

std::string namesJson(const std::vector<std::string>& names) {
  std::string json = "[";
  for (std::size_t i = 0; i < names.size(); ++i) json += (i ? "," : "") + json::quote(names[i]);
  return json + "]";
}

// The one about the listener and about the authority.
std::string shownJson(const std::string& subject, const std::vector<std::string>& names, const std::string& fingerprint,
                      WallTime expires, bool self_signed) {
  return "{\"subject\":" + json::quote(subject) + ",\"names\":" + namesJson(names) +
         ",\"fingerprint\":" + json::quote(fingerprint) + ",\"expires_at_ms\":" + std::to_string(toMs(expires)) +
         ",\"self_signed\":" + (self_signed ? "true" : "false") + "}";
}

std::string shownJson(const identity::CertificateInfo& info) {
  return shownJson(info.subject, info.names, info.fingerprint, info.expires, info.self_signed);
}

std::string certificateJson(const identity::DeviceCertificate& each) {
  std::string json = "{\"fingerprint\":" + json::quote(each.fingerprint) + ",\"device\":" + json::quote(each.device);
  json += ",\"serial\":" + json::quote(each.serial) + ",\"issued_at_ms\":" + std::to_string(each.issued_ms);
  json += ",\"expires_at_ms\":" + std::to_string(each.expires_ms) + ",\"revoked_at_ms\":";
  return json + (each.revoked_ms ? std::to_string(each.revoked_ms) : std::string("null")) + "}";
}

void list(const Context& context, const Request& request) {
  const auto server = context.server_certificate ? context.server_certificate() : nullptr;
  const auto authority = context.certificates.authority();
  std::string body = "{\"server\":";
  body += server
              ? shownJson(server->subject, server->names, server->fingerprint, server->not_after, server->self_signed)
              : std::string("null");
  body += ",\"authority\":" + (authority ? shownJson(*authority) : std::string("null")) + ",\"devices\":[";
  bool first = true;
  for (const identity::DeviceCertificate& each : context.certificates.list()) {
    body += (first ? "" : ",") + certificateJson(each);
    first = false;
  }
  request.answerJson(200, body + "]}");
}

// What is shown once.
std::string pemMembers(const identity::IssuedCertificate& issued) {
  return ",\"certificate_pem\":" + json::quote(issued.pair.certificate_pem) +
         ",\"key_pem\":" + json::quote(issued.pair.key_pem) +
         ",\"authority_pem\":" + json::quote(issued.authority_pem) + "}";
}

// Keys and signatures take milliseconds and the authority is a file, so that is done beside the loops, and not behind
// names that resolve slowly. May go on for a moment when the context has gone, but not the certificates.
class BesideTheLoops {
 public:
  explicit BesideTheLoops(const Context& context) : certificates_(context.certificates) {}
  void run(std::function<void(identity::Certificates&)> work) {
    thread_.run([work = std::move(work), certificates = &certificates_] { work(*certificates); });
  }

 private:
  identity::Certificates& certificates_;
  net::HelperThread thread_;
};

void issueForDevice(Context& context, BesideTheLoops& beside, const Request& request, const DeviceId& id, int days) {
  if (!context.registry.find(id))
    return request.answer(
        Error{ErrorCode::not_found, "No device \"" + id.str() + "\" is enrolled here; enrol it first.", "/device"});
  beside.run([clock = &context.clock, request, id, days](identity::Certificates& certificates) {
    certificates.issueDevice(
        id, days, request.actor(), [clock, request, id](Result<identity::IssuedCertificate> issued) {
          if (!issued) return request.answer(issued.error());
          const identity::CertificateInfo& info = issued->info;
          const identity::DeviceCertificate row{info.fingerprint,    id.str(),           info.serial,
                                                toMs(clock->wall()), toMs(info.expires), 0};
          request.answerJson(201, "{\"certificate\":" + certificateJson(row) + pemMembers(*issued));
        });
  });
}

void issueForServer(BesideTheLoops& beside, const Request& request, const std::vector<std::string>& names, int days) {
  beside.run([request, names, days](identity::Certificates& certificates) {
    certificates.issueServer(names, days, request.actor(), [request](Result<identity::IssuedCertificate> issued) {
      if (!issued) return request.answer(issued.error());
      request.answerJson(201, "{\"certificate\":" + shownJson(issued->info) + pemMembers(*issued));
    });
  });
}

Result<int> daysOf(const json::Object& body, int otherwise) {
  if (!body.has("days")) return otherwise;
  const auto days = json::getInt(body, "days");
  if (!days) return fail(days.error());
  if (*days < 1 || *days > identity::kMaxDeviceDays)
    return fail(ErrorCode::invalid_argument,
                "A certificate is good for 1 to " + std::to_string(identity::kMaxDeviceDays) + " days.", "/days");
  return static_cast<int>(*days);
}

Result<std::vector<std::string>> namesOf(const json::Object& body) {
  const auto array = body.getArray("names");
  if (!array || array->size() == 0 || array->size() > 32)
    return fail(ErrorCode::invalid_argument, "\"names\" is a list of 1 to 32 host names and addresses.", "/names");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < array->size(); ++i) {
    const json::Var each = array->get(static_cast<unsigned>(i));
    const std::string where = "/names/" + std::to_string(i);
    if (!each.isString()) return fail(ErrorCode::invalid_argument, "A name is a text.", where);
    auto name = identity::cleanHostName(each.convert<std::string>(), where);
    if (!name) return fail(std::move(name.error()));
    names.push_back(std::move(*name));
  }
  return names;
}

void makeAuthority(BesideTheLoops& beside, const Request& request) {
  beside.run([request](identity::Certificates& certificates) {
    const auto authority = certificates.ensureAuthority();
    if (!authority) return request.answer(authority.error());
    request.answerJson(201, "{\"authority\":" + shownJson(authority->info) + "}");
  });
}

void issue(Context& context, BesideTheLoops& beside, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  if ((*body)->has("device")) {
    const auto text = json::getString(**body, "device");
    if (!text) return request.answer(text.error());
    const auto id = DeviceId::parse(*text);
    if (!id) return request.answer(Error{id.error().code, id.error().message, "/device"});
    const auto days = daysOf(**body, identity::kDeviceDays);
    if (!days) return request.answer(days.error());
    return issueForDevice(context, beside, request, *id, *days);
  }
  if ((*body)->has("names")) {
    const auto names = namesOf(**body);
    if (!names) return request.answer(names.error());
    const auto days = daysOf(**body, identity::kServerDays);
    if (!days) return request.answer(days.error());
    return issueForServer(beside, request, *names, *days);
  }
  if ((*body)->has("authority")) return makeAuthority(beside, request);
  request.answer(Error{ErrorCode::invalid_argument,
                       "Say for which device, or for which names of the hub itself, a certificate is wanted.", ""});
}

void revoke(Context& context, const Request& request) {
  const auto fingerprint = net::parseFingerprint(request.params[0]);
  if (!fingerprint) return request.answer(fingerprint.error());
  context.certificates.revoke(*fingerprint, request.actor(), [request](Status status) {
    if (!status) return request.answer(status.error());
    request.answer(net::HttpResponse::empty(204));
  });
}

}  // namespace

void addCertificateRoutes(Router& router, Context& context) {
  router.add<Permission::administer>("GET", "/api/v1/certificates",
                                     "The hub's own certificate, its authority and those issued to devices.",
                                     [&context](Request request) { list(context, request); });
  router.add<Permission::administer, Ask::confirmed>(
      "POST", "/api/v1/certificates",
      "Issues a certificate for a device or for the hub's names; its key is shown once.",
      [&context, beside = std::make_shared<BesideTheLoops>(context)](Request request) {
        issue(context, *beside, request);
      });
  router.add<Permission::administer, Ask::confirmed>("DELETE", "/api/v1/certificates/{fingerprint}",
                                                     "Revokes a device's certificate; links that use it are closed.",
                                                     [&context](Request request) { revoke(context, request); });
}

}  // namespace robohub::api

#include "identity/certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "identity/certificate_files.hpp"
#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::identity;
using namespace std::chrono_literals;

namespace {

const DeviceId kTurret = *DeviceId::parse("lab-turret");
const DeviceId kRover = *DeviceId::parse("lab-rover");
const Actor kAda{"u-1", "Ada", "192.0.2.1"};

struct Hub {
  explicit Hub(const std::filesystem::path& path, const ManualClock& time = ManualClock())
      : clock(time),
        folder(store::DataFolder::open(path, "test").value()),
        database(store::Database::open(*folder).value()),
        audit(*database, clock),
        certificates(Certificates::open(*folder, *database, audit, clock).value()) {}
  ~Hub() { database->close(); }

  Result<IssuedCertificate> issue(const DeviceId& device, int days = kDeviceDays) {
    return store::waitFor<IssuedCertificate>([&](auto done) { certificates->issueDevice(device, days, kAda, done); });
  }
  Result<IssuedCertificate> server(const std::vector<std::string>& names, int days = kServerDays) {
    return store::waitFor<IssuedCertificate>([&](auto done) { certificates->issueServer(names, days, kAda, done); });
  }
  Status revoke(const std::string& fingerprint) {
    std::promise<Status> answer;
    certificates->revoke(fingerprint, kAda, [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }
  std::vector<std::string> trail() {
    std::vector<std::string> actions;
    AuditQuery query;
    query.oldest_first = true;
    const auto rows = store::waitFor<std::vector<AuditRow>>([&](auto done) { audit.find(query, done); }).value();
    for (const AuditRow& row : rows)
      actions.push_back(row.entry.action + " " + row.entry.object + " " + row.entry.actor.id);
    return actions;
  }

  ManualClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;
  Audit audit;
  std::unique_ptr<Certificates> certificates;
};

unsigned modeOf(const std::filesystem::path& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 0777 : 0;
}

std::string contentOf(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

using Cert = std::unique_ptr<X509, decltype(&X509_free)>;
Cert certOf(const std::string& pem) {
  std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                    BIO_free_all);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free};
}

// What OpenSSL says about a chain of one below the authority: X509_V_OK or the reason.
int verifyAs(const std::string& pem, const std::string& authority_pem, int purpose, const ManualClock& clock,
             const char* host = nullptr) {
  const Cert cert = certOf(pem), authority = certOf(authority_pem);
  std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  X509_STORE_add_cert(store.get(), authority.get());
  std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(), X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), cert.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_time(wanted, std::chrono::system_clock::to_time_t(clock.wall()));
  if (host) X509_VERIFY_PARAM_set1_host(wanted, host, 0);
  return X509_verify_cert(context.get()) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context.get());
}

}  // namespace

TEST_CASE("the authority is made once, for ten years, its key for the owner alone") {
  test::TempFolder temp;
  std::string fingerprint;
  {
    Hub hub(temp.path());
    CHECK_FALSE(hub.certificates->authority());
    const auto made = hub.certificates->ensureAuthority();
    REQUIRE(made);
    CHECK(made->made_now);
    CHECK(made->info.self_signed);
    CHECK(made->info.expires > hub.clock.wall() + 24h * 3650);
    fingerprint = made->info.fingerprint;
    CHECK(modeOf(temp.path() / "tls") == 0700);
    CHECK(modeOf(made->key) == 0600);
    CHECK(modeOf(made->certificate) == 0644);
    CHECK_FALSE(hub.certificates->ensureAuthority()->made_now);
    const Cert cert = certOf(contentOf(made->certificate));
    CHECK(X509_check_ca(cert.get()) == 1);
    CHECK(X509_get_pathlen(cert.get()) == 0);
    CHECK((X509_get_key_usage(cert.get()) & KU_DIGITAL_SIGNATURE) == 0);
  }
  Hub again(temp.path());
  REQUIRE(again.certificates->authority());
  CHECK(again.certificates->authority()->fingerprint == fingerprint);
}

TEST_CASE("two installations share neither key nor name of their authorities") {
  test::TempFolder one, two;
  const auto first = Hub(one.path()).certificates->ensureAuthority(),
             second = Hub(two.path()).certificates->ensureAuthority();
  CHECK(first->info.fingerprint != second->info.fingerprint);
  CHECK(first->info.subject != second->info.subject);
}

TEST_CASE("a device's certificate is good for that device, as a client, for as long as was asked") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const auto issued = hub.issue(kTurret, 10);
  REQUIRE(issued);
  CHECK(issued->info.subject == "lab-turret");
  CHECK(belongTogether(issued->pair));
  const std::string& pem = issued->pair.certificate_pem;
  CHECK(verifyAs(pem, issued->authority_pem, X509_PURPOSE_SSL_CLIENT, hub.clock) == X509_V_OK);
  CHECK(verifyAs(pem, issued->authority_pem, X509_PURPOSE_SSL_SERVER, hub.clock) == X509_V_ERR_INVALID_PURPOSE);

  const std::string& fingerprint = issued->info.fingerprint;
  CHECK(hub.certificates->good(fingerprint, kTurret));
  CHECK_FALSE(hub.certificates->good(fingerprint, kRover));
  CHECK_FALSE(hub.certificates->good(std::string(64, '0'), kTurret));
  CHECK_FALSE(hub.certificates->good("", kTurret));
  hub.clock.advance(24h * 10 - 1s);
  CHECK(hub.certificates->good(fingerprint, kTurret));
  hub.clock.advance(2s);
  CHECK_FALSE(hub.certificates->good(fingerprint, kTurret));
  CHECK(verifyAs(pem, issued->authority_pem, X509_PURPOSE_SSL_CLIENT, hub.clock) == X509_V_ERR_CERT_HAS_EXPIRED);
  CHECK(hub.trail() == std::vector<std::string>{"certificate.issue device:lab-turret u-1"});
}

TEST_CASE("a certificate of another hub's authority is not taken") {
  test::TempFolder one, two;
  Hub hub(one.path()), other(two.path());
  const auto foreign = other.issue(kTurret);
  const auto own = hub.issue(kTurret);
  CHECK_FALSE(hub.certificates->good(foreign->info.fingerprint, kTurret));
  CHECK(verifyAs(foreign->pair.certificate_pem, own->authority_pem, X509_PURPOSE_SSL_CLIENT, hub.clock) != X509_V_OK);
}

TEST_CASE("a device's certificate cannot sign another") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const auto issued = hub.issue(kTurret);
  const auto forged = makeDeviceCertificate("lab-rover", {hub.clock.wall() - 1h, hub.clock.wall() + 24h}, issued->pair);
  REQUIRE(forged);
  CHECK(verifyAs(forged->certificate_pem, issued->authority_pem, X509_PURPOSE_SSL_CLIENT, hub.clock) != X509_V_OK);
  // Not even with the device's certificate itself among what is trusted.
  CHECK(verifyAs(forged->certificate_pem, issued->pair.certificate_pem, X509_PURPOSE_SSL_CLIENT, hub.clock) !=
        X509_V_OK);
}

TEST_CASE("a revoked certificate is void at once, told to observers, and stays void over a restart") {
  test::TempFolder temp;
  std::string first, second;
  {
    Hub hub(temp.path());
    first = hub.issue(kTurret)->info.fingerprint;
    second = hub.issue(kTurret)->info.fingerprint;
    std::vector<std::string> told;
    hub.certificates->onRevoked([&](const DeviceCertificate& each) {
      CHECK_FALSE(hub.certificates->good(each.fingerprint, kTurret));
      told.push_back(each.fingerprint);
    });
    REQUIRE(hub.revoke(first));
    CHECK(told == std::vector<std::string>{first});
    CHECK_FALSE(hub.certificates->good(first, kTurret));
    CHECK(hub.certificates->revoked(first));
    CHECK(hub.certificates->good(second, kTurret));
    CHECK_FALSE(hub.certificates->revoked(second));
    CHECK(hub.revoke(first).error().code == ErrorCode::conflict);
    CHECK(hub.revoke(std::string(64, 'a')).error().code == ErrorCode::not_found);
    CHECK(hub.trail().back() == "certificate.revoke device:lab-turret u-1");
  }
  Hub again(temp.path());
  CHECK_FALSE(again.certificates->good(first, kTurret));
  CHECK(again.certificates->good(second, kTurret));
  REQUIRE(again.certificates->list().size() == 2);
}

TEST_CASE("a revocation that the disk refuses is undone and says so") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const std::string fingerprint = hub.issue(kTurret)->info.fingerprint;
  hub.database->close();
  CHECK_FALSE(hub.revoke(fingerprint));
  CHECK(hub.certificates->good(fingerprint, kTurret));
}

TEST_CASE("a device that is revoked loses all its certificates, and others none") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const auto one = hub.issue(kTurret), two = hub.issue(kTurret), other = hub.issue(kRover);
  std::promise<Status> answer;
  hub.certificates->revokeAll(kTurret, Actor::hub(), [&](Status status) { answer.set_value(std::move(status)); });
  REQUIRE(answer.get_future().get());
  CHECK_FALSE(hub.certificates->good(one->info.fingerprint, kTurret));
  CHECK_FALSE(hub.certificates->good(two->info.fingerprint, kTurret));
  CHECK(hub.certificates->good(other->info.fingerprint, kRover));
}

TEST_CASE("certificates that expired long ago are forgotten") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.issue(kTurret, 1));
  REQUIRE(hub.issue(kTurret, 100));
  hub.clock.advance(24h * 30);
  auto forget = [&] {
    hub.certificates->forgetExpired();
    REQUIRE(hub.database->writeNow([](store::Session&) -> Status { return {}; }));
  };
  forget();
  CHECK(hub.certificates->list().size() == 2);
  hub.clock.advance(24h * 2);
  forget();
  CHECK(hub.certificates->list().size() == 1);
  CHECK(Certificates::open(*hub.folder, *hub.database, hub.audit, hub.clock).value()->list().size() == 1);
}

TEST_CASE("a server's certificate holds names and addresses, each as what it is") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const auto issued = hub.server({"Hub.Example", "192.0.2.7", "[2001:db8::1]", "*.lab.example", "hub.example"});
  REQUIRE(issued);
  CHECK(issued->info.names == std::vector<std::string>{"hub.example", "192.0.2.7", "2001:db8::1", "*.lab.example"});
  CHECK(issued->info.expires <= hub.clock.wall() + 24h * 398);
  const std::string& pem = issued->pair.certificate_pem;
  CHECK(verifyAs(pem, issued->authority_pem, X509_PURPOSE_SSL_SERVER, hub.clock, "hub.example") == X509_V_OK);
  CHECK(verifyAs(pem, issued->authority_pem, X509_PURPOSE_SSL_SERVER, hub.clock, "other.example") ==
        X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(verifyAs(pem, issued->authority_pem, X509_PURPOSE_SSL_CLIENT, hub.clock) == X509_V_ERR_INVALID_PURPOSE);
  CHECK(X509_check_ip_asc(certOf(pem).get(), "192.0.2.7", 0) == 1);
  CHECK(X509_check_ip_asc(certOf(pem).get(), "2001:db8::1", 0) == 1);
  CHECK(hub.trail() == std::vector<std::string>{"certificate.issue certificate:server u-1"});
  CHECK(hub.certificates->list().empty());
}

TEST_CASE("names that are none, and days beyond the limits, are refused with their place") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const std::string name = GENERATE("", "a b", "hub..example", "-hub", "hub-", "hub.example,DNS:evil", "a/b", "*",
                                    "*.*.x", "1.2.3.4.5", "300.1.1.1", "hub_x", "hub.example.", "x\ny");
  INFO(name);
  const auto refused = hub.server({name});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid_argument);
  CHECK(refused.error().where == "/names");
  CHECK(hub.server({}).error().where == "/names");
  CHECK(hub.server({"hub.example"}, 398).error().where == "/days");
  CHECK(hub.issue(kTurret, 0).error().where == "/days");
  CHECK(hub.issue(kTurret, 826).error().where == "/days");
  CHECK(hub.certificates->list().empty());
}

TEST_CASE("the certificate that the hub makes for itself is kept, and made anew only when it must be") {
  test::TempFolder temp;
  ManualClock clock;
  std::string fingerprint;
  {
    Hub hub(temp.path());
    clock = hub.clock;
    const auto own = hub.certificates->ensureSelfSigned({"hub.example"});
    REQUIRE(own);
    CHECK(own->made_now);
    CHECK_FALSE(own->replaced);
    CHECK(own->info.self_signed);
    CHECK(modeOf(own->key) == 0600);
    for (const char* name : {"localhost", "127.0.0.1", "::1", "hub.example"})
      CHECK(std::count(own->info.names.begin(), own->info.names.end(), name) == 1);
    fingerprint = own->info.fingerprint;
    const std::string pem = contentOf(own->certificate);
    CHECK(verifyAs(pem, pem, X509_PURPOSE_SSL_SERVER, hub.clock, "hub.example") == X509_V_OK);
  }
  SECTION("over a restart it is the same, whatever it should be called now") {
    CHECK(Hub(temp.path()).certificates->ensureSelfSigned({"other.example"})->info.fingerprint == fingerprint);
  }
  SECTION("it is renewed before it expires") {
    clock.advance(24h * (kSelfSignedDays - kRenewBeforeDays) - 1h);
    CHECK(Hub(temp.path(), clock).certificates->ensureSelfSigned({})->info.fingerprint == fingerprint);
    clock.advance(2h);
    Hub hub(temp.path(), clock);
    const auto next = hub.certificates->ensureSelfSigned({});
    REQUIRE(next);
    CHECK(next->made_now);
    CHECK(next->replaced);
    CHECK(next->info.fingerprint != fingerprint);
  }
  SECTION("a clock that has lost the years, and finds it again, changes nothing") {
    ManualClock behind = clock;
    behind.advance(-24h * 700);
    const auto kept = Hub(temp.path(), behind).certificates->ensureSelfSigned({});
    REQUIRE(kept);
    CHECK_FALSE(kept->made_now);
    CHECK(kept->info.fingerprint == fingerprint);
    CHECK(Hub(temp.path(), clock).certificates->ensureSelfSigned({})->info.fingerprint == fingerprint);
  }
  SECTION("a key without its certificate is not kept") {
    std::filesystem::remove(temp.path() / "tls" / "self_signed.crt");
    CHECK(Hub(temp.path()).certificates->ensureSelfSigned({})->made_now);
  }
  SECTION("half a file is not kept") {
    std::filesystem::resize_file(temp.path() / "tls" / "self_signed.crt", 100);
    CHECK(Hub(temp.path()).certificates->ensureSelfSigned({})->made_now);
  }
  SECTION("a key that others may read is refused, not used") {
    std::filesystem::permissions(temp.path() / "tls" / "self_signed.key", std::filesystem::perms(0640));
    Hub hub(temp.path());
    const auto refused = hub.certificates->ensureSelfSigned({});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::permission_denied);
    CHECK(refused.error().message.find("chmod 600") != std::string::npos);
  }
}

TEST_CASE("an authority whose files do not belong together is refused with what to do") {
  test::TempFolder temp, other;
  { REQUIRE(Hub(temp.path()).certificates->ensureAuthority()); }
  { REQUIRE(Hub(other.path()).certificates->ensureAuthority()); }
  std::filesystem::copy_file(other.path() / "tls" / "authority.crt", temp.path() / "tls" / "authority.crt",
                             std::filesystem::copy_options::overwrite_existing);
  ManualClock clock;
  auto folder = store::DataFolder::open(temp.path(), "test").value();
  auto database = store::Database::open(*folder).value();
  Audit audit(*database, clock);
  const auto refused = Certificates::open(*folder, *database, audit, clock);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::corrupt);
  CHECK(refused.error().message.find("authority.key") != std::string::npos);
}

TEST_CASE("neither database nor trail holds a key, and many threads may issue at once") {
  test::TempFolder temp;
  std::vector<std::string> keys;
  {
    Hub hub(temp.path());
    std::vector<std::thread> threads;
    std::mutex mutex;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) {
          auto issued = hub.issue(kTurret);
          std::lock_guard lock(mutex);
          if (issued) keys.push_back(issued->pair.key_pem);
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(hub.certificates->list().size() == 20);
    CHECK(keys.size() == 20);
  }
  const std::string file = contentOf(temp.path() / "hub.db");
  for (const std::string& key : keys) CHECK(file.find(key.substr(40, 30)) == std::string::npos);
}

TEST_CASE("what is no certificate is said to be none") {
  for (const char* text : {"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    CHECK(describeCertificate(text).error().code == ErrorCode::invalid_argument);
    CHECK_FALSE(belongTogether({text, text}));
  }
}

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include "net/tls_client_context.hpp"
#include "net/tls_server_context.hpp"
#include "test_certificates.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

Result<std::shared_ptr<const TlsServerContext>> load(const PemFiles& files, bool check_dates = true) {
  TlsServerSettings settings;
  settings.certificate = files.certificate;
  settings.key = files.key;
  settings.check_dates = check_dates;
  return TlsServerContext::load(settings);
}

}  // namespace

TEST_CASE("a server's certificate tells its facts") {
  CertificateMaker maker;
  const auto authority = maker.authority();
  const auto own = load(maker.server());
  REQUIRE(own);
  CHECK((*own)->selfSigned());
  const auto signed_one =
      load(maker.make({"hub", {"DNS:hub.example", "IP:192.0.2.7", "IP:2001:db8::1"}, -1, 30, false, 2048}, &authority));
  REQUIRE(signed_one);
  const auto& facts = (*signed_one)->facts();
  CHECK_FALSE((*signed_one)->selfSigned());
  CHECK(facts.subject == "CN=hub");
  CHECK(facts.names == std::vector<std::string>{"hub.example", "192.0.2.7", "2001:db8::1"});
  CHECK(facts.fingerprint.size() == 64);
  const auto days = std::chrono::duration_cast<std::chrono::hours>(facts.not_after - facts.not_before).count() / 24;
  CHECK(days == 31);
  CHECK(readCertificate(authority.certificate)->fingerprint == authority.fingerprint);
}

TEST_CASE("what is wrong with a server's files is said in a sentence and with the file") {
  CertificateMaker maker;
  const auto authority = maker.authority(), other = maker.authority("other");
  const auto good = maker.server(&authority);
  const auto refused = [](const PemFiles& files, ErrorCode code, const std::filesystem::path& where) {
    const auto context = load(files);
    REQUIRE_FALSE(context);
    INFO(context.error().message);
    CHECK(context.error().code == code);
    CHECK(context.error().where == where.string());
    CHECK_THAT(context.error().message, EndsWith("."));
  };
  const auto with = [&](std::filesystem::path certificate, std::filesystem::path key) {
    return PemFiles{std::move(certificate), std::move(key), {}};
  };
  const auto absent = maker.path() / "absent";
  refused(with(absent, good.key), ErrorCode::not_found, absent);
  refused(with(good.certificate, absent), ErrorCode::not_found, absent);
  refused(with(maker.path(), good.key), ErrorCode::corrupt, maker.path());
  refused(with(good.key, good.key), ErrorCode::corrupt, good.key);
  refused(with(good.certificate, good.certificate), ErrorCode::permission_denied, good.certificate);
  const auto empty = maker.write("empty", "");
  refused(with(empty, good.key), ErrorCode::corrupt, empty);
  refused(with(good.certificate, empty), ErrorCode::corrupt, empty);
  const auto other_key = maker.server(&authority).key;
  refused(with(good.certificate, other_key), ErrorCode::conflict, other_key);
  for (const int mode : {0640, 0604, 0644}) {
    const auto open_key = maker.write("open.key", textOf(good.key), mode);
    refused(with(good.certificate, open_key), ErrorCode::permission_denied, open_key);
  }
  const auto locked =
      maker.write("locked.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGj\n-----END ENCRYPTED PRIVATE KEY-----\n");
  refused(with(good.certificate, locked), ErrorCode::corrupt, locked);
  CHECK_THAT(load(with(good.certificate, locked)).error().message, Contains("encrypted"));

  const auto late = maker.make({"late", {}, -20, -10, false, 0}, &authority);
  refused(late, ErrorCode::stale, late.certificate);
  const auto early = maker.make({"early", {}, 10, 20, false, 0}, &authority);
  refused(early, ErrorCode::stale, early.certificate);
  CHECK(load(late, false));
  CHECK(load(early, false));
  const auto weak = maker.make({"weak", {}, -1, 30, false, 1024}, &authority);
  refused(weak, ErrorCode::unsupported, weak.certificate);

  const auto chain = [&](const std::string& text) { return with(maker.write("chain.crt", text), good.key); };
  CHECK(load(chain(textOf(good.certificate) + textOf(authority.certificate))));
  const auto foreign = chain(textOf(good.certificate) + textOf(other.certificate));
  refused(foreign, ErrorCode::conflict, foreign.certificate);
  const auto turned = chain(textOf(authority.certificate) + textOf(good.certificate));
  refused(turned, ErrorCode::conflict, turned.key);
  const auto torn = chain(textOf(good.certificate) + textOf(authority.certificate).substr(0, 200));
  refused(torn, ErrorCode::corrupt, torn.certificate);
}

TEST_CASE("a client's own files are checked alike, and a pin must be one") {
  CertificateMaker maker;
  const auto one = maker.client("one"), two = maker.client("two");
  TlsClientSettings settings;
  CHECK(TlsClientContext::load(settings));
  settings.fingerprint_sha256 = "sha256:12";
  CHECK(TlsClientContext::load(settings).error().code == ErrorCode::invalid_argument);
  settings.fingerprint_sha256 = fingerprintText(one.fingerprint);
  CHECK(TlsClientContext::load(settings).value()->pinned());
  settings.certificate_file = one.certificate;
  CHECK(TlsClientContext::load(settings).error().code == ErrorCode::invalid_argument);
  settings.key_file = two.key;
  CHECK(TlsClientContext::load(settings).error().code == ErrorCode::conflict);
  settings.key_file = one.key;
  CHECK(TlsClientContext::load(settings));
  TlsClientSettings authorities;
  authorities.ca_file = maker.path() / "absent";
  CHECK(TlsClientContext::load(authorities).error().code == ErrorCode::not_found);
  authorities.ca_file = one.key;
  CHECK(TlsClientContext::load(authorities).error().code == ErrorCode::corrupt);
}

TEST_CASE("a fingerprint is read as people copy it") {
  const std::string hex(64, 'a');
  const auto text = fingerprintText(hex);
  CHECK(text.substr(0, 13) == "sha256:AA:AA:");
  CHECK(text.size() == 7 + 95);
  CHECK(parseFingerprint(text).value() == hex);
  CHECK(parseFingerprint(text.substr(7)).value() == hex);
  CHECK(parseFingerprint(hex).value() == hex);
  CHECK(parseFingerprint("SHA256:" + hex).value() == hex);
  for (const auto& bad :
       {std::string(), std::string("sha256:"), hex + "a", hex.substr(1), "md5:" + hex, hex.substr(1) + "g", text + ":",
        ":" + text.substr(7), "sha1:" + text.substr(7), hex + " ", text.substr(0, 20) + "-" + text.substr(21)}) {
    INFO(bad);
    CHECK(parseFingerprint(bad).error().code == ErrorCode::invalid_argument);
  }
}

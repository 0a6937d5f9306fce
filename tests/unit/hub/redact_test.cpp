#include "hub/redact.hpp"

#include <catch2/catch.hpp>

using namespace robohub::hub;

namespace {
const std::string kToken = "q3Zk9_-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";  // 43 characters
}

TEST_CASE("Secrets are taken out of a line, and the rest stays") {
  REQUIRE(kToken.size() == 43);
  const std::pair<std::string, std::string> table[] = {
      {"nothing here", "nothing here"},
      {"", ""},
      {"token rh_" + kToken + " was used", "token *** was used"},
      {"rh_" + kToken, "***"},
      {"rh_short", "rh_short"},
      {"key " + kToken + ", and on", "key ***, and on"},
      {"Cookie: robohub_session=" + kToken + "; theme=dark", "Cookie: robohub_session=***; theme=dark"},
      {"__Host-robohub_session=abc", "__Host-robohub_session=***"},
      {"g1." + kToken + kToken + " came", "*** came"},
      {"code 7KQ2-M4XV-9TDA is wrong", "code *** is wrong"},
      {"7KQ2-M4XV-9TDA", "***"},
      {"7KQ2-M4XV-9TDAX", "7KQ2-M4XV-9TDAX"},
      {"Authorization: Bearer abc.def", "Authorization: ***"},
      {"authorization: Robohub-Device d1:" + kToken, "authorization: ***"},
      {"Bearer hello-there", "Bearer ***"},
      {"Robohub-Device d1:short", "Robohub-Device ***"},
      {"https://ada:sesame@cam.example/x", "https://***@cam.example/x"},
      {"at https://hub.example/a@b", "at https://hub.example/a@b"},
      {"rtsp://u:p@h and http://u2:p2@h2", "rtsp://***@h and http://***@h2"},
      {"GET /api/v1/live?ticket=abcdef&x=1", "GET /api/v1/live?ticket=***&x=1"},
      {"?token=a&password=b&code_verifier=c", "?token=***&password=***&code_verifier=***"},
      {R"({"password":"sesame","name":"Ada"})", R"({"password":"***","name":"Ada"})"},
      {R"({"password": "with \" in it", "x":1})", R"({"password": "***", "x":1})"},
      {"PASSWORD=Sesame done", "PASSWORD=*** done"},
      {"the token: it has expired", "the token: it has expired"},
      {"its password is wrong", "its password is wrong"},
      {"claim_code=1234", "claim_code=***"},
      // What identifies and opens nothing stays readable.
      {"sha256 " + std::string(64, 'a') + " of it", "sha256 " + std::string(64, 'a') + " of it"},
      {"sha256:AB:CD:EF:01", "sha256:AB:CD:EF:01"},
      {"device lab-turret at 127.0.0.1:40123", "device lab-turret at 127.0.0.1:40123"},
      {"2026-01-01 10:00:00", "2026-01-01 10:00:00"},
      {"http://127.0.0.1:8080/", "http://127.0.0.1:8080/"},
      {"password=", "password="},
      {"password", "password"},
  };
  for (const auto& [line, expected] : table) {
    INFO(line);
    CHECK(redacted(line) == expected);
  }
}

TEST_CASE("Redacting is bounded, and is done with what it has done") {
  for (const std::string& text :
       {std::string(200'000, 'a'), std::string(200'000, '/'), std::string(100'000, '"'),
        std::string(60'000, 'r') + "h_", std::string("password=") + std::string(100'000, '\\')}) {
    const std::string once = redacted(text);
    CHECK(redacted(once) == once);
  }
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "https://u:p@h/" + kToken + " ";
  CHECK(redacted(many).find(kToken) == std::string::npos);
  CHECK(redacted(many).find("u:p") == std::string::npos);
}

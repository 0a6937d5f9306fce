// What somebody with the file and a sqlite3 program does to the audit is found.
#include "unit/identity/audit_rig.hpp"

using namespace robohub;
using namespace robohub::identity;
using namespace robohub::identity::test;
using robohub::test::TempFolder;

namespace {

AuditVerdict afterTampering(const std::string& sql, const std::string& known_head = "") {
  TempFolder temp;
  {
    Trail trail(temp.path());
    trail.rows(20);
    REQUIRE(trail.verify().good);
  }
  byHand(temp.path(), sql);
  return Trail(temp.path()).verify(known_head);
}

std::string headOfTwenty() {
  TempFolder temp;
  Trail trail(temp.path());
  trail.rows(20);
  return trail.verify().head;
}

}  // namespace

TEST_CASE("each field of an audit row that is changed in the file is found, and its row named") {
  const std::string set =
      GENERATE("at_ms = at_ms + 1", "actor_id = 'u-99'", "actor_name = 'Eve'", "address = ''", "action = 'turn.skip'",
               "object = 'device:other'", "outcome = 'refused'", "detail_json = '{\"n\":8 }'",
               "detail_json = detail_json || char(0)", "hash = zeroblob(32)",
               "actor_name = actor_name || substr(address, 1, 1), address = substr(address, 2)");
  INFO(set);
  const AuditVerdict verdict = afterTampering("UPDATE audit SET " + set + " WHERE seq = 7");
  CHECK_FALSE(verdict.good);
  CHECK(verdict.first_bad_seq == 7);
  CHECK(verdict.message.find("7") != std::string::npos);
}

TEST_CASE("rows that were removed, exchanged or put in are found") {
  SECTION("one in the middle is gone") {
    const AuditVerdict verdict = afterTampering("DELETE FROM audit WHERE seq = 11");
    CHECK(verdict.first_bad_seq == 11);
    CHECK(verdict.message == "Row 11 is missing.");
  }
  SECTION("the first is gone") {
    CHECK(afterTampering("DELETE FROM audit WHERE seq = 1").first_bad_seq == 1);
  }
  SECTION("one is gone and those behind it moved up") {
    const AuditVerdict verdict =
        afterTampering("DELETE FROM audit WHERE seq = 11; UPDATE audit SET seq = seq - 1 WHERE seq > 11");
    CHECK(verdict.first_bad_seq == 11);
  }
  SECTION("two are exchanged") {
    CHECK(afterTampering("UPDATE audit SET seq = 1000 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 6;"
                         "UPDATE audit SET seq = 6 WHERE seq = 1000")
              .first_bad_seq == 5);
  }
  SECTION("one is put in between") {
    CHECK(afterTampering("UPDATE audit SET seq = -seq WHERE seq >= 9; UPDATE audit SET seq = 1 - seq WHERE seq < 0;"
                         "INSERT INTO audit SELECT 9, at_ms, actor_id, actor_name, address, action, object, outcome,"
                         " detail_json, hash FROM audit WHERE seq = 8")
              .first_bad_seq == 9);
  }
  SECTION("one is put before the beginning") {
    CHECK(afterTampering("INSERT INTO audit SELECT 0, at_ms, actor_id, actor_name, address, action, object, outcome,"
                         " detail_json, hash FROM audit WHERE seq = 8")
              .message.find("before the beginning") != std::string::npos);
  }
  SECTION("the anchor was moved over rows that are still there") {
    CHECK_FALSE(afterTampering("UPDATE audit_anchor SET through_seq = 3").good);
  }
  SECTION("the anchor is gone") {
    CHECK_FALSE(afterTampering("DELETE FROM audit_anchor").good);
  }
  SECTION("the last rows are gone, which only the known head tells") {
    CHECK(afterTampering("DELETE FROM audit WHERE seq > 18").good);
    const AuditVerdict verdict = afterTampering("DELETE FROM audit WHERE seq > 18", headOfTwenty());
    CHECK_FALSE(verdict.good);
    CHECK(verdict.first_bad_seq == 19);
  }
}

#include "store/session.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "unit/store/temp_folder.hpp"

using namespace robohub;
using store::Session;

namespace {

struct Fixture {
  test::TempFolder folder;
  std::unique_ptr<Session> session = Session::open((folder.path() / "x.db").string(), Session::Role::writer).value();
};

}  // namespace

TEST_CASE_METHOD(Fixture, "parameters are bound by their number, wherever they stand in the text") {
  REQUIRE(session->run("CREATE TABLE t (a INTEGER, b TEXT)"));
  REQUIRE(session->run("INSERT INTO t (b, a) VALUES ($2, $1)", 7, "seven"));
  auto row = session->prepare("SELECT a, b FROM t");
  REQUIRE(row->step().value());
  CHECK(row->integer(0) == 7);
  CHECK(row->text(1) == "seven");
  CHECK_FALSE(row->step().value());
}

TEST_CASE_METHOD(Fixture,
                 "text with NUL, empty text, empty bytes, NULL and the ends of the integers come back as they were") {
  REQUIRE(session->run("CREATE TABLE t (a, b, c, d, e, f)"));
  std::string nul("a\0b", 3);
  store::Blob bytes{0, 255, 0};
  REQUIRE(session->run("INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6)", nul, std::string_view(), store::Bytes(bytes),
                       nullptr, std::numeric_limits<std::int64_t>::min(), std::optional<std::int64_t>(5)));
  auto row = session->prepare("SELECT a, b, c, d, e, f, typeof(b), length(c) FROM t");
  REQUIRE(row->step().value());
  CHECK(row->text(0) == nul);
  CHECK(row->text(1).empty());
  CHECK(row->text(6) == "text");
  CHECK(row->blob(2) == bytes);
  CHECK(row->isNull(3));
  CHECK(row->integer(4) == std::numeric_limits<std::int64_t>::min());
  CHECK(row->integer(5) == 5);
}

TEST_CASE_METHOD(Fixture, "what cannot be bound is told instead of stored") {
  REQUIRE(session->run("CREATE TABLE t (a)"));
  CHECK(session->run("INSERT INTO t VALUES ($1)", std::numeric_limits<std::uint64_t>::max()).error().code ==
        ErrorCode::invalid_argument);
  CHECK(session->run("INSERT INTO t VALUES ($1)", 1, 2).error().message == "The statement has no parameter $2.");
  CHECK(session->run("INSERT INTO t VALUES ($1); DELETE FROM t", 1).error().code == ErrorCode::internal);
  auto count = session->prepare("SELECT count(*) FROM t");
  REQUIRE(count->step().value());
  CHECK(count->integer(0) == 0);
}

TEST_CASE_METHOD(Fixture, "a statement that has failed can be used again") {
  REQUIRE(session->run("CREATE TABLE t (a INTEGER PRIMARY KEY)"));
  for (int i = 0; i < 3; ++i) {
    CHECK(session->run("INSERT INTO t VALUES ($1)", i).value() == 1);
    CHECK(session->run("INSERT INTO t VALUES ($1)", i).error().code == ErrorCode::conflict);
  }
}

TEST_CASE_METHOD(Fixture, "foreign keys are enforced") {
  REQUIRE(session->run("CREATE TABLE p (a INTEGER PRIMARY KEY)"));
  REQUIRE(session->run("CREATE TABLE c (a INTEGER REFERENCES p (a))"));
  CHECK(session->run("INSERT INTO c VALUES (1)").error().code == ErrorCode::conflict);
}

TEST_CASE_METHOD(Fixture, "a reader cannot write") {
  REQUIRE(session->run("CREATE TABLE t (a)"));
  auto reader = Session::open((folder.path() / "x.db").string(), Session::Role::reader).value();
  CHECK_FALSE(reader->run("INSERT INTO t VALUES (1)"));
  CHECK(reader->prepare("SELECT count(*) FROM t")->step().value());
}

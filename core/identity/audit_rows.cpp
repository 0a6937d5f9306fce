#include "identity/audit_rows.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "identity/secrets.hpp"
#include "net/utf8.hpp"

namespace robohub::identity {

namespace {

constexpr std::size_t kTextLimit = 256;
constexpr std::size_t kObjectLimit = 512;
constexpr std::size_t kDetailLimit = 4096;
constexpr std::string_view kDomain = "robohub audit 1\n";

class Hasher {
 public:
  Hasher() {
    startSodium();
    crypto_hash_sha256_init(&state_);
  }
  void bytes(std::span<const std::uint8_t> bytes) { crypto_hash_sha256_update(&state_, bytes.data(), bytes.size()); }
  void raw(std::string_view text) { bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}); }
  void text(std::string_view text) {
    bigEndian<4>(text.size());
    raw(text);
  }
  template <int Bytes>
  void bigEndian(std::uint64_t value) {
    std::array<std::uint8_t, Bytes> out;
    for (int i = 0; i < Bytes; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * (Bytes - 1 - i)));
    bytes(out);
  }
  AuditHash end() {
    AuditHash hash;
    crypto_hash_sha256_final(&state_, hash.data());
    return hash;
  }

 private:
  crypto_hash_sha256_state state_;
};

// Whatever came from outside is kept as text that can be written as JSON: a row must never be what cannot be shown.
std::string kept(std::string_view text, std::size_t limit) {
  std::string out(text);
  if (!net::isUtf8(out))
    std::replace_if(
        out.begin(), out.end(), [](char each) { return (each & 0x80) != 0; }, '?');
  out.resize(beginningOf(out, limit).size());
  return out;
}

std::string keptDetail(const std::string& json) {
  if (json == "{}") return json;
  return json.size() <= kDetailLimit && json::parseObject(json) ? json : "{\"truncated\":true}";
}

// A hash of another length is none, and differs from every one.
AuditHash hashFromBlob(const store::Blob& blob) {
  AuditHash hash{};
  if (blob.size() == hash.size()) std::copy(blob.begin(), blob.end(), hash.begin());
  return hash;
}

}  // namespace

AuditHash hashOf(const AuditRow& row, std::span<const std::uint8_t> before) {
  Hasher hasher;
  hasher.raw(kDomain);
  hasher.bytes(before);
  hasher.bigEndian<8>(static_cast<std::uint64_t>(row.seq));
  hasher.bigEndian<8>(static_cast<std::uint64_t>(row.at_ms));
  const AuditEntry& entry = row.entry;
  for (const std::string* text :
       {&entry.actor.id, &entry.actor.name, &entry.actor.address, &entry.action, &entry.object})
    hasher.text(*text);
  hasher.text(toString(entry.outcome));
  hasher.text(entry.detail_json);
  return hasher.end();
}

Result<AuditHead> readAnchor(store::Session& database) {
  auto anchor = database.prepare("SELECT through_seq, hash FROM audit_anchor WHERE one = 1");
  if (!anchor) return fail(std::move(anchor.error()));
  auto row = anchor->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return fail(ErrorCode::corrupt, "The audit has lost the anchor that its chain begins at.");
  return AuditHead{anchor->integer(0), hashFromBlob(anchor->blob(1))};
}

Result<AuditHead> readHead(store::Session& database) {
  auto newest = database.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
  if (!newest) return fail(std::move(newest.error()));
  auto row = newest->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return readAnchor(database);
  return AuditHead{newest->integer(0), hashFromBlob(newest->blob(1))};
}

Status appendRow(store::Session& database, const AuditEntry& entry, std::int64_t at_ms) {
  auto head = readHead(database);
  if (!head) return fail(std::move(head.error()));
  AuditRow row{head->seq + 1, at_ms, entry, ""};
  AuditEntry& kept_entry = row.entry;
  for (std::string* text :
       {&kept_entry.actor.id, &kept_entry.actor.name, &kept_entry.actor.address, &kept_entry.action})
    *text = kept(*text, kTextLimit);
  kept_entry.object = kept(kept_entry.object, kObjectLimit);
  kept_entry.detail_json = keptDetail(kept_entry.detail_json);
  const AuditHash hash = hashOf(row, head->hash);
  auto written = database.run(
      "INSERT INTO audit (seq, at_ms, actor_id, actor_name, address, action, object, outcome, detail_json, hash)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      row.seq, row.at_ms, kept_entry.actor.id, kept_entry.actor.name, kept_entry.actor.address, kept_entry.action,
      kept_entry.object, toString(kept_entry.outcome), kept_entry.detail_json, store::Bytes(hash));
  if (!written) return fail(std::move(written.error()));
  return {};
}

AuditRow readRow(const store::Statement& statement) {
  AuditRow row;
  row.seq = statement.integer(0);
  row.at_ms = statement.integer(1);
  row.entry.actor = {statement.text(2), statement.text(3), statement.text(4)};
  row.entry.action = statement.text(5);
  row.entry.object = statement.text(6);
  const std::string outcome = statement.text(7);
  row.entry.outcome = outcome == "ok" ? Outcome::ok : outcome == "refused" ? Outcome::refused : Outcome::failed;
  row.entry.detail_json = statement.text(8);
  row.hash = hexOf(statement.blob(9));
  return row;
}

}  // namespace robohub::identity

#include "jobs/sqlite.hpp"

#include <sqlite3.h>

#include <fcntl.h>
#include <unistd.h>

namespace crank::sqlite {
namespace {

int primary(Code code) { return code & 0xff; }

} // namespace

bool is_error(Code code) { return code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE; }

bool is_out_of_space(Code code) {
  return primary(code) == SQLITE_FULL || primary(code) == SQLITE_IOERR || primary(code) == SQLITE_READONLY;
}

bool is_damaged(Code code) { return primary(code) == SQLITE_CORRUPT || primary(code) == SQLITE_NOTADB; }

Statement::~Statement() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_); // what it held in memory goes
}

Statement& Statement::bound(Code code) {
  if (is_error(code) && !is_error(code_)) code_ = code;
  return *this;
}

Statement& Statement::bind(std::int64_t value) { return bound(sqlite3_bind_int64(statement_, next_++, value)); }
Statement& Statement::bind(double value) { return bound(sqlite3_bind_double(statement_, next_++, value)); }
Statement& Statement::bind_null() { return bound(sqlite3_bind_null(statement_, next_++)); }

Statement& Statement::bind(std::string_view text) {
  const char* const data = text.data() ? text.data() : "";
  return bound(sqlite3_bind_text64(statement_, next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Statement& Statement::bind_bytes(std::string_view bytes) {
  const char* const data = bytes.data() ? bytes.data() : "";
  return bound(sqlite3_bind_blob64(statement_, next_++, data, bytes.size(), SQLITE_TRANSIENT));
}

bool Statement::step() {
  if (!statement_) code_ = SQLITE_ERROR;
  if (is_error(code_)) return false;
  code_ = sqlite3_step(statement_);
  return code_ == SQLITE_ROW;
}

Code Statement::run() {
  while (step()) {
  }
  return code_;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }
bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string Statement::text(int column) const {
  const void* const data = sqlite3_column_blob(statement_, column); // of a text, its bytes
  const int size = sqlite3_column_bytes(statement_, column);
  return data ? std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)) : std::string();
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
}

Code Database::open(const std::filesystem::path& file, std::chrono::milliseconds patience) {
  // SQLite makes it with the umask's rights, and its companions with the file's.
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) return SQLITE_CANTOPEN;
  ::close(made);
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  const Code code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
  handle_.reset(opened);
  if (is_error(code)) return code;
  sqlite3_busy_timeout(opened, static_cast<int>(patience.count()));
  return SQLITE_OK;
}

Code Database::execute(const char* sql) { return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr); }

Statement Database::prepare(const char* sql) {
  sqlite3_stmt*& known = statements_[sql];
  if (!known) sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &known, nullptr);
  return Statement(known);
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_.get()); }

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

std::string Database::message() const { return handle_ ? sqlite3_errmsg(handle_.get()) : "it is not open"; }

} // namespace crank::sqlite

// SQLite with errors as values: a connection, and statements of it. One thread at a time. Knows nothing of jobs.
#pragma once

#include "base/problem.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace crank::sqlite {

// A result code of SQLite (sqlite.org, "Result and Error Codes"), extended; 0 is fine, see is_error().
using Code = int;
[[nodiscard]] bool is_error(Code code);
// Whether the file system has no room, or no right, for what was to be written.
[[nodiscard]] bool is_out_of_space(Code code);
// Whether the file is none of SQLite's, or damaged.
[[nodiscard]] bool is_damaged(Code code);

// One run of a prepared statement: bind, then step until it is done. Reset at its end.
class Statement {
public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(Statement&& other) noexcept : statement_(other.statement_) { other.statement_ = nullptr; }
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Parameters in order, from the first. Text and bytes are copied. What cannot be bound (it is too long) makes step()
  // fail: nothing is ever written without it.
  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind_bytes(std::string_view bytes);
  Statement& bind_null();
  template <class Value>
  Statement& bind(const std::optional<Value>& value) {
    return value ? bind(*value) : bind_null();
  }

  // True: there is a row. An error is in code().
  bool step();
  // To the end; what it returns is not looked at.
  Code run();
  Code code() const { return code_; }

  // Columns of the row, from 0.
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

private:
  Statement& bound(Code code);

  sqlite3_stmt* statement_; // of the database's
  int next_ = 1;
  Code code_ = 0;
};

class Database {
public:
  Database() = default;
  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;
  ~Database();

  // Makes the file if it is not there, 0600.
  Code open(const std::filesystem::path& file, std::chrono::milliseconds patience);
  // Statements without parameters and rows, separated by semicolons.
  Code execute(const char* sql);
  // Prepared once for each text, which must live on; one run of it at a time. Without effect where it cannot be
  // prepared: its code() says why.
  Statement prepare(const char* sql);
  std::int64_t last_row() const; // the number of the row that was inserted last
  std::int64_t changes() const;  // rows, by the last statement
  std::string message() const;   // of the last error

private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// From BEGIN IMMEDIATE, which waits for other writers, to commit(); rolled back without it.
class Transaction {
public:
  explicit Transaction(Database& database) : database_(database), code_(database.execute("BEGIN IMMEDIATE")) {}
  ~Transaction() {
    if (!is_error(code_) && !over_) database_.execute("ROLLBACK");
  }
  Transaction(const Transaction&) = delete;
  Code code() const { return code_; }
  Code commit() {
    const Code code = database_.execute("COMMIT");
    over_ = !is_error(code);
    return code;
  }

private:
  Database& database_;
  const Code code_;
  bool over_ = false;
};

} // namespace crank::sqlite

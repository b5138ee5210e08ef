// Why a document was not converted, in the words that callers see.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace doc {

enum class ErrorCode {
  invalid_format,     // it is none of the formats, or not the one that was named
  corrupt_document,   // it is of that format, and damaged beyond reading
  encrypted_document, // a password is needed
  conversion_failed,  // the fault is ours, or the machine's: a full disk
  limit_exceeded,     // it is larger, deeper or more costly than is allowed
};

constexpr std::string_view name(ErrorCode code) {
  switch (code) {
  case ErrorCode::invalid_format: return "INVALID_FORMAT";
  case ErrorCode::corrupt_document: return "CORRUPT_DOCUMENT";
  case ErrorCode::encrypted_document: return "ENCRYPTED_DOCUMENT";
  case ErrorCode::conversion_failed: return "CONVERSION_FAILED";
  case ErrorCode::limit_exceeded: return "LIMIT_EXCEEDED";
  }
  return "CONVERSION_FAILED";
}

// what() is one sentence for a person, without a full stop.
class ConversionError : public std::runtime_error {
public:
  ConversionError(ErrorCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  ErrorCode code() const { return code_; }

private:
  ErrorCode code_;
};

} // namespace doc

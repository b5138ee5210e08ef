#include "audit/log_directory.hpp"

#include "tls/secure_files.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace crank {
namespace {

constexpr std::string_view prefix = "audit-", suffix = ".jsonl";

std::optional<std::uint64_t> first_of(const std::string& name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  const std::string_view digits =
      std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  std::uint64_t first = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), first);
  if (error != std::errc() || end != digits.data() + digits.size() || first == 0) return std::nullopt;
  return first;
}

} // namespace

std::filesystem::path audit_file_path(const std::filesystem::path& directory, std::uint64_t first) {
  char name[64];
  std::snprintf(name, sizeof name, "audit-%012llu.jsonl", static_cast<unsigned long long>(first));
  return directory / name;
}

Result<std::vector<AuditFile>, Failure> list_audit_files(const std::filesystem::path& directory) {
  std::vector<AuditFile> files;
  std::error_code error;
  for (std::filesystem::directory_iterator each(directory, error), end; !error && each != end; each.increment(error)) {
    if (const auto first = first_of(each->path().filename().string())) files.push_back({*first, each->path()});
  }
  if (error) return Failure{directory.string() + ": cannot be read: " + error.message(), 2};
  std::sort(files.begin(), files.end(), [](const AuditFile& a, const AuditFile& b) { return a.first < b.first; });
  return files;
}

std::filesystem::path audit_note_path(const std::filesystem::path& directory, SignedFor what) {
  return directory / (what == SignedFor::removed ? "removed.json" : "head.json");
}

Result<std::optional<AuditNote>, std::string> read_audit_note(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::optional<AuditNote>();
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const auto value = parse_json(text.str());
  if (!value || !value->is_object()) return std::string("it is not what crank-host wrote");
  const boost::json::object& object = value->get_object();
  AuditNote note;
  try {
    const std::string sequence = std::to_string(object.at("sequence").to_number<std::uint64_t>());
    const auto point = parse_point(sequence + ":" + std::string(object.at("hash").as_string()));
    if (!point) return std::string("it names no line");
    note.point = *point;
    note.time = object.at("time").as_string();
    note.signature = object.at("signature").as_string();
  } catch (const std::exception&) {
    return std::string("it is not what crank-host wrote");
  }
  return std::optional(std::move(note));
}

std::optional<Failure> write_audit_note(const std::filesystem::path& directory, SignedFor what, const ChainPoint& point,
                                        const AuditKey& key) {
  const std::string time = audit_time_text(audit_time_now());
  const std::string signature = key.sign(what, point, time);
  if (signature.empty()) return Failure{"the audit log cannot be signed: " + openssl_error()};
  const boost::json::object note{
      {"sequence", point.sequence}, {"hash", point.hash}, {"time", time}, {"signature", signature}};
  return write_file_atomically(audit_note_path(directory, what), json_text(note) + "\n", 0640);
}

std::filesystem::path public_key_path(const std::filesystem::path& directory) { return directory / "public.pem"; }

} // namespace crank

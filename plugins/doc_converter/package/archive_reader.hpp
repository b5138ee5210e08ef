// The zip archive (PKWARE APPNOTE 6.3.3) that an office document is: finds and unpacks entries by name. Every length in
// an archive is a claim: what is unpacked is counted as it comes out.
#pragma once

#include "../io/input.hpp"
#include "../model/context.hpp"

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace doc::package {

class ArchiveReader {
public:
  // Reads the directory. Both outlive this. Throws CORRUPT_DOCUMENT for what is no archive, for two entries of one name
  // and for names that no program writes; LIMIT_EXCEEDED for too many entries.
  ArchiveReader(const Input& input, Context& context);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  bool has(std::string_view name) const { return find(name) != nullptr; }

  // The entry's bytes; nothing where there is none. Names are compared exactly, and where that finds none, without
  // regard to the case of letters (ECMA-376 part 2, 6.2.2.3). Throws CORRUPT_DOCUMENT for wrong checksums and for data
  // that two entries share, ENCRYPTED_DOCUMENT, and LIMIT_EXCEEDED beyond `most_bytes`.
  std::optional<std::string> read(std::string_view name, std::uint64_t most_bytes);

private:
  struct Entry {
    std::string name;
    std::uint64_t directory_position;
    std::uint64_t number;
    std::uint64_t packed_bytes;
    std::uint64_t unpacked_bytes; // as the directory claims
    unsigned long flags;
    unsigned long method;
  };
  // What minizip's callbacks read from.
  struct Source {
    const Input* input;
    std::uint64_t position = 0;
    std::exception_ptr failure = {}; // an exception may not pass through C
  };

  void read_directory();
  void add(Entry entry);
  const Entry* find(std::string_view name) const;
  void claim(const Entry& entry);
  std::string unpack(const Entry& entry, std::uint64_t most_bytes);
  [[noreturn]] void corrupt(const std::string& sentence) const;

  Context& context_;
  Source source_;
  void* archive_ = nullptr; // minizip's unzFile
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<std::string, std::size_t> by_lower_name_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> claimed_; // where the data of entries begin and end
};

} // namespace doc::package

#include "archive_reader.hpp"

#include "../model/error.hpp"

#include <minizip/unzip.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace doc::package {
namespace {

constexpr std::size_t most_entries = 50'000;
constexpr std::size_t longest_name = 1024;
constexpr unsigned long encrypted_flag = 1;

[[noreturn]] void refuse(ErrorCode code, const std::string& sentence) { throw ConversionError(code, sentence); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return out;
}

// Some programs write "\" for "/", or begin names with "/".
std::string normalised(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  name.erase(0, std::min(name.find_first_not_of('/'), name.size()));
  return name;
}

} // namespace

ArchiveReader::ArchiveReader(const Input& input, Context& context) : context_(context), source_{&input} {
  zlib_filefunc64_def functions = {};
  functions.opaque = &source_;
  functions.zopen64_file = [](voidpf opaque, const void*, int) -> voidpf { return opaque; };
  functions.zread_file = [](voidpf, voidpf stream, void* buffer, uLong size) -> uLong {
    auto* source = static_cast<Source*>(stream);
    try {
      const std::size_t count = source->input->read_at(source->position, buffer, size);
      source->position += count;
      return count;
    } catch (...) {
      source->failure = std::current_exception();
      return 0;
    }
  };
  functions.ztell64_file = [](voidpf, voidpf stream) -> ZPOS64_T { return static_cast<Source*>(stream)->position; };
  functions.zseek64_file = [](voidpf, voidpf stream, ZPOS64_T offset, int origin) -> long {
    auto* source = static_cast<Source*>(stream);
    const std::uint64_t base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? source->position
                               : origin == ZLIB_FILEFUNC_SEEK_END ? source->input->size()
                                                                  : 0;
    if (offset > source->input->size() || base + offset > source->input->size()) return -1;
    source->position = base + offset;
    return 0;
  };
  functions.zclose_file = [](voidpf, voidpf) -> int { return 0; };
  functions.zerror_file = [](voidpf, voidpf) -> int { return 0; };
  archive_ = unzOpen2_64("", &functions);
  if (!archive_) corrupt("the document is a damaged archive: its directory is missing");
  try {
    read_directory();
  } catch (...) {
    unzClose(archive_);
    throw;
  }
}

ArchiveReader::~ArchiveReader() { unzClose(archive_); }

void ArchiveReader::corrupt(const std::string& sentence) const {
  if (source_.failure) std::rethrow_exception(source_.failure);
  refuse(ErrorCode::corrupt_document, sentence);
}

void ArchiveReader::read_directory() {
  int status = unzGoToFirstFile(archive_);
  for (; status == UNZ_OK; status = unzGoToNextFile(archive_)) {
    if (entries_.size() == most_entries)
      refuse(ErrorCode::limit_exceeded, "the archive has more than " + std::to_string(most_entries) + " entries");
    unz_file_info64 info = {};
    std::array<char, longest_name + 1> name{};
    unz64_file_pos place = {};
    if (unzGetCurrentFileInfo64(archive_, &info, name.data(), longest_name, nullptr, 0, nullptr, 0) != UNZ_OK ||
        unzGetFilePos64(archive_, &place) != UNZ_OK)
      corrupt("the document is a damaged archive: its directory cannot be read");
    if (info.size_filename == 0 || info.size_filename > longest_name ||
        std::string_view(name.data()).size() != info.size_filename)
      corrupt("the document is a damaged archive: an entry has an impossible name");
    add({normalised(name.data()), place.pos_in_zip_directory, place.num_of_file, info.compressed_size,
         info.uncompressed_size, info.flag, info.compression_method});
  }
  if (status != UNZ_END_OF_LIST_OF_FILE) corrupt("the document is a damaged archive: its directory is cut short");
}

void ArchiveReader::add(Entry entry) {
  if (entry.name.empty() || entry.name.back() == '/') return; // a folder
  if (!by_name_.emplace(entry.name, entries_.size()).second)
    corrupt("the document is a damaged archive: two of its entries have one name");
  by_lower_name_.emplace(lower(entry.name), entries_.size());
  entries_.push_back(std::move(entry));
}

const ArchiveReader::Entry* ArchiveReader::find(std::string_view name) const {
  if (const auto found = by_name_.find(std::string(name)); found != by_name_.end()) return &entries_[found->second];
  const auto found = by_lower_name_.find(lower(name));
  return found == by_lower_name_.end() ? nullptr : &entries_[found->second];
}

std::optional<std::string> ArchiveReader::read(std::string_view name, std::uint64_t most_bytes) {
  const Entry* entry = find(name);
  if (!entry) return std::nullopt;
  if (entry->flags & encrypted_flag) refuse(ErrorCode::encrypted_document, "the document is protected by a password");
  if (entry->method != 0 && entry->method != Z_DEFLATED)
    corrupt("the archive's entry " + entry->name + " is packed in a way that documents do not use");
  return unpack(*entry, most_bytes);
}

// Entries that share data are how a small archive unpacks to a huge one; honest ones lie side by side.
void ArchiveReader::claim(const Entry& entry) {
  const std::uint64_t begin = unzGetCurrentFileZStreamPos64(archive_);
  const std::uint64_t end = begin + entry.packed_bytes;
  for (const auto& other : claimed_) {
    const bool is_same = other.first == begin && other.second == end;
    if (!is_same && begin < other.second && other.first < end)
      corrupt("the document is a damaged archive: two of its entries overlap");
  }
  // A second reading of one entry is no overlap; that many entries are read only of a document with as many pictures.
  constexpr std::size_t most_claims = 4096;
  if (claimed_.size() < most_claims) claimed_.emplace_back(begin, end);
}

std::string ArchiveReader::unpack(const Entry& entry, std::uint64_t most_bytes) {
  const auto damaged = [&] { corrupt("the archive's entry " + entry.name + " is damaged"); };
  const unz64_file_pos place{entry.directory_position, entry.number};
  if (unzGoToFilePos64(archive_, &place) != UNZ_OK || unzOpenCurrentFile(archive_) != UNZ_OK) damaged();
  struct Closer {
    void* archive;
    ~Closer() { unzCloseCurrentFile(archive); }
  };
  std::string bytes;
  {
    Closer closer{archive_};
    claim(entry);
    std::array<char, 64 * 1024> buffer;
    // The claim saves growing where it is honest; deflate packs at most 1032 to 1.
    bytes.reserve(std::min({entry.unpacked_bytes, most_bytes, entry.packed_bytes * 64 + 1024}));
    for (;;) {
      const int count = unzReadCurrentFile(archive_, buffer.data(), static_cast<unsigned>(buffer.size()));
      if (count < 0) damaged();
      if (count == 0) break;
      context_.spend_unpacked(static_cast<std::uint64_t>(count));
      if (bytes.size() + static_cast<std::size_t>(count) > most_bytes)
        refuse(ErrorCode::limit_exceeded, "the archive's entry " + entry.name + " unpacks to more than " +
                                              std::to_string(most_bytes >> 20) + " MiB");
      bytes.append(buffer.data(), static_cast<std::size_t>(count));
    }
    closer.archive = nullptr; // closed below, where its answer matters
  }
  if (bytes.size() != entry.unpacked_bytes || unzCloseCurrentFile(archive_) != UNZ_OK) damaged();
  return bytes;
}

} // namespace doc::package

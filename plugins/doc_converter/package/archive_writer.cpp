#include "archive_writer.hpp"

#include "../model/error.hpp"

#include <minizip/zip.h>

#include <algorithm>

namespace doc::package {
namespace {

constexpr int pack_level = 6;
constexpr unsigned long dos_epoch = 1ul << 21 | 1ul << 16; // 1 January 1980: results are the same every time

uLong write_to(Output& output, std::uint64_t& position, const void* buffer, uLong size) {
  const std::string_view bytes(static_cast<const char*>(buffer), size);
  if (position == output.size()) {
    output.write(bytes);
  } else {
    output.write_at(position, bytes);
  }
  position += size;
  return size;
}

} // namespace

ArchiveWriter::ArchiveWriter(Output& output) : target_{&output} {
  zlib_filefunc64_def functions = {};
  functions.opaque = &target_;
  functions.zopen64_file = [](voidpf opaque, const void*, int) -> voidpf { return opaque; };
  functions.zread_file = [](voidpf, voidpf, void*, uLong) -> uLong { return 0; };
  functions.zwrite_file = [](voidpf, voidpf stream, const void* buffer, uLong size) -> uLong {
    auto* target = static_cast<Target*>(stream);
    if (target->failure) return 0;
    try {
      return write_to(*target->output, target->position, buffer, size);
    } catch (...) {
      target->failure = std::current_exception();
      return 0;
    }
  };
  functions.ztell64_file = [](voidpf, voidpf stream) -> ZPOS64_T { return static_cast<Target*>(stream)->position; };
  functions.zseek64_file = [](voidpf, voidpf stream, ZPOS64_T offset, int origin) -> long {
    auto* target = static_cast<Target*>(stream);
    target->position = offset + (origin == ZLIB_FILEFUNC_SEEK_CUR   ? target->position
                                 : origin == ZLIB_FILEFUNC_SEEK_END ? target->output->size()
                                                                    : 0);
    return 0;
  };
  functions.zclose_file = [](voidpf, voidpf) -> int { return 0; };
  functions.zerror_file = [](voidpf, voidpf stream) -> int { return static_cast<Target*>(stream)->failure ? 1 : 0; };
  archive_ = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &functions);
  if (!archive_) throw ConversionError(ErrorCode::conversion_failed, "there is no memory to write an archive");
}

ArchiveWriter::~ArchiveWriter() {
  if (!archive_) return;
  // It was given up: minizip frees its memory only when it closes, and what it writes then is kept from the file.
  if (!target_.failure) target_.failure = std::make_exception_ptr(0);
  zipClose(archive_, nullptr);
}

void ArchiveWriter::check(int status) const {
  if (target_.failure) std::rethrow_exception(target_.failure);
  if (status != ZIP_OK) throw ConversionError(ErrorCode::conversion_failed, "cannot write the archive");
}

void ArchiveWriter::open(const std::string& name, int method, bool is_raw) {
  zip_fileinfo info = {};
  info.dosDate = dos_epoch;
  constexpr unsigned long made_by = 20; // APPNOTE 2.0
  constexpr unsigned long utf8_names = 1 << 11;
  const bool is_ascii = std::all_of(name.begin(), name.end(), [](char letter) { return letter > 0; });
  check(zipOpenNewFileInZip4_64(archive_, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr, method, pack_level,
                                is_raw ? 1 : 0, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, nullptr, 0, made_by,
                                is_ascii ? 0 : utf8_names, 0));
}

void ArchiveWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min<std::size_t>(bytes.size(), 1u << 30);
    check(zipWriteInFileInZip(archive_, bytes.data(), static_cast<unsigned>(count)));
    bytes.remove_prefix(count);
  }
}

void ArchiveWriter::add(const std::string& name, std::string_view bytes) {
  open(name, Z_DEFLATED, false);
  write(bytes);
  check(zipCloseFileInZip(archive_));
}

void ArchiveWriter::add_stored(const std::string& name, std::string_view bytes) {
  open(name, 0, false);
  write(bytes);
  check(zipCloseFileInZip(archive_));
}

void ArchiveWriter::add(const std::string& name, const Deflated& finished) {
  open(name, Z_DEFLATED, true);
  for (const std::string& piece : finished.pieces()) write(piece);
  check(zipCloseFileInZipRaw64(archive_, finished.unpacked_bytes(), finished.checksum()));
}

void ArchiveWriter::finish() {
  const int status = zipClose(archive_, nullptr);
  archive_ = nullptr;
  check(status);
}

} // namespace doc::package

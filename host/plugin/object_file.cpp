// The numbers are those of the System V gABI, chapters 4 and 5; <elf.h> is not there on macOS.
// The file is foreign: every offset is checked against its size.
#include "plugin/object_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

namespace crank {
namespace {

constexpr std::uint16_t type_shared = 3;              // ET_DYN
constexpr std::uint32_t segment_load = 1;             // PT_LOAD
constexpr std::uint32_t section_dynamic_symbols = 11; // SHT_DYNSYM
constexpr std::uint32_t section_no_bits = 8;          // SHT_NOBITS
constexpr std::uint64_t largest_table = 64u << 20;    // more symbols than this no plugin has

#if defined(__APPLE__)
constexpr bool on_macos = true;
#else
constexpr bool on_macos = false;
#endif

struct ElfHeader {
  unsigned char identity[16];
  std::uint16_t type;
  std::uint16_t machine;
  std::uint32_t version;
  std::uint64_t entry;
  std::uint64_t program_headers;
  std::uint64_t section_headers;
  std::uint32_t flags;
  std::uint16_t header_size;
  std::uint16_t program_header_size;
  std::uint16_t program_header_count;
  std::uint16_t section_header_size;
  std::uint16_t section_header_count;
  std::uint16_t section_names;
};
static_assert(sizeof(ElfHeader) == 64);

struct ProgramHeader {
  std::uint32_t type;
  std::uint32_t flags;
  std::uint64_t offset;
  std::uint64_t virtual_address;
  std::uint64_t physical_address;
  std::uint64_t file_size;
  std::uint64_t memory_size;
  std::uint64_t alignment;
};
static_assert(sizeof(ProgramHeader) == 56);

struct SectionHeader {
  std::uint32_t name;
  std::uint32_t type;
  std::uint64_t flags;
  std::uint64_t address;
  std::uint64_t offset;
  std::uint64_t size;
  std::uint32_t link;
  std::uint32_t info;
  std::uint64_t alignment;
  std::uint64_t entry_size;
};
static_assert(sizeof(SectionHeader) == 64);

struct ElfSymbol {
  std::uint32_t name;
  unsigned char info;
  unsigned char other;
  std::uint16_t section;
  std::uint64_t value;
  std::uint64_t size;
};
static_assert(sizeof(ElfSymbol) == 24);

std::string elf_machine(std::uint16_t number) {
  constexpr std::pair<std::uint16_t, std::string_view> known[] = {
      {3, "x86"}, {21, "ppc64"}, {22, "s390x"}, {40, "arm"}, {62, "x86_64"}, {183, "aarch64"}, {243, "riscv64"}};
  for (const auto& [id, name] : known) {
    if (id == number) return std::string(name);
  }
  return "machine " + std::to_string(number);
}

class Reader {
public:
  explicit Reader(const std::filesystem::path& path) : file_(path, std::ios::binary) {
    std::error_code failed;
    size_ = std::filesystem::file_size(path, failed);
    if (failed) size_ = 0;
  }

  explicit operator bool() const { return static_cast<bool>(file_); }

  bool holds(std::uint64_t offset, std::uint64_t size) const { return offset <= size_ && size <= size_ - offset; }

  bool read(std::uint64_t offset, void* to, std::uint64_t size) {
    if (!holds(offset, size)) return false;
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    return static_cast<bool>(file_.read(static_cast<char*>(to), static_cast<std::streamsize>(size)));
  }

  template <class Item>
  bool read_table(std::uint64_t offset, std::uint64_t size, std::vector<Item>& to) {
    if (size > largest_table || size > size_) return false;
    to.resize(size / sizeof(Item));
    return read(offset, to.data(), to.size() * sizeof(Item));
  }

private:
  std::ifstream file_;
  std::uint64_t size_ = 0;
};

std::string bytes_of(Reader& reader, const ElfSymbol& symbol, const std::vector<SectionHeader>& sections) {
  if (symbol.section >= sections.size()) return {};
  const SectionHeader& section = sections[symbol.section];
  if (section.type == section_no_bits || symbol.value < section.address) return {};
  const std::uint64_t within = symbol.value - section.address;
  if (within >= section.size) return {};
  std::string bytes(std::min<std::uint64_t>({64, symbol.size, section.size - within}), '\0');
  return reader.read(section.offset + within, bytes.data(), bytes.size()) ? bytes : std::string();
}

std::optional<std::vector<ObjectSymbol>> elf_exports(Reader& reader, const ElfHeader& header) {
  std::vector<SectionHeader> sections;
  if (header.section_header_size != sizeof(SectionHeader) ||
      !reader.read_table(header.section_headers, std::uint64_t(header.section_header_count) * sizeof(SectionHeader),
                         sections)) {
    return std::nullopt;
  }
  const auto table = std::find_if(sections.begin(), sections.end(),
                                  [](const SectionHeader& section) { return section.type == section_dynamic_symbols; });
  if (table == sections.end() || table->link >= sections.size()) return std::nullopt;
  std::vector<ElfSymbol> symbols;
  std::vector<char> names;
  const SectionHeader& strings = sections[table->link];
  if (!reader.read_table(table->offset, table->size, symbols) ||
      !reader.read_table(strings.offset, strings.size, names)) {
    return std::nullopt;
  }
  names.push_back('\0');
  std::vector<ObjectSymbol> exports;
  for (const ElfSymbol& symbol : symbols) {
    const unsigned binding = symbol.info >> 4;    // 0 is local
    const unsigned visibility = symbol.other & 3; // 1 internal, 2 hidden
    if (binding == 0 || symbol.section == 0 || visibility == 1 || visibility == 2 || symbol.name >= names.size())
      continue;
    exports.push_back({std::string(names.data() + symbol.name), bytes_of(reader, symbol, sections)});
  }
  return exports;
}

// The loader maps what the program headers say and crashes later if the file ends before.
bool is_complete(Reader& reader, const ElfHeader& header) {
  std::vector<ProgramHeader> segments;
  if (header.program_header_size != sizeof(ProgramHeader) ||
      !reader.read_table(header.program_headers, std::uint64_t(header.program_header_count) * sizeof(ProgramHeader),
                         segments)) {
    return false;
  }
  return std::all_of(segments.begin(), segments.end(), [&reader](const ProgramHeader& segment) {
    return segment.type != segment_load || reader.holds(segment.offset, segment.file_size);
  });
}

Result<ObjectFile, std::string> inspect_elf(Reader& reader) {
  ElfHeader header{};
  constexpr unsigned char class_64 = 2;
  if (!reader.read(0, &header, sizeof header)) return std::string("is cut off: copy or build it again");
  if (header.identity[4] != class_64) return std::string("is for a 32-bit machine, this host is 64-bit");
  constexpr unsigned char little_endian = 1;
  if (header.identity[5] != little_endian) return std::string("is for a big-endian machine");
  ObjectFile file;
  file.machine = elf_machine(header.machine);
  if (header.type != type_shared)
    return std::string("is not a shared library but another kind of ELF file: link it with -shared");
  if (file.machine != host_machine()) return "is for " + file.machine + ", this host is " + std::string(host_machine());
  if (!is_complete(reader, header)) return std::string("is cut off: copy or build it again");
  file.exports = elf_exports(reader, header);
  return file;
}

Result<ObjectFile, std::string> inspect_mach_o(Reader& reader, std::uint32_t magic) {
  ObjectFile file;
  constexpr std::uint32_t universal = 0xbebafeca; // big-endian on disk
  if (magic == universal) {
    file.machine = "several";
    return file;
  }
  std::uint32_t cpu = 0;
  if (!reader.read(4, &cpu, sizeof cpu)) return std::string("is cut off: copy or build it again");
  file.machine = cpu == 0x01000007 ? "x86_64" : cpu == 0x0100000c ? "aarch64" : "cpu " + std::to_string(cpu);
  if (file.machine != host_machine()) return "is for " + file.machine + ", this host is " + std::string(host_machine());
  return file;
}

} // namespace

const ObjectSymbol* ObjectFile::exported(std::string_view name) const {
  if (!exports) return nullptr;
  const auto found = std::find_if(exports->begin(), exports->end(),
                                  [name](const ObjectSymbol& symbol) { return symbol.name == name; });
  return found == exports->end() ? nullptr : &*found;
}

std::string_view host_machine() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#elif defined(__riscv) && __riscv_xlen == 64
  return "riscv64";
#else
  return "another machine";
#endif
}

Result<ObjectFile, std::string> inspect_object_file(const std::filesystem::path& path) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) return std::string("does not exist");
  if (std::filesystem::is_directory(status)) return std::string("is a directory");
  if (!std::filesystem::is_regular_file(status)) return std::string("is not a regular file");
  Reader reader(path);
  if (!reader) return std::string("cannot be read: ") + std::strerror(errno);
  std::uint32_t magic = 0;
  constexpr std::uint32_t elf = 0x464c457f;
  constexpr std::uint32_t mach_o_64 = 0xfeedfacf;
  constexpr std::uint32_t mach_o_universal = 0xbebafeca;
  const bool readable = reader.read(0, &magic, sizeof magic);
  using Inspected = Result<ObjectFile, std::string>;
  const bool is_mach_o = magic == mach_o_64 || magic == mach_o_universal;
  if (readable && magic == elf)
    return on_macos ? Inspected(std::string("is for Linux, this host is for macOS")) : inspect_elf(reader);
  if (readable && is_mach_o)
    return on_macos ? inspect_mach_o(reader, magic) : Inspected(std::string("is for macOS, this host is for Linux"));
  return std::string("is not a shared library");
}

} // namespace crank

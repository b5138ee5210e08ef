// Memory for one parse of gumbo's: bounded, and given back as a whole, since gumbo gives a tree back by recursion.
#pragma once

#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

namespace doc::html {

class Arena {
public:
  std::jmp_buf exhausted; // where allocate() goes when it must not return

  Arena() = default;
  ~Arena() {
    for (void* block : large_) std::free(block);
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size) {
    if (++count_ % 4096 == 0 && processor_seconds() - started_ > most_seconds) {
      late_ = true;
      std::longjmp(exhausted, 1);
    }
    const std::size_t units = (size + unit - 1) / unit;
    if (units >= small_units) return large(size);
    Header* header = free_[units];
    if (header)
      free_[units] = header->next;
    else
      header = carve(units);
    header->index = units;
    return header + 1;
  }

  void release(void* block) {
    if (!block) return;
    Header* header = static_cast<Header*>(block) - 1;
    if (header->index >= small_units) {
      release_large(header);
      return;
    }
    const std::size_t units = header->index;
    header->next = free_[units];
    free_[units] = header;
  }

  bool is_late() const { return late_; }

private:
  static constexpr std::size_t unit = 16;
  static constexpr std::size_t small_units = 64; // to 1 KiB
  static constexpr std::size_t chunk_bytes = 1 << 20;
  static constexpr std::size_t most_bytes = 1200ull << 20;
  static constexpr double most_seconds = 45; // of the processor; an honest page of 50 MB takes a tenth

  // Before each block: its class while it is used, or small_units plus its place among the large; the next free one
  // while it is not.
  union alignas(8) Header {
    std::size_t index;
    Header* next;
  };

  static double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

  void spend(std::size_t bytes) {
    if (bytes > most_bytes - used_) std::longjmp(exhausted, 1);
    used_ += bytes;
  }

  Header* carve(std::size_t units) {
    const std::size_t bytes = sizeof(Header) + units * unit;
    if (left_ < bytes) {
      spend(chunk_bytes);
      at_ = static_cast<char*>(std::malloc(chunk_bytes));
      if (!at_) std::longjmp(exhausted, 1);
      large_.push_back(at_);
      left_ = chunk_bytes;
    }
    auto* header = reinterpret_cast<Header*>(at_);
    at_ += bytes;
    left_ -= bytes;
    return header;
  }

  void* large(std::size_t size) {
    if (size > most_bytes) std::longjmp(exhausted, 1);
    spend(size);
    auto* sized = static_cast<std::size_t*>(std::malloc(size + 2 * sizeof(Header)));
    if (!sized) std::longjmp(exhausted, 1);
    sized[0] = size;
    auto* header = reinterpret_cast<Header*>(sized + 1);
    header->index = small_units + large_.size();
    large_.push_back(sized);
    return header + 1;
  }

  void release_large(Header* header) {
    const std::size_t place = header->index - small_units;
    auto* sized = reinterpret_cast<std::size_t*>(header) - 1;
    used_ -= sized[0];
    std::free(sized);
    large_[place] = nullptr;
  }

  std::array<Header*, small_units> free_{};
  std::vector<void*> large_; // chunks and large blocks; null: released
  char* at_ = nullptr;
  std::size_t left_ = 0, used_ = 0, count_ = 0;
  const double started_ = processor_seconds();
  bool late_ = false;
};

} // namespace doc::html

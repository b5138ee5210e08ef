// throw_in_constructor: its constructor throws out of dlopen().
#include "kit.hpp"

#include <stdexcept>

namespace {
__attribute__((constructor)) void on_load() { throw std::runtime_error("thrown while the library loads"); }

constinit crank_plugin instance = kit::table();
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("throw_in_constructor", ""), kit::create<&instance>);

// nowhere_to_be_found: what missing_library is linked against. Its soname differs from its file name, so that no
// search path can find it at run time.
extern "C" __attribute__((visibility("default"))) int nowhere_to_be_found(void);

int nowhere_to_be_found(void) { return 0; }

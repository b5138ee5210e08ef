// What fontconfig, Pango and Cairo keep until the process ends is no leak of ours. Compiled into AddressSanitizer's
// builds alone.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig\nleak:libcairo\nleak:libpango\nleak:libglib\nleak:libgobject\nleak:libpoppler\n";
}

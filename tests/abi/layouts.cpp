// layouts.cpp: the same asserts as layouts.c, seen by a C++ compiler.
#include "layouts.c"

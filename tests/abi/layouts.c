/* layouts.c: the layout of every release, as static asserts on today's headers. One line per release; a release
 * stays for ever. As C++ it is layouts.cpp. */
#include "layout_0_2.c"

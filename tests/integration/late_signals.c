/* Preloaded into crank-host: it listens for signals 0.3 s later than it would. A busy machine does the same now and
 * then; a child that ends meanwhile must not be missed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <time.h>

typedef int (*Sigaction)(int, const struct sigaction *, struct sigaction *);

int sigaction(int number, const struct sigaction *action, struct sigaction *former) {
  Sigaction next;
  void *found = dlsym(RTLD_NEXT, "sigaction");
  memcpy(&next, &found, sizeof next);
  if (number == SIGHUP && action) {
    const struct timespec time = {0, 300000000};
    nanosleep(&time, NULL);
  }
  return next(number, action, former);
}

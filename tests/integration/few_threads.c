/* Preloaded into crank-host: the system gives a process CRANK_TEST_THREADS threads and refuses the next, as a
 * container's limit of pids does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef int (*Create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
  static int made;
  const char *const most = getenv("CRANK_TEST_THREADS");
  Create next;
  void *found = dlsym(RTLD_NEXT, "pthread_create");
  memcpy(&next, &found, sizeof next);
  if (most && __atomic_fetch_add(&made, 1, __ATOMIC_SEQ_CST) >= atoi(most)) return EAGAIN;
  return next(thread, attributes, body, argument);
}

/* crank/ext/process.h: "crank.process/1", a program of the plugin's own that runs for one call, in a process that may do
 * little and ends with the call.
 *
 * It is for work on what nobody trusts: a document that crashes its parser, grows without end or never ends costs one call,
 * and not the worker. The manifest names the programs ("programs"); each is a file beside the plugin's,
 * <directory of the plugin>/<plugin id>/<name>, and is found there and nowhere else.
 *
 * What the process has: its arguments; standard input, which is empty unless it is handed over; the descriptors that it is
 * handed; PATH, LANG=C.UTF-8, HOME=/nonexistent and TZ, and no other variable; "/" as its directory.
 * What it may do, on Linux: read /usr, fonts, and the folders of its file and of the plugin; write to the descriptors that it is
 * handed and to nothing else; make threads. No network, no other file, no signal to others, and no process unless the
 * manifest says "children". On macOS the limits hold, and those of the process's group.
 * A host whose kernel cannot do one of these says so when it starts, and goes on without. */
#ifndef CRANK_EXT_PROCESS_H
#define CRANK_EXT_PROCESS_H

#include "../crank.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRANK_EXT_PROCESS "crank.process/1"

/* What ended it: crank_process_result.ended_by. A later host may know more. */
#define CRANK_PROCESS_ITSELF 0    /* it ended, or was killed by a signal that the host did not send */
#define CRANK_PROCESS_MEMORY 1    /* memory_bytes */
#define CRANK_PROCESS_CPU 2       /* cpu_ms */
#define CRANK_PROCESS_WALL 3      /* wall_ms */
#define CRANK_PROCESS_FILE 4      /* file_bytes */
#define CRANK_PROCESS_OUTPUT 5    /* it printed a line of more than 64 KiB, or more than 64 MiB in all */
#define CRANK_PROCESS_CANCELLED 6 /* the call was cancelled, or its time is over */
#define CRANK_PROCESS_LINE 7      /* line() said so */

typedef struct crank_process_descriptor {
  int32_t descriptor; /* open in this process, whose it stays */
  int32_t number;     /* that it has in the other: 0, or from 3 to 255, each once */
} crank_process_descriptor;

/* All of it is read before run() returns, and not kept. A limit of 0 is the host's default. */
typedef struct crank_process_spec {
  size_t size;                                 /* sizeof(crank_process_spec) in its maker's header */
  crank_str program;                           /* a name of the manifest's "programs" */
  const crank_str *arguments;                  /* without the program's name; no byte of them is 0, 64 KiB in all */
  const crank_process_descriptor *descriptors; /* those to hand over */
  uint32_t argument_count;                     /* at most 1,000 */
  uint32_t descriptor_count;                   /* at most 64 */
  uint64_t memory_bytes; /* what it may hold in memory that is no copy of a file, at least 16 MiB; looked at every 10 ms, and
                          * no allocation gets it beyond a quarter and 64 MiB more; default: 1 GiB */
  uint64_t cpu_ms;       /* of processor time, looked at every 10 ms; default: no limit but the call's time */
  uint64_t wall_ms;      /* from its start; default: no limit but the call's time */
  uint64_t file_bytes;   /* the length that a file may get by its writing; default: 1 GiB */
  uint32_t open_files;   /* descriptors that it may have, at least 16; default: 256 */
  uint32_t reserved;     /* 0 */

  /* A line that it prints on standard output, without its end, as the bytes that it is; the last one may have no end. Other than
   * 0: the process is killed. It has to return soon: nothing is watched meanwhile. NULL: what it prints is thrown away.
   * [inside run(), on its thread; functions of the call may be used] */
  int32_t (*line)(void *user, crank_str line) CRANK_NOTHROW;
  void *user;
} crank_process_spec;

/* Filled in when the process was started, whatever run() says of its end; else all is 0. */
typedef struct crank_process_result {
  size_t size;                /* sizeof(crank_process_result) in the plugin's header, set before the call */
  int32_t exit_code;          /* 0 to 255; -1 where a signal ended it */
  int32_t signal;             /* that ended it, or 0 */
  int32_t ended_by;           /* CRANK_PROCESS_* */
  uint32_t reserved;          /* 0 */
  uint64_t peak_memory_bytes; /* as memory_bytes counts; the most that was seen */
  uint64_t cpu_ms;            /* with that of processes that it has waited for */
  uint64_t wall_ms;
  crank_str errors; /* the last 4 KiB that it wrote to standard error; until the next run() of this call, or its end */
} crank_process_result;

typedef struct crank_processes {
  size_t size; /* sizeof(crank_processes) in the host's header */

  /* Runs the program and waits for its end, with all that it has started. What it writes to standard error goes into the host's
   * log as lines of this call, the first 200 of them.
   *   CRANK_OK           it ended by itself, well or not (exit_code, signal), or because line() said so
   *   CRANK_EXHAUSTED    a limit was reached: ended_by says which
   *   CRANK_CANCELLED    the call was cancelled; CRANK_DEADLINE: its time is over. The process is gone within 100 ms
   *   CRANK_INVALID      the spec is not as it should be; the log has a sentence
   *   CRANK_NOT_FOUND    the manifest has no such program
   *   CRANK_UNAVAILABLE  no process could be made; the log says why
   * `out` may be NULL. [call-thread & not inline; for a PENDING call one thread at a time] */
  crank_status (*run)(crank_call *call, const crank_process_spec *spec, crank_process_result *out) CRANK_NOTHROW;
} crank_processes;

#ifdef __cplusplus
}
#endif
#endif

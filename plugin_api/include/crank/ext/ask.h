/* crank/ext/ask.h: "crank.ask/1", questions to whoever called, in the middle of a call.
 *
 * A person is asked to fill in a form or to open an address, the caller's model to go on with a conversation, or the
 * caller for the folders that it works in. Callers over MCP can be asked where their client has declared that it knows
 * how ("elicitation", "sampling", "roots"), those of jobs that are MCP tasks too; nobody else can, and a plugin needs a
 * way to go on without. Over MCP, revision 2026-07-28, everything that one ask() has reaches the client at once. */
#ifndef CRANK_EXT_ASK_H
#define CRANK_EXT_ASK_H

#include "../crank.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRANK_EXT_ASK "crank.ask/1"

/* Kinds of questions. */
#define CRANK_ASK_FORM 1     /* `message` for a person, with a form of the schema in `json` */
#define CRANK_ASK_URL 2      /* `message` for a person, who is to open `url`: for what must not pass through the client */
#define CRANK_ASK_SAMPLING 3 /* the caller's model; `json` has the parameters of MCP's sampling/createMessage */
#define CRANK_ASK_ROOTS 4    /* the folders that the caller works in */

/* What became of one. */
#define CRANK_ANSWER_ACCEPTED 1
#define CRANK_ANSWER_DECLINED 2 /* the person, or the client for them, said no */
#define CRANK_ANSWER_DISMISSED 3 /* the person closed the question without a choice */

/* The host copies it. */
typedef struct crank_question {
  size_t size;       /* sizeof(crank_question) in its maker's header */
  int32_t kind;      /* CRANK_ASK_* */
  uint32_t reserved; /* 0 */
  crank_str name;    /* names the answer, and is seen by clients: [a-zA-Z0-9_-]{1,64}, no other open one of the call has it */
  crank_str message; /* form, url: sentences for a person, 1 to 8,192 bytes; who asks, and why */
  crank_str json;    /* form: a JSON Schema of type object whose properties are strings, numbers, integers, booleans or
                      * arrays of enumerated strings, as MCP's elicitation/create has it; sampling: an object with "messages"
                      * and "maxTokens"; at most 65,536 bytes */
  crank_str url;     /* url: https://..., or http:// of this machine; at most 2,048 bytes */
} crank_question;

/* Valid until answered() returns. */
typedef struct crank_answer {
  size_t size; /* sizeof(crank_answer) in the host's header */
  /* CRANK_OK: there is an action. CRANK_UNSUPPORTED: the client cannot be asked this. CRANK_INVALID: what it answered
   * breaks the schema, or is no answer to such a question. CRANK_CANCELLED, CRANK_DEADLINE: the call was cancelled first.
   * CRANK_UNAVAILABLE: the client is gone, or could not answer. */
  crank_status status;
  int32_t action;         /* CRANK_ANSWER_*; 0 where status is not CRANK_OK */
  crank_str name;         /* of the question */
  crank_str content_json; /* accepted: a form's values, which conform to its schema; the result of sampling/createMessage or
                           * of roots/list; else empty */
  crank_str text;         /* where status is not CRANK_OK: a sentence about it */
} crank_answer;

typedef struct crank_ask {
  size_t size; /* sizeof(crank_ask) in the host's header */

  /* Asks all of `questions` at once and calls `answered` once with as many answers, in the same order, when there are all:
   * on a thread of the host's, on which it must not block, possibly before ask() returns. A cancelled call's come at
   * once, and none comes after the call: let it come before call() returns, unless that is CRANK_PENDING. At most 16 open
   * ones of a call; they have as much time as the call has.
   * CRANK_UNSUPPORTED: none of them can be asked of this caller; a call that fails with that status then tells a client of
   * MCP 2026-07-28 what it would have to declare. CRANK_INVALID: not as above. CRANK_EXHAUSTED: too many are open.
   * CRANK_UNAVAILABLE: the host ends. CRANK_CANCELLED: nobody listens any more. In all of these `answered` is not called. [any-thread] */
  crank_status (*ask)(crank_call *call, const crank_question *const *questions, uint32_t count,
                      void (*answered)(void *user, const crank_answer *const *answers, uint32_t count) CRANK_NOTHROW,
                      void *user) CRANK_NOTHROW;
} crank_ask;

#ifdef __cplusplus
}
#endif
#endif

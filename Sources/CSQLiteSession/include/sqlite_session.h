#ifndef IMA_SQLITE_SESSION_H
#define IMA_SQLITE_SESSION_H

#include <stddef.h>

// SQLite's session extension, whose declarations hide behind macros that must not leak into other modules. All functions
// return SQLite's result codes.
struct sqlite3;
struct sqlite3_session;

/// Begins to note what a connection changes, in every table but one whose name is `except` or begins with `grdb_`.
int ima_session_begin(struct sqlite3 *connection, const char *except, struct sqlite3_session **session);
/// What was changed since, without what was there before (a patchset); *bytes is to be given to ima_session_free.
int ima_session_changes(struct sqlite3_session *session, int *count, void **bytes);
void ima_session_end(struct sqlite3_session *session);
void ima_session_free(void *bytes);

/// Applies changes within the transaction that is open. A row that is not there, or there already, ends it with
/// SQLITE_ABORT; *table is then the first such table's name, cut to `size`.
int ima_changes_apply(struct sqlite3 *connection, const void *bytes, int count, char *table, size_t size);

#endif

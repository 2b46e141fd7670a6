#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>
#include <string.h>

#include "sqlite_session.h"

static int wants(void *except, const char *table) {
    return strcmp(table, except) != 0 && strncmp(table, "grdb_", 5) != 0;
}

int ima_session_begin(sqlite3 *connection, const char *except, sqlite3_session **session) {
    int code = sqlite3session_create(connection, "main", session);
    if (code != SQLITE_OK) return code;
    sqlite3session_table_filter(*session, wants, (void *)except);
    code = sqlite3session_attach(*session, NULL);
    if (code != SQLITE_OK) {
        sqlite3session_delete(*session);
        *session = NULL;
    }
    return code;
}

int ima_session_changes(sqlite3_session *session, int *count, void **bytes) {
    return sqlite3session_patchset(session, count, bytes);
}

void ima_session_end(sqlite3_session *session) { sqlite3session_delete(session); }

void ima_session_free(void *bytes) { sqlite3_free(bytes); }

struct complaint {
    char *table;
    size_t size;
};

static int conflict(void *context, int reason, sqlite3_changeset_iter *change) {
    (void)reason;
    struct complaint *complaint = context;
    const char *table = NULL;
    int columns = 0, operation = 0, indirect = 0;
    if (sqlite3changeset_op(change, &table, &columns, &operation, &indirect) == SQLITE_OK && table && complaint->size) {
        strncpy(complaint->table, table, complaint->size - 1);
        complaint->table[complaint->size - 1] = 0;
    }
    return SQLITE_CHANGESET_ABORT;
}

int ima_changes_apply(sqlite3 *connection, const void *bytes, int count, char *table, size_t size) {
    struct complaint complaint = {table, size};
    if (size) table[0] = 0;
    // The caller's transaction is the savepoint.
    return sqlite3changeset_apply_v2(
        connection, count, (void *)bytes, NULL, conflict, &complaint, NULL, NULL, SQLITE_CHANGESETAPPLY_NOSAVEPOINT);
}

#ifndef BAD_DISK_H
#define BAD_DISK_H

/// Makes SQLite's writes to files under a folder fail. The calls of SQLite's own "unix" VFS are replaced
/// (sqlite3_vfs.xSetSystemCall), so that everything above them, WAL and locks included, is the real thing.
///
/// One folder at a time; other files of the process are not touched.

/// Lets the `nth` write from now on fail with `error` (ENOSPC, EIO), and all after it where `forever`.
void bad_disk_arm(const char *folder, long nth, int forever, int error);

/// Lets all writes through again. Returns how many have failed since it was armed.
long bad_disk_disarm(void);

#endif

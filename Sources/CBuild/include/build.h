#ifndef IMA_BUILD_H
#define IMA_BUILD_H

/// The commit that the program was built of, with a + where files differed from it; empty where it is not known.
const char *ima_build_commit(void);

#endif

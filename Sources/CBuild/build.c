#include "build.h"

#ifndef IMA_COMMIT
#define IMA_COMMIT ""
#endif

const char *ima_build_commit(void) { return IMA_COMMIT; }

#ifndef IMA_CALLOCATOR_SHIM_H
#define IMA_CALLOCATOR_SHIM_H

// mallopt(3) is not part of Swift's Glibc module.
#include <malloc.h>

#endif

#ifndef IMA_CMOSQUITTO_SHIM_H
#define IMA_CMOSQUITTO_SHIM_H

#include <mosquitto.h>
#include <sys/eventfd.h>

// eventfd(2) is not part of Swift's Glibc module; the broker loop is woken through one.
static inline int ima_eventfd(void) {
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

#endif

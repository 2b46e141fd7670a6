#ifndef IMA_CCURL_SHIM_H
#define IMA_CCURL_SHIM_H

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// curl_easy_setopt and its siblings are variadic, which Swift cannot call: one typed wrapper per argument kind.
static inline CURLcode ima_curl_setopt_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ima_curl_setopt_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ima_curl_setopt_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ima_curl_setopt_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ima_curl_setopt_write(CURL *handle, CURLoption option,
                                             size_t (*callback)(char *, size_t, size_t, void *)) {
    return curl_easy_setopt(handle, option, callback);
}
static inline CURLcode ima_curl_setopt_prereq(CURL *handle, int (*callback)(void *, char *, char *, int, int)) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, callback);
}
// What the kernel still has of a request is not sent for longer than this, whatever became of the process.
static inline int ima_curl_bound_socket(void *milliseconds, curl_socket_t socket, curlsocktype purpose) {
    unsigned int limit = (unsigned int)(size_t)milliseconds;
    (void)purpose;
    // Sockets that are not TCP refuse it, and need it as little.
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
    return CURL_SOCKOPT_OK;
}
static inline CURLcode ima_curl_setopt_socket_bound(CURL *handle, unsigned int milliseconds) {
    curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, (void *)(size_t)milliseconds);
    return curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, ima_curl_bound_socket);
}
static inline CURLcode ima_curl_getinfo_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode ima_curl_getinfo_pointer(CURL *handle, CURLINFO info, void *value) {
    return curl_easy_getinfo(handle, info, (char **)value);
}
static inline CURLcode ima_curl_getinfo_off_t(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode ima_curl_multi_setopt_long(CURLM *handle, CURLMoption option, long value) {
    return curl_multi_setopt(handle, option, value);
}
static inline CURLMcode ima_curl_multi_setopt_socket(CURLM *handle,
                                                     int (*callback)(CURL *, curl_socket_t, int, void *, void *),
                                                     void *user) {
    curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, user);
    return curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, callback);
}
static inline CURLMcode ima_curl_multi_setopt_timer(CURLM *handle, int (*callback)(CURLM *, long, void *), void *user) {
    curl_multi_setopt(handle, CURLMOPT_TIMERDATA, user);
    return curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, callback);
}
static inline CURLSHcode ima_curl_share_setopt_long(CURLSH *handle, CURLSHoption option, int value) {
    return curl_share_setopt(handle, option, value);
}
// The result lives in an anonymous union of CURLMsg.
static inline CURLcode ima_curl_message_result(const CURLMsg *message) {
    return message->data.result;
}
// A macro over a bit expression, not imported.
static inline CURLcode ima_curl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

#endif

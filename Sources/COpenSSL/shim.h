#ifndef IMA_COPENSSL_SHIM_H
#define IMA_COPENSSL_SHIM_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Macros over the variadic EVP_PKEY_Q_keygen.
static inline EVP_PKEY *ima_generate_p256(void) {
    return EVP_EC_gen("P-256");
}
static inline EVP_PKEY *ima_generate_rsa(unsigned int bits) {
    return EVP_RSA_gen(bits);
}
// A macro that casts; not imported.
static inline long ima_bio_contents(BIO *bio, char **data) {
    return BIO_get_mem_data(bio, data);
}

// A macro over other macros; not imported.
static const int ima_evp_pkey_public_key = EVP_PKEY_PUBLIC_KEY;

#endif

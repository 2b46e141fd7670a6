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

// OSSL_PARAM arrays keep pointers to their names and values, which from Swift would be temporaries: built here.
static inline EVP_PKEY *ima_public_key(const char *algorithm, OSSL_PARAM *parameters) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    EVP_PKEY_CTX_free(context);
    return key;
}
// The point is 65 bytes, uncompressed. OpenSSL refuses one that does not lie on the curve.
static inline EVP_PKEY *ima_p256_public_key(unsigned char *point) {
    OSSL_PARAM parameters[3];
    parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0);
    parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 65);
    parameters[2] = OSSL_PARAM_construct_end();
    return ima_public_key("EC", parameters);
}
// Modulus and exponent are big-endian.
static inline EVP_PKEY *ima_rsa_public_key(const unsigned char *n, int n_length, const unsigned char *e, int e_length) {
    EVP_PKEY *key = NULL;
    BIGNUM *modulus = BN_bin2bn(n, n_length, NULL), *exponent = BN_bin2bn(e, e_length, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        parameters = OSSL_PARAM_BLD_to_param(builder);
    if (parameters != NULL) key = ima_public_key("RSA", parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

// A private key that stays in a PKCS #11 token, through the engine of libp11 ("pkcs11"). Engines are OpenSSL's older kind
// of plug-in, and the one that Debian 12 has for PKCS #11. The key keeps the engine alive.
#include <openssl/engine.h>
static inline EVP_PKEY *ima_token_key(const char *module, const char *uri) {
    EVP_PKEY *key = NULL;
    ENGINE_load_dynamic();
    ENGINE *engine = ENGINE_by_id("pkcs11");
    if (engine == NULL) return NULL;
    if (ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module, 0) == 1 && ENGINE_init(engine) == 1) {
        key = ENGINE_load_private_key(engine, uri, NULL, NULL);
        ENGINE_finish(engine);
    }
    ENGINE_free(engine);
    return key;
}
// The public half as a key of OpenSSL's own, whatever engine or provider the private half is in.
static inline EVP_PKEY *ima_public_half(EVP_PKEY *key) {
    unsigned char *bytes = NULL;
    int length = i2d_PUBKEY(key, &bytes);
    if (length <= 0) return NULL;
    const unsigned char *cursor = bytes;
    EVP_PKEY *half = d2i_PUBKEY(NULL, &cursor, length);
    OPENSSL_free(bytes);
    return half;
}

#endif

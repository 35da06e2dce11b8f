/* Plays crypt32, ncrypt and advapi32, as far as app/signing/cng_worker.py calls them, with keys from files;
 * fails on request. The flags, layouts and statuses are those of the Windows SDK; whatever Windows
 * would refuse (a flag missing, a call out of order) is refused here.
 *
 * CNG_FOLDER   MY.1.der with MY.1.pem, MY.2.der …, CA.1.der …
 * CNG_LOG      file that gets 'pin', 'sign', 'window', 'free' …, one a line
 * CNG_PIN      the PIN
 * CNG_LOCK     wrong PINs after which the PIN is blocked
 * CNG_LATE     a wrong PIN is told by the signature, not when it is set
 * CNG_ASKS     no PIN property: the provider asks the person, which a silent call forbids
 * CNG_CANCEL   the person closes the provider's window
 * CNG_NOPSS    no RSASSA-PSS
 * CNG_CSP      the key is kept by a provider of the kind before CNG
 * CNG_NOSHA    … which knows no SHA-256
 * CNG_NOPIN    … whose keys no PIN guards
 * CNG_REMOVE   number of the signature at which the token is pulled out
 * CNG_HANG, CNG_CRASH, CNG_GENERAL   numbers of the signature
 * CNG_ABSENT   while this file exists, Windows shows the certificates but no key
 */
#include <openssl/evp.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { uint32_t encoding; unsigned char *der; uint32_t length; void *info, *store; } context_t;
typedef struct {
    const uint16_t *container, *provider; uint32_t type, flags, count; void *parameters; uint32_t spec;
} provider_t;
typedef struct { const uint16_t *algorithm; } pkcs1_t;
typedef struct { const uint16_t *algorithm; uint32_t salt; } pss_t;
typedef struct { char name[8]; } store_t;
typedef struct { context_t seen; int place; char key[512]; } entry_t;
typedef struct { EVP_PKEY *key; int right, asks, owner; } handle_t;

static uint32_t problem;
static long wrong_pins, signatures, removed;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static void note(const char *line) {
    const char *file = getenv("CNG_LOG");
    FILE *log = file ? fopen(file, "a") : NULL;
    if (log) { fputs(line, log); fputc('\n', log); fclose(log); }
}

static int absent(void) {
    const char *file = getenv("CNG_ABSENT");
    return removed || (file && access(file, F_OK) == 0);
}

static void narrow(const uint16_t *text, char *out, size_t room) {
    size_t n = 0;
    while (text[n] && n + 1 < room) { out[n] = (char)text[n]; n++; }
    out[n] = 0;
}

uint32_t GetLastError(void) { return problem; }
void *GetForegroundWindow(void) { return (void *)0x5150; }

void *CertOpenStore(const char *kind, uint32_t encoding, size_t provider, uint32_t flags, const uint16_t *name) {
    store_t *store;
    (void)encoding; (void)provider;
    if ((size_t)kind != 10 || flags != (0x10000 | 0x8000 | 0x4000)) { problem = 0x80070057; return NULL; }
    store = calloc(1, sizeof *store);
    narrow(name, store->name, sizeof store->name);
    return store;
}

int CertFreeCertificateContext(context_t *context) {
    if (context) { free(context->der); free(context); }
    return 1;
}

context_t *CertEnumCertificatesInStore(store_t *store, entry_t *before) {
    int place = before ? before->place + 1 : 1;
    char file[512];
    entry_t *entry;
    FILE *in;
    if (before) CertFreeCertificateContext(&before->seen);
    snprintf(file, sizeof file, "%s/%s.%d.der", getenv("CNG_FOLDER"), store->name, place);
    if (!(in = fopen(file, "rb"))) { problem = 0x80092004; return NULL; }
    entry = calloc(1, sizeof *entry);
    entry->place = place;
    entry->seen.encoding = 1;
    entry->seen.der = malloc(65536);
    entry->seen.length = (uint32_t)fread(entry->seen.der, 1, 65536, in);
    entry->seen.store = store;
    fclose(in);
    snprintf(entry->key, sizeof entry->key, "%.*spem", (int)strlen(file) - 3, file);
    return &entry->seen;
}

int CertCloseStore(store_t *store, uint32_t flags) { (void)flags; free(store); return 1; }

int CertGetCertificateContextProperty(context_t *context, uint32_t property, void *out, uint32_t *size) {
    static const uint16_t name[] = {'T', 'h', 0x1EBB, ' ', 'K', 'S', 'P', 0};
    provider_t *info = out;
    (void)context;
    if (property != 2) { problem = 0x80092004; return 0; }
    if (out && *size < sizeof *info + sizeof name) { problem = 234; return 0; }
    *size = sizeof *info + sizeof name;
    if (!out) return 1;
    memset(info, 0, sizeof *info);
    info->provider = memcpy(info + 1, name, sizeof name);
    return 1;
}

int CryptAcquireCertificatePrivateKey(entry_t *entry, uint32_t flags, void *window, handle_t **key, uint32_t *spec, int *owned) {
    FILE *in;
    (void)window;
    if (flags != (0x40 | 0x20000)) { problem = 0x80070057; return 0; }
    if (!(in = fopen(entry->key, "r"))) { problem = 0x8009200B; return 0; }
    if (absent()) { fclose(in); problem = 0x80090016; return 0; }
    *key = calloc(1, sizeof **key);
    (*key)->key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
    fclose(in);
    *spec = number("CNG_CSP") ? 2 : 0xFFFFFFFF; /* AT_SIGNATURE, CERT_NCRYPT_KEY_SPEC */
    *owned = 1;
    return 1;
}

int32_t NCryptFreeObject(handle_t *key) { EVP_PKEY_free(key->key); free(key); note("free"); return 0; }

static uint32_t wrong(void) {
    return number("CNG_LOCK") && wrong_pins >= number("CNG_LOCK") ? 0x8010006C : 0x8010006B;
}

static uint32_t try_pin(handle_t *key, const char *pin) {
    note("pin");
    if (number("CNG_LOCK") && wrong_pins >= number("CNG_LOCK")) return 0x8010006C;
    key->right = !strcmp(pin, getenv("CNG_PIN"));
    if (key->right) { wrong_pins = 0; return 0; }
    wrong_pins++;
    return number("CNG_LATE") ? 0 : wrong();
}

int32_t NCryptSetProperty(handle_t *key, const uint16_t *name, const void *value, uint32_t size, uint32_t flags) {
    char wanted[32], pin[64];
    narrow(name, wanted, sizeof wanted);
    if (!strcmp(wanted, "HWND Handle")) {
        if (size != sizeof(void *) || *(void *const *)value != (void *)0x5150) return (int32_t)0x80090027;
        note("window");
        key->owner = 1;
        return 0;
    }
    if (strcmp(wanted, "SmartCardPin") || number("CNG_ASKS")) { key->asks = 1; return (int32_t)0x80090029; }
    narrow(value, pin, sizeof pin);
    if (flags != 0x40 || size != 2 * (strlen(pin) + 1)) return (int32_t)0x80090027;
    return (int32_t)try_pin(key, pin);
}

static uint32_t refusal(handle_t *key, uint32_t flags) {
    if (key->asks && (flags & 0x40)) return 0x80090022;
    if (key->asks && !key->owner) return 0x80090027;
    if (key->asks && number("CNG_CANCEL")) return 0x8010006E;
    if (!key->asks && !(flags & 0x40)) return 0x80090009; /* a window would have come up */
    if (!key->asks && !key->right) return wrong();
    return 0;
}

static uint32_t fault(void) {
    signatures++;
    if (signatures == number("CNG_CRASH")) abort();
    if (signatures == number("CNG_HANG")) for (;;) pause();
    if (signatures == number("CNG_GENERAL")) return 0x80090020;
    if (signatures == number("CNG_REMOVE")) removed = 1;
    return absent() ? 0x80100069 : 0;
}

static uint32_t pad(EVP_PKEY_CTX *context, const void *padding, uint32_t flags) {
    const pss_t *pss = padding;
    char algorithm[16];
    if (!padding) return flags == 0 ? 0 : 0x80090027;
    narrow(pss->algorithm, algorithm, sizeof algorithm);
    if (strcmp(algorithm, "SHA256")) return 0x80090027;
    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256());
    if (flags == 0x2) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0 ? 0 : 0x80090027;
    if (flags != 0x8 || number("CNG_NOPSS")) return 0x80090029;
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING);
    return EVP_PKEY_CTX_set_rsa_pss_saltlen(context, (int)pss->salt) > 0 ? 0 : 0x80090027;
}

static uint32_t plain(unsigned char *out, size_t size, uint32_t *made) {
    const unsigned char *from = out;
    ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &from, (long)size);
    if (!both) return 0x80090020;
    BN_bn2binpad(ECDSA_SIG_get0_r(both), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(both), out + 32, 32);
    ECDSA_SIG_free(both);
    *made = 64;
    return 0;
}

int32_t NCryptSignHash(handle_t *key, void *padding, const unsigned char *digest, uint32_t length,
                       unsigned char *out, uint32_t room, uint32_t *made, uint32_t flags) {
    EVP_PKEY_CTX *context;
    size_t size = room;
    uint32_t status = refusal(key, flags);
    if (status) return (int32_t)status;
    context = EVP_PKEY_CTX_new(key->key, NULL);
    EVP_PKEY_sign_init(context);
    status = pad(context, padding, flags & ~0x40u);
    if (!status) { note("sign"); status = fault(); }
    if (!status && EVP_PKEY_sign(context, out, &size, digest, length) <= 0) status = 0x80090020;
    EVP_PKEY_CTX_free(context);
    *made = (uint32_t)size;
    if (!status && EVP_PKEY_get_base_id(key->key) == EVP_PKEY_EC) status = plain(out, size, made);
    return (int32_t)status;
}

/* advapi32: providers of the kind before CNG */
typedef struct { handle_t *key; unsigned char digest[32]; int set; } hash_t;

static int done(uint32_t status) { problem = status; return status == 0; }

int CryptSetProvParam(handle_t *key, uint32_t which, const char *value, uint32_t flags) {
    if (which != 33 || flags) return done(0x80070057);
    if (number("CNG_NOPIN")) { key->right = 1; return done(0x8009000A); }
    return done(try_pin(key, value));
}

int CryptCreateHash(handle_t *key, uint32_t algorithm, size_t secret, uint32_t flags, hash_t **hash) {
    if (algorithm != 0x800C || secret || flags || number("CNG_NOSHA")) return done(0x80090008);
    *hash = calloc(1, sizeof **hash);
    (*hash)->key = key;
    return done(0);
}

int CryptSetHashParam(hash_t *hash, uint32_t which, const void *value, uint32_t flags) {
    if (which != 2 || flags) return done(0x8009000A);
    memcpy(hash->digest, value, sizeof hash->digest);
    hash->set = 1;
    return done(0);
}

int CryptSignHashW(hash_t *hash, uint32_t spec, const void *words, uint32_t flags, unsigned char *out, uint32_t *size) {
    unsigned char made[1024];
    EVP_PKEY_CTX *context;
    size_t length = sizeof made, n;
    uint32_t status;
    if (spec != 2 || words || flags || !hash->set) return done(0x80070057);
    if (!hash->key->right) return done(wrong());
    note("sign");
    if ((status = fault())) return done(status);
    context = EVP_PKEY_CTX_new(hash->key->key, NULL);
    EVP_PKEY_sign_init(context);
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256());
    status = EVP_PKEY_sign(context, made, &length, hash->digest, 32) > 0 ? 0 : 0x80090020;
    EVP_PKEY_CTX_free(context);
    if (status || *size < length) return done(status ? status : 234);
    for (n = 0; n < length; n++) out[n] = made[length - 1 - n];
    *size = (uint32_t)length;
    return done(0);
}

int CryptDestroyHash(hash_t *hash) { free(hash); return 1; }
int CryptReleaseContext(handle_t *key, uint32_t flags) { return flags == 0 && NCryptFreeObject(key) == 0; }

/* A PKCS#11 module that forwards to another one and fails on request, for tests.
 *
 * SHIM_MODULE   the module to forward to
 * SHIM_LOG      file that gets a line per C_Login and C_Sign
 * SHIM_LOCK     wrong PINs after which the PIN is locked
 * SHIM_REMOVE   number of the signature at which the token is pulled out
 * SHIM_HANG     number of the signature that never comes
 * SHIM_CRASH    number of the signature at which the process dies
 * SHIM_GENERAL  number of the signature that ends in CKR_GENERAL_ERROR
 * SHIM_DELAY    milliseconds that each signature needs
 * SHIM_FINAL    the token says that one try of the PIN is left
 * SHIM_LOW      the token says that a wrong PIN was given
 * SHIM_LOCKED   the token says that its PIN is locked
 * SHIM_LABEL    the token's label and manufacturer, in hex: bytes that need not be UTF-8
 * SHIM_STUCK    'list' or 'login': that call never comes back
 * SHIM_DEADLY   'list' or 'login': the process dies in that call
 * SHIM_LOUD     the driver prints on standard output
 * SHIM_NOPSS    no RSASSA-PSS
 * SHIM_NOHASH   the token does not hash: no mechanism with SHA-256 in it but the digest
 * SHIM_NONE     no signature mechanism at all
 * SHIM_ALWAYS   every key wants the PIN for each signature (CKA_ALWAYS_AUTHENTICATE)
 * SHIM_REFUSE   number of the signature for which the PIN, right as it is, is refused
 * SHIM_EMPTY    there is one more reader, without a card
 * SHIM_ABSENT   while this file exists, no token is plugged in
 */
#define CRYPTOKI_GNU 1
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long CK_RV, CK_ULONG;
typedef unsigned char CK_BYTE;
typedef struct { CK_BYTE major, minor; } version_t;
/* Only the layout matters: a version and 68 function pointers in the standard's order. */
typedef struct { version_t version; void *call[68]; } function_list;
enum {
    GET_SLOT_LIST = 4, GET_SLOT_INFO = 5, GET_TOKEN_INFO = 6, GET_MECHANISMS = 7, LOGIN = 18,
    GET_ATTRIBUTES = 24, SIGN_INIT = 42, SIGN = 43
};
typedef struct { CK_ULONG type; void *value; CK_ULONG length; } attribute_t;
enum { EMPTY_READER = 7777, FLAGS = 96 /* offset in CK_TOKEN_INFO */ };

static function_list ours, *theirs;
static long wrong_pins, signatures, removed, vouched;
static char user_pin[64];

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static void note(const char *line) {
    const char *file = getenv("SHIM_LOG");
    FILE *log = file ? fopen(file, "a") : NULL;
    if (log) { fputs(line, log); fclose(log); }
}

static void trouble(const char *call) {
    const char *stuck = getenv("SHIM_STUCK"), *deadly = getenv("SHIM_DEADLY");
    if (number("SHIM_LOUD")) { printf("driver: %s\n", call); fflush(stdout); }
    if (deadly && !strcmp(deadly, call)) abort();
    if (stuck && !strcmp(stuck, call)) for (;;) pause();
}

static void relabel(char *info) {
    const char *hex = getenv("SHIM_LABEL");
    unsigned byte;
    int place;
    if (!hex) return;
    memset(info, ' ', 64); /* label and manufacturerID, 32 bytes each */
    for (place = 0; place < 32 && sscanf(hex + 2 * place, "%2x", &byte) == 1; place++)
        info[place] = info[32 + place] = (char)byte;
}

static int absent(void) {
    const char *file = getenv("SHIM_ABSENT");
    return removed || (file && access(file, F_OK) == 0);
}

static CK_RV get_slot_list(CK_BYTE present, CK_ULONG *slots, CK_ULONG *count) {
    CK_RV (*real)(CK_BYTE, CK_ULONG *, CK_ULONG *) = theirs->call[GET_SLOT_LIST];
    CK_RV answer;
    trouble("list");
    if (absent() && present) { *count = 0; return 0; }
    answer = real(present, slots, count);
    if (answer == 0 && !present && number("SHIM_EMPTY")) {
        if (slots) slots[*count] = EMPTY_READER;
        (*count)++;
    }
    return answer;
}

static CK_RV get_slot_info(CK_ULONG slot, void *info) {
    CK_RV (*real)(CK_ULONG, void *) = theirs->call[GET_SLOT_INFO];
    CK_ULONG slots[64], count = 64;
    if (slot == EMPTY_READER) {
        CK_RV (*list)(CK_BYTE, CK_ULONG *, CK_ULONG *) = theirs->call[GET_SLOT_LIST];
        if (list(0, slots, &count) || !count) return 0x05;
        slot = slots[0];
    }
    return real(slot, info);
}

static CK_RV get_token_info(CK_ULONG slot, void *info) {
    CK_RV (*real)(CK_ULONG, void *) = theirs->call[GET_TOKEN_INFO];
    CK_RV answer;
    CK_ULONG flags;
    if (absent()) return 0xE0; /* TOKEN_NOT_PRESENT */
    answer = real(slot, info);
    memcpy(&flags, (char *)info + FLAGS, sizeof flags);
    if (number("SHIM_LOW")) flags |= 0x10000;
    if (number("SHIM_FINAL")) flags |= 0x20000;
    if (number("SHIM_LOCKED")) flags |= 0x40000;
    relabel(info);
    memcpy((char *)info + FLAGS, &flags, sizeof flags);
    return answer;
}

static int hidden(CK_ULONG mechanism) {
    int pss = mechanism == 0x0D || mechanism == 0x43;
    int hashes = mechanism == 0x40 || mechanism == 0x43 || mechanism == 0x1044;
    int signs = pss || hashes || mechanism == 0x01 || mechanism == 0x1041;
    return (number("SHIM_NOPSS") && pss) || (number("SHIM_NOHASH") && hashes)
        || (number("SHIM_NONE") && signs);
}

static CK_RV get_mechanisms(CK_ULONG slot, CK_ULONG *list, CK_ULONG *count) {
    CK_RV (*real)(CK_ULONG, CK_ULONG *, CK_ULONG *) = theirs->call[GET_MECHANISMS];
    CK_RV answer = real(slot, list, count);
    CK_ULONG from, to = 0;
    if (answer || !list) return answer;
    for (from = 0; from < *count; from++) if (!hidden(list[from])) list[to++] = list[from];
    *count = to;
    return 0;
}

static CK_RV get_attributes(CK_ULONG session, CK_ULONG object, attribute_t *wanted, CK_ULONG count) {
    CK_RV (*real)(CK_ULONG, CK_ULONG, attribute_t *, CK_ULONG) = theirs->call[GET_ATTRIBUTES];
    CK_RV answer = real(session, object, wanted, count);
    CK_ULONG n;
    for (n = 0; n < count && number("SHIM_ALWAYS"); n++)
        if (wanted[n].type == 0x202 && wanted[n].value) *(CK_BYTE *)wanted[n].value = 1;
    return answer;
}

static CK_RV login(CK_ULONG session, CK_ULONG user, CK_BYTE *pin, CK_ULONG length) {
    CK_RV (*real)(CK_ULONG, CK_ULONG, CK_BYTE *, CK_ULONG) = theirs->call[LOGIN];
    CK_RV answer;
    trouble("login");
    note("login\n");
    if (number("SHIM_LOCK") && wrong_pins >= number("SHIM_LOCK")) return 0xA4; /* PIN_LOCKED */
    if (user == 2 && number("SHIM_ALWAYS")) { /* CKU_CONTEXT_SPECIFIC */
        vouched = strlen(user_pin) == length && !memcmp(pin, user_pin, length)
            && signatures + 1 != number("SHIM_REFUSE");
        return vouched ? 0 : 0xA0;
    }
    answer = real(session, user, pin, length);
    if (answer == 0 && length < sizeof user_pin) memcpy(user_pin, pin, length);
    if (answer == 0xA0) wrong_pins++;
    if (number("SHIM_LOCK") && wrong_pins >= number("SHIM_LOCK") && answer == 0xA0) return 0xA4;
    return answer;
}

static CK_RV sign_init(CK_ULONG session, void *mechanism, CK_ULONG key) {
    CK_RV (*real)(CK_ULONG, void *, CK_ULONG) = theirs->call[SIGN_INIT];
    vouched = 0; /* one login holds for one signature */
    return real(session, mechanism, key);
}

static CK_RV sign(CK_ULONG session, CK_BYTE *data, CK_ULONG length, CK_BYTE *out, CK_ULONG *size) {
    CK_RV (*real)(CK_ULONG, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *) = theirs->call[SIGN];
    if (!out) return real(session, data, length, out, size);
    if (number("SHIM_ALWAYS") && !vouched) return 0x101; /* USER_NOT_LOGGED_IN */
    signatures++;
    note("sign\n");
    trouble("sign");
    if (number("SHIM_DELAY")) usleep(1000 * number("SHIM_DELAY"));
    if (signatures == number("SHIM_CRASH")) abort();
    if (signatures == number("SHIM_HANG")) for (;;) pause();
    if (signatures == number("SHIM_GENERAL")) return 0x05;
    if (removed || signatures == number("SHIM_REMOVE")) { removed = 1; return 0x32; }
    return real(session, data, length, out, size);
}

CK_RV C_GetFunctionList(function_list **list) {
    CK_RV (*get)(function_list **);
    void *module = dlopen(getenv("SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
    if (!module || !(get = dlsym(module, "C_GetFunctionList")) || get(&theirs)) return 0x05;
    memcpy(&ours, theirs, sizeof ours);
    ours.call[GET_SLOT_LIST] = get_slot_list;
    ours.call[GET_SLOT_INFO] = get_slot_info;
    ours.call[GET_TOKEN_INFO] = get_token_info;
    ours.call[GET_MECHANISMS] = get_mechanisms;
    ours.call[LOGIN] = login;
    ours.call[GET_ATTRIBUTES] = get_attributes;
    ours.call[SIGN_INIT] = sign_init;
    ours.call[SIGN] = sign;
    *list = &ours;
    return 0;
}

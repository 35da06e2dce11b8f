/* In Windows 10 since 1703, not in Wine 8.0. Qt6Core imports these converters for text encodings
   that it does not know itself; here none can be opened. */
#include <stddef.h>
#define API __declspec(dllexport)
enum { UNSUPPORTED = 16 };
static void *no(int *e) { if (e) *e = UNSUPPORTED; return NULL; }
API void *ucnv_open(const char *n, int *e) { return no(e); }
API const char *ucnv_getName(const void *c, int *e) { return no(e); }
API const char *ucnv_getStandardName(const char *n, const char *s, int *e) { return no(e); }
API const char *ucnv_getAvailableName(int n) { return NULL; }
API int ucnv_countAvailable(void) { return 0; }
API signed char ucnv_getMaxCharSize(const void *c) { return 1; }
API int ucnv_toUCountPending(const void *c, int *e) { return 0; }
API int ucnv_fromUCountPending(const void *c, int *e) { return 0; }
#define NOTHING(name) API void name(void) {}
NOTHING(ucnv_close) NOTHING(ucnv_reset) NOTHING(ucnv_toUnicode) NOTHING(ucnv_fromUnicode)
NOTHING(ucnv_getToUCallBack) NOTHING(ucnv_getFromUCallBack)
NOTHING(ucnv_setToUCallBack) NOTHING(ucnv_setFromUCallBack)
NOTHING(UCNV_FROM_U_CALLBACK_SUBSTITUTE) NOTHING(UCNV_TO_U_CALLBACK_SUBSTITUTE)
NOTHING(ucnv_cbToUWriteUChars) NOTHING(ucnv_cbFromUWriteUChars)

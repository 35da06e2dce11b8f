/* In every Windows since 7, not in Wine 8.0. The standard library of Rust (cryptography, typst,
   calamine, pydantic) asks it for random bytes. */
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *data, SIZE_T size)
{
    while (size) {
        ULONG part = size > 0x10000000 ? 0x10000000 : (ULONG)size;
        if (!RtlGenRandom(data, part)) return FALSE;
        data += part; size -= part;
    }
    return TRUE;
}

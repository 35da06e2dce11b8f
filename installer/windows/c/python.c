/* Windows' Python for tests: loads python311.dll and calls Py_Main. In a virtual environment the DLL lies
   in the folder that pyvenv.cfg calls "home". */
#include <windows.h>
#include <shellapi.h>
#include <stdio.h>
#include <wchar.h>
#define ROOM (MAX_PATH * 4)
typedef int (*py_main)(int, wchar_t **);

static void home_of_venv(const wchar_t *here, wchar_t *home)
{
    const wchar_t *places[] = {L"%ls\\pyvenv.cfg", L"%ls\\..\\pyvenv.cfg"};
    wchar_t path[ROOM];
    char line[ROOM];
    home[0] = 0;
    for (int i = 0; i < 2 && !home[0]; i++) {
        FILE *file;
        swprintf(path, ROOM, places[i], here);
        if (!(file = _wfopen(path, L"rb"))) continue;
        while (fgets(line, sizeof line, file)) {
            char *value = strchr(line, '=');
            if (strncmp(line, "home", 4) || !value) continue;
            for (value++; *value == ' '; value++) ;
            value[strcspn(value, "\r\n")] = 0;
            MultiByteToWideChar(CP_UTF8, 0, value, -1, home, ROOM);
        }
        fclose(file);
    }
}

static int start(int argc, wchar_t **argv)
{
    wchar_t here[ROOM], home[ROOM], dll[ROOM];
    GetModuleFileNameW(NULL, here, ROOM);
    *wcsrchr(here, L'\\') = 0;
    swprintf(dll, ROOM, L"%ls\\python311.dll", here);
    if (GetFileAttributesW(dll) == INVALID_FILE_ATTRIBUTES) {
        home_of_venv(here, home);
        swprintf(dll, ROOM, L"%ls\\python311.dll", home);
    }
    HMODULE library = LoadLibraryExW(dll, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    py_main run = library ? (py_main)(void *)GetProcAddress(library, "Py_Main") : NULL;
    if (!run) {
        fwprintf(stderr, L"cannot load %ls (error %lu)\n", dll, GetLastError());
        return 103;
    }
    return run(argc, argv);
}
#ifdef WINDOWED
int WINAPI wWinMain(HINSTANCE a, HINSTANCE b, wchar_t *c, int d)
{
    int argc;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    return start(argc, argv);
}
#else
int wmain(int argc, wchar_t **argv) { return start(argc, argv); }
#endif

; Installs what PyInstaller made (dist\hocba) for the current user; no administrator is needed.
;   pyinstaller installer\hocba.spec
;   makensis /DSOURCE=dist\hocba /DVERSION=0.1.0 installer\hocba.nsi
Unicode true
!ifndef SOURCE
  !define SOURCE "dist\hocba"
!endif
!ifndef VERSION
  !define VERSION "0.1.0"
!endif
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Hocba"

Name "Hocba ${VERSION}"
OutFile "hocba-${VERSION}-setup.exe"
InstallDir "$LOCALAPPDATA\Programs\Hocba"
RequestExecutionLevel user
SetCompressor /SOLID lzma

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section "Hocba"
  ; Files of an older version must not stay beside the new ones; data lies elsewhere.
  RMDir /r "$INSTDIR"
  SetOutPath "$INSTDIR"
  File /r "${SOURCE}/*"
  CreateShortcut "$SMPROGRAMS\Hocba.lnk" "$INSTDIR\hocba.exe"
  CreateShortcut "$SMPROGRAMS\Hocba - thực hành.lnk" "$INSTDIR\hocba.exe" "practice"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Hocba"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" "$INSTDIR\uninstall.exe"
SectionEnd

Section "Uninstall"
  ; The school's data in the user's folder is never touched.
  Delete "$SMPROGRAMS\Hocba.lnk"
  Delete "$SMPROGRAMS\Hocba - thực hành.lnk"
  RMDir /r "$INSTDIR"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd

; Installs the frozen program for the person who is logged in; no administrator, no network.
;
;   python3 installer/bootstrap.py windows installer
;
; calls makensis with
;   SOURCE   folder of the frozen program, with its list of files (payload.py) in it
;   OUTPUT   the setup file to write
;   VERSION  1.2.3
;   ICON     the .ico file
;   FAST     when it is set: packed less tightly
;
; What it may delete is what a former setup wrote down that it brought (LIST), nothing else: a
; person may have chosen a folder with papers in it, or put some there since.
Unicode true
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Hocba"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define OURS "Software\Hocba"
; payload.py writes it: UTF-16, a line for each file, then for each folder (it ends in "\").
!define LIST "hocba-files.txt"
; Of the setup under way: after a power cut both are there, and both count.
!define LIST_COMING "hocba-files-coming.txt"
!define LONGEST_WAIT_SECONDS 60

Name "Hocba"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\Hocba"
InstallDirRegKey HKCU "${OURS}" "InstallDir"
RequestExecutionLevel user
ManifestDPIAware true
ManifestLongPathAware true
ManifestSupportedOS Win10
!ifdef FAST
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
  SetCompressorDictSize 64
!endif
BrandingText "Hocba ${VERSION}"

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Hocba"
VIAddVersionKey "FileDescription" "Hocba setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "CompanyName" "Hocba"
VIAddVersionKey "LegalCopyright" "Apache-2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_COMPONENTSPAGE_NODESC
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE CheckFolder
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\hocba.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "Vietnamese"
!insertmacro MUI_LANGUAGE "English"

!macro SAY NAME VIETNAMESE ENGLISH
  LangString ${NAME} ${LANG_VIETNAMESE} "${VIETNAMESE}"
  LangString ${NAME} ${LANG_ENGLISH} "${ENGLISH}"
!macroend
!insertmacro SAY THE_PROGRAM "Chương trình Hocba" "Hocba"
!insertmacro SAY PRACTICE "Lối tắt chế độ thực hành" "Shortcut to practice mode"
!insertmacro SAY AT_LOG_IN "Mở Hocba khi đăng nhập Windows" "Open Hocba at log-in"
!insertmacro SAY FOREIGN \
  "Thư mục này đã có tệp khác:$\r$\n$INSTDIR$\r$\n$\r$\nHocba không cài vào đây, để không đụng tới tệp của thầy cô. Chưa có gì thay đổi. Hãy chọn một thư mục trống hoặc thư mục mới." \
  "This folder holds other files:$\r$\n$INSTDIR$\r$\n$\r$\nHocba is not installed here, so that none of them is touched. Nothing was changed. Choose an empty or a new folder."
!insertmacro SAY RUNS \
  "Hocba đang mở. Bấm OK để đóng Hocba (điểm đã nhập đều được lưu), rồi việc cài đặt tiếp tục." \
  "Hocba is open. Press OK to close it (marks that were entered are saved), then this goes on."
!insertmacro SAY STILL_RUNS \
  "Hocba vẫn đang mở nên chưa cài đặt được. Chưa có gì thay đổi. Hãy đợi việc đang ký hoặc gửi xong, đóng Hocba rồi chạy lại." \
  "Hocba is still open. Nothing was changed. Wait until what is being signed or sent is done, close Hocba, then start this again."
!insertmacro SAY KEEPS_DATA \
  "Đã gỡ Hocba. Dữ liệu của trường còn nguyên, tại:$\r$\n$LOCALAPPDATA\Hocba" \
  "Hocba was removed. The school's data is kept, in:$\r$\n$LOCALAPPDATA\Hocba"

; --- what both programs do --------------------------------------------------------------------

!macro COMMON UN
; $0 := "1" when a program of this folder runs: Windows lets nobody write to a running program.
Function ${UN}IsRunning
  StrCpy $0 ""
  Push "$INSTDIR\hocba.exe"
  Call ${UN}IsHeld
  Push "$INSTDIR\hocba-cli.exe"
  Call ${UN}IsHeld
FunctionEnd

Function ${UN}IsHeld
  Exch $1
  ${If} ${FileExists} "$1"
    ClearErrors
    FileOpen $2 "$1" a
    ${If} ${Errors}
      StrCpy $0 "1"
    ${Else}
      FileClose $2
    ${EndIf}
  ${EndIf}
  Pop $1
FunctionEnd

; Ask a running program to close, as its window's cross does, and wait; else end here.
Function ${UN}CloseRunning
  Call ${UN}IsRunning
  ${If} $0 == ""
    Return
  ${EndIf}
  MessageBox MB_OKCANCEL|MB_ICONINFORMATION "$(RUNS)" /SD IDOK IDOK close
  SetErrorLevel 4
  Quit
close:
  StrCpy $3 0
  ${DoWhile} $3 < ${LONGEST_WAIT_SECONDS}
    nsExec::Exec 'taskkill /IM hocba.exe'
    Pop $1
    Sleep 1000
    Call ${UN}IsRunning
    ${If} $0 == ""
      Return
    ${EndIf}
    IntOp $3 $3 + 1
  ${Loop}
  MessageBox MB_OK|MB_ICONEXCLAMATION "$(STILL_RUNS)" /SD IDOK
  SetErrorLevel 4
  Quit
FunctionEnd

; Delete what the list $4 in $INSTDIR names; folders only when they are empty then.
Function ${UN}RemoveListed
  ClearErrors
  FileOpen $5 "$INSTDIR\$4" r
  ${If} ${Errors}
    Return
  ${EndIf}
  ${Do}
    ClearErrors
    FileReadUTF16LE $5 $6
    ${If} ${Errors}
      ${ExitDo}
    ${EndIf}
    ${Do}
      StrCpy $7 $6 1 -1
      ${If} $7 != "$\n"
      ${AndIf} $7 != "$\r"
        ${ExitDo}
      ${EndIf}
      StrCpy $6 $6 -1
    ${Loop}
    Call ${UN}IsPlain
    ${If} $8 == "1"
      ${If} $7 == "\"
        RMDir "$INSTDIR\$6"
      ${Else}
        Delete "$INSTDIR\$6"
      ${EndIf}
    ${EndIf}
  ${Loop}
  FileClose $5
  Delete "$INSTDIR\$4"
FunctionEnd

; $8 := "1" when $6 leads to below the folder: no drive, no root, no step up, no wildcard.
Function ${UN}IsPlain
  StrCpy $8 ""
  StrCpy $R0 $6 1
  ${If} $6 == ""
  ${OrIf} $R0 == "\"
    Return
  ${EndIf}
  StrCpy $R1 0
  ${Do}
    StrCpy $R0 $6 1 $R1
    StrCpy $R2 $6 2 $R1
    ${If} $R0 == ":"
    ${OrIf} $R0 == "*"
    ${OrIf} $R0 == "?"
    ${OrIf} $R2 == ".."
      Return
    ${EndIf}
    IntOp $R1 $R1 + 1
  ${LoopUntil} $R0 == ""
  StrCpy $8 "1"
FunctionEnd
!macroend
!insertmacro COMMON ""
!insertmacro COMMON "un."

; --- installing -------------------------------------------------------------------------------

; A new or empty folder, or one that a setup of ours wrote its list in. Program 0.1.0 had no list.
Function CheckFolder
  ${If} ${FileExists} "$INSTDIR\${LIST}"
  ${OrIf} ${FileExists} "$INSTDIR\${LIST_COMING}"
    Return
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\hocba.exe"
  ${AndIf} ${FileExists} "$INSTDIR\uninstall.exe"
  ${AndIf} ${FileExists} "$INSTDIR\_internal\*.*"
    Return
  ${EndIf}
  ${DirState} "$INSTDIR" $0
  ${If} $0 == 1
    MessageBox MB_OK|MB_ICONSTOP "$(FOREIGN)" /SD IDOK
    SetErrorLevel 3
    ${If} ${Silent}
      Quit
    ${EndIf}
    Abort
  ${EndIf}
FunctionEnd

Section "!$(THE_PROGRAM)"
  SectionIn RO
  ${If} ${Silent}
    Call CheckFolder
  ${EndIf}
  Call CloseRunning
  ${IfNot} ${FileExists} "$INSTDIR\${LIST}"
  ${AndIfNot} ${FileExists} "$INSTDIR\${LIST_COMING}"
  ${AndIf} ${FileExists} "$INSTDIR\_internal\*.*"
    ; Nobody wrote down what 0.1.0 brought, so nothing of it is deleted.
    Rename "$INSTDIR\_internal" "$INSTDIR\Hocba 0.1.0 - có thể xóa"
  ${EndIf}
  StrCpy $4 "${LIST_COMING}"
  Call RemoveListed
  SetOutPath "$INSTDIR"
  File "/oname=${LIST_COMING}" "${SOURCE}\${LIST}"
  StrCpy $4 "${LIST}"
  Call RemoveListed
  File /r /x "${LIST}" "${SOURCE}\*"
  ClearErrors
  Rename "$INSTDIR\${LIST_COMING}" "$INSTDIR\${LIST}"
  ${If} ${Errors}
    SetErrorLevel 2
    Abort
  ${EndIf}
  CreateShortcut "$SMPROGRAMS\Hocba.lnk" "$INSTDIR\hocba.exe"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "${OURS}" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Hocba"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" '"$INSTDIR\hocba.exe",0'
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Hocba"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" "$0"
SectionEnd

Section "$(PRACTICE)"
  CreateShortcut "$SMPROGRAMS\Hocba - thực hành.lnk" "$INSTDIR\hocba.exe" "practice"
SectionEnd

Section /o "$(AT_LOG_IN)"
  WriteRegStr HKCU "${RUN}" "Hocba" '"$INSTDIR\hocba.exe"'
SectionEnd

Function .onInit
  SetShellVarContext current
FunctionEnd

; --- removing ---------------------------------------------------------------------------------

Section "Uninstall"
  Call un.CloseRunning
  Delete "$SMPROGRAMS\Hocba.lnk"
  Delete "$SMPROGRAMS\Hocba - thực hành.lnk"
  StrCpy $4 "${LIST_COMING}"
  Call un.RemoveListed
  StrCpy $4 "${LIST}"
  Call un.RemoveListed
  Delete "$INSTDIR\uninstall.exe"
  SetOutPath "$TEMP"
  RMDir "$INSTDIR"
  DeleteRegValue HKCU "${RUN}" "Hocba"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "${OURS}"
  MessageBox MB_OK|MB_ICONINFORMATION "$(KEEPS_DATA)" /SD IDOK
SectionEnd

/** What a file's name says of it, and whether it hides something. Names come from part headers and from inside archives. */
import type { AttachmentCode } from "../evidence.ts";

const set = (extensions: string): ReadonlySet<string> => new Set(extensions.split(/\s+/));

/** Run by a double click or by their interpreter, on any desktop system. */
const programs = set(
  `exe com scr pif bat cmd ps1 ps1xml ps2 psm1 psd1 psc1 vbs vbe vb js jse mjs ws wsf wsh wsc sct hta cpl msi msp mst msc msu jar jnlp class dll sys
   drv ocx reg inf ins isp scf chm hlp application appref-ms gadget msix msixbundle appx appxbundle appinstaller shb shs ade adp mde accde mda mdb
   xll wll slk iqy oqy rqy settingcontent-ms library-ms search-ms searchconnector-ms diagcab theme themepack deskthemepack py pyc pyw pyz rb pl
   sh bash zsh csh command action workflow app dmg pkg mpkg deb rpm run elf apk ipa jobs job osx ksh xbap vbp vxd cnt grp prf prg`,
);
const macroDocuments = set("docm dotm xlsm xltm xlam xla pptm potm ppam ppsm sldm xlm");
const containers = set("iso img vhd vhdx vmdk udf nrg toast one onepkg onetoc2 lnk url website webloc desktop cab ace arj lzh lha wim swm");
const archives = set("zip zipx rar 7z gz tgz tar bz2 tbz2 xz txz zst z");
const pages = set("htm html xhtml xht shtml mht mhtml svg svgz xml xsl");
/** What a disguise pretends to be. */
const harmless = set(
  "pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv jpg jpeg png gif bmp tif tiff mp3 mp4 avi mov eml msg htm html zip",
);

/** Characters that turn or hide what follows in a name. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/** Windows drops dots and spaces at the end, and what follows a colon names a stream. */
const cleanName = (name: string): string =>
  name
    .slice(-1_000)
    .normalize("NFKC")
    .replace(INVISIBLE, "")
    .replace(/^.*[/\\]/s, "")
    .replace(/:.*$/s, "")
    .replace(/[. ]+$/, "")
    .toLowerCase();

/** Last extension in lower case, "" without one. */
export const extensionOf = (name: string): string => /\.([^.]{1,30})$/.exec(cleanName(name))?.[1]?.trim() ?? "";

export const isArchiveName = (name: string): boolean => archives.has(extensionOf(name));
export const isPageName = (name: string): boolean => pages.has(extensionOf(name));

/** The codes that the name alone gives. */
export const judgeName = (name: string): AttachmentCode[] => {
  const codes: AttachmentCode[] = [];
  const clean = cleanName(name);
  const extension = extensionOf(name);
  const isProgram = programs.has(extension) || /\.\{[0-9a-f-]{36}\}$/.test(clean);
  if (isProgram) codes.push("executableAttachment");
  if (macroDocuments.has(extension)) codes.push("macroAttachment");
  if (containers.has(extension)) codes.push("containerAttachment");
  const previous = /\.([a-z0-9]{2,5})[\s_]*\.[^.]*$/.exec(clean)?.[1] ?? "";
  const dangerous = isProgram || containers.has(extension);
  if ((dangerous && harmless.has(previous)) || BIDI.test(name) || (dangerous && / {8}/.test(clean))) codes.push("disguisedAttachment");
  return codes;
};

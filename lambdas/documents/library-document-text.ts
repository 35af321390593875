/** Words of PDF and Word attachments, by libraries that read the formats. What cannot be read has no words: the message is found by its other text. */
import mammoth from "mammoth";
import { getDocumentProxy } from "unpdf";
import { limits } from "../../core/limits.ts";
import type { DocumentText } from "../../core/ports/document-text.ts";

type Format = "pdf" | "docx";

const FORMATS: readonly (readonly [format: Format, type: string, ending: string])[] = [
  ["pdf", "application/pdf", ".pdf"],
  ["docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"],
];

/** By type or, where a sender's program knew none, by name. */
const formatOf = (type: string, name: string | null): Format | null => {
  const known = FORMATS.find(
    ([, mediaType, ending]) => type === mediaType || (type === "application/octet-stream" && name?.toLowerCase().endsWith(ending)),
  );
  return known?.[0] ?? null;
};

const readPdf = async (octets: Uint8Array, until: number): Promise<string> => {
  // The library keeps the octets it is given: a copy leaves the caller's alone.
  const document = await getDocumentProxy(Uint8Array.from(octets));
  const pages: string[] = [];
  let characters = 0;
  try {
    for (let number = 1; number <= Math.min(document.numPages, limits.search.documentPages); number++) {
      if (characters > limits.search.documentCharacters || Date.now() > until) break;
      const page = await document.getPage(number);
      const { items } = await page.getTextContent();
      const text = items.map((item) => ("str" in item ? `${item.str}${item.hasEOL ? "\n" : ""}` : "")).join(" ");
      characters += text.length;
      pages.push(text);
      page.cleanup();
    }
  } finally {
    await document.cleanup();
  }
  return pages.join("\n");
};

export const libraryDocumentText: DocumentText = {
  reads: (type, name) => formatOf(type, name) !== null,
  read: async (type, name, octets) => {
    const until = Date.now() + limits.search.documentSeconds * 1000;
    try {
      const text =
        formatOf(type, name) === "pdf"
          ? await readPdf(octets, until)
          : (await mammoth.extractRawText({ buffer: Buffer.from(octets) })).value;
      return text.slice(0, limits.search.documentCharacters) || null;
    } catch {
      // Damaged, encrypted or not what it says: expected of mail.
      return null;
    }
  },
};

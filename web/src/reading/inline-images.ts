/** Pictures that came inside the message: shown in the frame as data: URLs, since a frame with no origin can fetch nothing. */
import type { BodyPart, EmailContent } from "../jmap/types.ts";

const shown = /^image\/(png|jpe?g|gif|webp)$/i;
const mostOctets = 8_000_000;
const mostParts = 40;

/** A data: URL must not carry a type that a frame would run, whatever the sender calls it. */
export const isShownImage = (type: string): boolean => shown.test(type);

export function inlineParts(content: EmailContent): readonly BodyPart[] {
  const html = content.htmlBody.flatMap((part) => (part.partId ? (content.bodyValues[part.partId]?.value ?? "") : "")).join("");
  return content.attachments
    .concat(content.htmlBody)
    .filter((part) => part.cid && part.blobId && isShownImage(part.type) && part.size <= mostOctets && referenced(html, part.cid))
    .slice(0, mostParts);
}

function referenced(html: string, cid: string): boolean {
  return html.includes(`cid:${cid}`) || html.includes(`cid:${encodeURIComponent(cid)}`);
}

export function toDataUrl(blob: Blob, type: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).replace(/^data:[^;,]*/, `data:${type.toLowerCase()}`)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

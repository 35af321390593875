/** RFC 8620 §6.2 downloads: never rendered by a browser in the service's origin, whatever type the message claims. */
import { createHash } from "node:crypto";
import type { DownloadAnswer } from "../../core/jmap/api.ts";
import { limits } from "../../core/limits.ts";
import type { BlobStore } from "../../core/ports/blob-store.ts";
import { emptyAnswer, type HttpAnswer, type HttpEvent, octetAnswer, problemAnswer } from "./http.ts";

const mediaType = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/i;

/** The type that the client asks for, if it is one. */
const contentTypeOf = (asked: string | undefined): string => {
  const type = asked?.split(";")[0]?.trim() ?? "";
  return mediaType.test(type) ? type.toLowerCase() : "application/octet-stream";
};

/** RFC 6266 §4, RFC 8187: an ASCII name for old clients and the real one; no path, control or direction-changing characters. */
export const dispositionOf = (name: string): string => {
  const tidy =
    name
      .normalize("NFC")
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "")
      .replace(/[/\\]/g, "_")
      .replace(/^[.\s]+|[.\s]+$/g, "")
      .slice(0, 200) || "download";
  const ascii = tidy.replace(/[^\x20-\x7e]/g, "_").replace(/["%]/g, "_");
  const encoded = encodeURIComponent(tidy).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
};

/** RFC 9110 §14.2, one range; null for no (usable) range, false for one outside the blob. */
export const rangeOf = (header: string | undefined, size: number): { offset: number; length: number } | null | false => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const suffix = match[1] === "";
  const first = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = suffix || match[2] === "" ? size - 1 : Math.min(size - 1, Number(match[2]));
  if (first >= size || last < first) return false;
  return { offset: first, length: last - first + 1 };
};

export const downloadAnswer = async (
  event: HttpEvent,
  blobs: BlobStore,
  answer: DownloadAnswer,
  blob: { readonly accountId: string; readonly blobId: string; readonly name: string },
): Promise<HttpAnswer> => {
  if (answer.outcome === "refused") return problemAnswer(event, answer.problem);
  const contentType = contentTypeOf(event.queryStringParameters?.type ?? event.queryStringParameters?.accept);
  const disposition = dispositionOf(blob.name);
  const headers = { "content-type": contentType, "content-disposition": disposition, "accept-ranges": "bytes" };
  const size = answer.sizeOctets;
  const range = rangeOf(event.headers.range, size);
  if (range === false) return emptyAnswer(416, { "content-range": `bytes */${size}` });
  if (range && range.length <= limits.edge.inlineDownloadOctets) {
    const octets = await answer.read(range);
    if (!octets) return goneAnswer(event);
    const contentRange = `bytes ${range.offset}-${range.offset + octets.length - 1}/${size}`;
    return octetAnswer(206, { ...headers, "content-range": contentRange }, octets);
  }
  if (size <= limits.edge.inlineDownloadOctets) {
    const octets = await answer.read();
    return octets ? octetAnswer(200, headers, octets) : goneAnswer(event);
  }
  const key = answer.storedKey ?? (await storeDecoded(blobs, answer, blob));
  if (!key) return goneAnswer(event);
  const location = await blobs.presignGet(key, { seconds: limits.edge.presignSeconds, contentType, disposition });
  return emptyAnswer(307, { location });
};

/** A decoded part is no object of its own: it is made one, for a day, under a key that only its account's link names. */
const storeDecoded = async (
  blobs: BlobStore,
  answer: DownloadAnswer & { outcome: "found" },
  blob: { readonly accountId: string; readonly blobId: string },
): Promise<string | null> => {
  const octets = await answer.read();
  if (!octets) return null;
  const digest = createHash("sha256").update(`${blob.accountId}\n${blob.blobId}`).digest("base64url");
  const key = `decoded/${digest}`;
  await blobs.put(key, octets);
  return key;
};

const goneAnswer = (event: HttpEvent): HttpAnswer =>
  problemAnswer(event, { type: "about:blank", status: 404, title: "Not Found", detail: "There is no such blob." });

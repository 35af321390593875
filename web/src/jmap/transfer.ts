/**
 * Files up and down. One HTTP request of the service carries at most `maxSizeUpload` octets, so a larger file goes up in parts, which
 * `Blob/upload` (RFC 9404 §4.1) joins into one blob.
 */
import { capabilities, type JmapClient, type TokenSource } from "./client.ts";
import { JmapProblem, setProblem } from "./problems.ts";
import type { SetResult } from "./types.ts";

export interface UploadedBlob {
  readonly blobId: string;
  readonly sizeOctets: number;
}

/** [from, to) octet ranges of the parts of a file. */
export function partRanges(sizeOctets: number, partOctets: number): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (let from = 0; from === 0 || from < sizeOctets; from += partOctets) ranges.push([from, Math.min(sizeOctets, from + partOctets)]);
  return ranges;
}

export class Transfer {
  readonly #client: JmapClient;
  readonly #tokens: TokenSource;
  constructor(client: JmapClient, tokens: TokenSource) {
    this.#client = client;
    this.#tokens = tokens;
  }

  async upload(accountId: string, file: Blob, onProgress: (fraction: number) => void, signal: AbortSignal): Promise<UploadedBlob> {
    const session = await this.#client.session();
    const advertised = Number(session.capabilities[capabilities.core]?.maxSizeUpload ?? 0);
    const partOctets = advertised > 0 ? advertised : 4_000_000;
    const url = this.#client.resolve(session.uploadUrl.replace("{accountId}", encodeURIComponent(accountId)));
    const ranges = partRanges(file.size, partOctets);
    const blobIds: string[] = [];
    for (const [from, to] of ranges) {
      const advance = (sent: number) => onProgress(file.size === 0 ? 1 : Math.min(1, (from + sent) / file.size));
      const part = file.slice(from, to, ranges.length === 1 ? file.type : "application/octet-stream");
      blobIds.push(await this.#put(url, part, advance, signal));
    }
    const only = blobIds[0];
    if (blobIds.length === 1 && only !== undefined) return { blobId: only, sizeOctets: file.size };
    return { blobId: await this.#join(accountId, blobIds, file.type), sizeOctets: file.size };
  }

  async #join(accountId: string, blobIds: readonly string[], type: string): Promise<string> {
    const create = { whole: { data: blobIds.map((blobId) => ({ blobId })), type: type || "application/octet-stream" } };
    const result = (await this.#client.call([["Blob/upload", { accountId, create }, "join"]])).of<SetResult>("join");
    const refused = result.notCreated?.whole;
    if (refused) throw setProblem(refused);
    const made = result.created?.whole;
    if (!made) throw new JmapProblem("server", "noAnswer");
    return String(made.id ?? made.blobId);
  }

  /** XMLHttpRequest because fetch cannot tell how much of a body has left. */
  async #put(url: string, part: Blob, onSent: (octets: number) => void, signal: AbortSignal, stale?: string): Promise<string> {
    const token = await this.#tokens.accessToken(stale);
    const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.setRequestHeader("authorization", `Bearer ${token}`);
      request.setRequestHeader("content-type", part.type || "application/octet-stream");
      request.upload.addEventListener("progress", (event) => onSent(event.loaded));
      request.addEventListener("load", () => resolve({ status: request.status, body: request.responseText }));
      request.addEventListener("error", () => reject(new JmapProblem("offline", "network")));
      request.addEventListener("abort", () => reject(new DOMException("Cancelled", "AbortError")));
      signal.addEventListener("abort", () => request.abort(), { once: true });
      if (signal.aborted) return reject(new DOMException("Cancelled", "AbortError"));
      request.send(part);
    });
    if (status === 401 && stale === undefined) return this.#put(url, part, onSent, signal, token);
    if (status < 200 || status > 299)
      throw new JmapProblem(status >= 500 ? "server" : "request", status === 413 ? "tooLarge" : String(status));
    return (JSON.parse(body) as { blobId: string }).blobId;
  }

  /** Authenticated download into memory: the browser's own download manager cannot carry the token. */
  async download(accountId: string, blobId: string, name: string, type: string): Promise<Blob> {
    const session = await this.#client.session();
    const url = session.downloadUrl
      .replace("{accountId}", encodeURIComponent(accountId))
      .replace("{blobId}", encodeURIComponent(blobId))
      .replace("{name}", encodeURIComponent(name))
      .replace("{type}", encodeURIComponent(type));
    const response = await this.#client.send(url, { method: "GET" }, true);
    return new Blob([await response.arrayBuffer()], { type });
  }
}

import { randomBytes } from "node:crypto";
import { type FileHandle, link, mkdir, open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";

/**
 * The octets. A blob is written under a fresh name and synced before the index refers to it, and is never changed afterwards;
 * so a kill at any moment leaves at worst a file that no row names, which `sweep` removes at the next start.
 */
export class BlobFiles {
  readonly #root: string;
  readonly #made = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  #path(blob: string): string {
    return join(this.#root, blob.slice(0, 2), blob);
  }

  async #fresh(): Promise<{ blob: string; path: string }> {
    const blob = randomBytes(16).toString("hex");
    const folder = blob.slice(0, 2);
    if (!this.#made.has(folder)) {
      await mkdir(join(this.#root, folder), { recursive: true });
      this.#made.add(folder);
    }
    return { blob, path: this.#path(blob) };
  }

  /** Streams to disk. `onChunk` sees each chunk before it is written (hashing). Nothing is left behind when the source fails. */
  async write(source: AsyncIterable<Uint8Array>, onChunk: (chunk: Uint8Array) => void): Promise<{ blob: string; sizeOctets: number }> {
    const { blob, path } = await this.#fresh();
    const file = await open(path, "wx");
    let sizeOctets = 0;
    try {
      for await (const chunk of source) {
        onChunk(chunk);
        let offset = 0;
        while (offset < chunk.length) offset += (await file.write(chunk, offset, chunk.length - offset)).bytesWritten;
        sizeOctets += chunk.length;
      }
      await file.datasync();
      await file.close();
      return { blob, sizeOctets };
    } catch (error) {
      await file.close();
      await unlink(path);
      throw error;
    }
  }

  /** A second name for the same octets: blobs never change, so a copy costs nothing. */
  async copy(blob: string): Promise<string> {
    const fresh = await this.#fresh();
    await link(this.#path(blob), fresh.path);
    return fresh.blob;
  }

  async *read(blob: string, start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    const file = await this.open(blob);
    if (file) yield* readRange(file, start, end);
  }

  /** Null when the blob is gone (its object was replaced meanwhile). */
  async open(blob: string): Promise<FileHandle | null> {
    try {
      return await open(this.#path(blob), "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  async remove(blobs: readonly string[]): Promise<void> {
    for (const blob of blobs) await unlink(this.#path(blob)).catch(() => undefined);
  }

  /** Removes files that no row names. Only at the start, before any write. */
  async sweep(referenced: ReadonlySet<string>): Promise<number> {
    await mkdir(this.#root, { recursive: true });
    let removed = 0;
    for (const folder of await readdir(this.#root)) {
      for (const blob of await readdir(join(this.#root, folder))) {
        if (referenced.has(blob)) continue;
        await unlink(join(this.#root, folder, blob));
        removed++;
      }
    }
    return removed;
  }
}

const READ_OCTETS = 256 * 1024;

/** Octets `start` to `end` (inclusive) of the file, which is closed when the stream ends or is destroyed, be it before the first octet. */
export function readRange(file: FileHandle, start: number, end: number): Readable {
  if (end >= start) return file.createReadStream({ start, end, highWaterMark: READ_OCTETS });
  return Readable.from([], { objectMode: false }).on("close", () => void file.close());
}

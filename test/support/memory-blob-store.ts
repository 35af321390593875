/** A BlobStore in memory for properties and simulation. */
import type { BlobStore, MalwareVerdict } from "../../core/ports/blob-store.ts";

export class MemoryBlobStore implements BlobStore {
  readonly objects = new Map<string, Uint8Array>();
  readonly verdicts = new Map<string, MalwareVerdict>();
  before: (operation: string) => void | Promise<void> = () => {};

  async get(key: string, range?: { offset: number; length: number }): Promise<Uint8Array | null> {
    await this.before("get");
    const octets = this.objects.get(key);
    if (!octets) return null;
    return range ? octets.slice(range.offset, range.offset + range.length) : octets.slice();
  }

  async put(key: string, octets: Uint8Array): Promise<void> {
    await this.before("put");
    this.objects.set(key, Uint8Array.from(octets));
  }

  async delete(key: string): Promise<void> {
    await this.before("delete");
    this.objects.delete(key);
  }

  async presignGet(key: string, options: { seconds: number }): Promise<string> {
    return `https://blobs.example/${key}?expires=${options.seconds}`;
  }

  async malwareVerdict(key: string): Promise<MalwareVerdict> {
    await this.before("malwareVerdict");
    return this.verdicts.get(key) ?? { status: "clean" };
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BlobFiles, readRange } from "../../../local/s3/blob-files.ts";

let folder: string;
let files: BlobFiles;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blobs-"));
  files = new BlobFiles(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const write = (octets: Buffer) =>
  files.write(
    (async function* () {
      yield octets;
    })(),
    () => {},
  );

describe("a blob that is read", () => {
  it.each([
    ["to its end", 10, 0, 9],
    ["in part", 10, 3, 5],
    ["when it is empty", 0, 0, -1],
    ["beyond one piece", 700_000, 1, 699_998],
  ])("%s gives its octets and is closed", async (_, size, start, end) => {
    const octets = Buffer.alloc(size, "0123456789");
    const { blob } = await write(octets);
    const file = (await files.open(blob))!;
    expect((await buffer(readRange(file, start, end))).equals(octets.subarray(start, end + 1))).toBe(true);
    await expect.poll(() => file.fd).toBe(-1);
  });

  it.each([0, 10])("of %d octets is closed when the reader goes before the first octet", async (size) => {
    const { blob } = await write(Buffer.alloc(size));
    const file = (await files.open(blob))!;
    readRange(file, 0, size - 1).destroy();
    await expect.poll(() => file.fd).toBe(-1);
  });
});

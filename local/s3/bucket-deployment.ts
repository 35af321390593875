import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { type ServiceContext, type TemplateResource, UnknownInTemplate } from "../service.ts";
import type { Bucket } from "./bucket.ts";
import { bufferSource } from "./buffer-source.ts";
import { contentTypeOf } from "./content-types.ts";
import type { ObjectHeaders } from "./object-record.ts";
import type { ObjectStore } from "./object-store.ts";

/** What CDK's BucketDeployment handler does in AWS: unpacks the assets, fills in markers, syncs them to the bucket. */
export const bucketDeploymentProperties = {
  ServiceToken: { inert: "done natively" },
  SourceBucketNames: { inert: "assets are read from the cloud assembly" },
  SourceObjectKeys: "used",
  SourceMarkers: "used",
  SourceMarkersConfig: "used",
  DestinationBucketName: "used",
  DestinationBucketKeyPrefix: "used",
  Prune: "used",
  Exclude: "used",
  SystemMetadata: "used",
  UserMetadata: "used",
  Extract: "used",
  OutputObjectKeys: "used",
  DestinationBucketArn: "used",
  WaitForDistributionInvalidation: { inert: "the laptop's distribution caches nothing" },
  DistributionId: { inert: "the laptop's distribution caches nothing" },
  DistributionPaths: { inert: "the laptop's distribution caches nothing" },
  RetainOnDelete: { inert: "stacks are never deleted on a laptop" },
  SignContent: { inert: "files do not travel" },
} as const;

const MAXIMUM_FILES = 20_000;
const LIST_PAGE = 1_000;
const asker = { requestId: "bucket-deployment", principal: "cloudformation" };

type Markers = Record<string, string>;

export async function deployToBucket(
  resource: TemplateResource,
  bucket: Bucket,
  store: ObjectStore,
  context: ServiceContext,
): Promise<string[]> {
  const { properties } = resource;
  const prefix = normalisePrefix(String(properties.DestinationBucketKeyPrefix ?? ""));
  const sources = properties.SourceObjectKeys as string[];
  const markers = (properties.SourceMarkers ?? []) as Markers[];
  const configs = (properties.SourceMarkersConfig ?? []) as { jsonEscape?: unknown }[];
  const wanted = new Map<string, Buffer>();
  for (const [position, objectKey] of sources.entries()) {
    const asset = context.asset(objectKey);
    if (!asset) throw new UnknownInTemplate(resource, `the asset ${objectKey} is not in the cloud assembly`);
    for (const [name, path] of await filesOf(asset, String(properties.Extract ?? "true") === "true")) {
      const octets = fillMarkers(await readFile(path), markers[position] ?? {}, String(configs[position]?.jsonEscape) === "true");
      if (!isExcluded(name, (properties.Exclude ?? []) as string[])) wanted.set(prefix + name, octets);
    }
  }
  for (const [key, octets] of wanted) await putIfChanged(bucket, key, octets, metadataOf(properties), store);
  if (String(properties.Prune ?? "true") === "true") await prune(bucket, prefix, wanted, (properties.Exclude ?? []) as string[], store);
  return sources;
}

const normalisePrefix = (prefix: string): string => (prefix === "" || prefix === "/" ? "" : prefix.replace(/\/?$/, "/"));

async function filesOf(asset: string, extract: boolean): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  if (!extract || !(await stat(asset)).isDirectory()) return files.set(basename(asset), asset);
  const entries = await readdir(asset, { recursive: true, withFileTypes: true });
  for (const entry of entries.slice(0, MAXIMUM_FILES)) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(relative(asset, path).split(sep).join("/"), path);
  }
  return files;
}

function fillMarkers(octets: Buffer, markers: Markers, jsonEscape: boolean): Buffer {
  if (Object.keys(markers).length === 0) return octets;
  let text = octets.toString("latin1");
  for (const [marker, value] of Object.entries(markers)) {
    const filled = Buffer.from(jsonEscape ? JSON.stringify(String(value)).slice(1, -1) : String(value)).toString("latin1");
    text = text.replaceAll(marker, () => filled);
  }
  return Buffer.from(text, "latin1");
}

/** `aws s3 sync` patterns: `*` over anything. */
function isExcluded(name: string, patterns: string[]): boolean {
  return patterns.some((pattern) =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
      "s",
    ).test(name),
  );
}

function metadataOf(properties: Readonly<Record<string, unknown>>): Partial<ObjectHeaders> {
  const system = Object.entries((properties.SystemMetadata ?? {}) as Record<string, string>);
  const value = (name: string) => system.find(([key]) => key.toLowerCase() === name)?.[1];
  const user = Object.entries((properties.UserMetadata ?? {}) as Record<string, string>);
  return {
    contentType: value("content-type"),
    cacheControl: value("cache-control"),
    contentDisposition: value("content-disposition"),
    contentEncoding: value("content-encoding"),
    contentLanguage: value("content-language"),
    user: Object.fromEntries(user.map(([key, one]) => [key.toLowerCase(), one])),
  };
}

async function putIfChanged(bucket: Bucket, key: string, octets: Buffer, given: Partial<ObjectHeaders>, store: ObjectStore): Promise<void> {
  const headers: ObjectHeaders = { ...given, contentType: given.contentType ?? contentTypeOf(key), user: given.user ?? {} };
  const current = store.index.latest(bucket.name, key);
  const value = createHash("sha256").update(octets).digest("base64");
  const same =
    current && !current.deleteMarker && current.checksum?.value === value && JSON.stringify(current.headers) === JSON.stringify(headers);
  if (same) return;
  const source = { ...bufferSource(octets), declared: { algorithm: "SHA256", value, inTrailer: false } as const };
  await store.put(bucket, { key, headers, tags: {}, condition: null }, source, asker);
}

async function prune(
  bucket: Bucket,
  prefix: string,
  wanted: ReadonlyMap<string, Buffer>,
  excluded: string[],
  store: ObjectStore,
): Promise<void> {
  let after = "";
  for (;;) {
    const page = store.index.list(bucket.name, prefix, after, LIST_PAGE);
    for (const { key } of page) {
      if (!key.startsWith(prefix)) return;
      if (!wanted.has(key) && !isExcluded(key.slice(prefix.length), excluded)) await store.remove(bucket, key, null, asker);
    }
    if (page.length < LIST_PAGE) return;
    after = page[page.length - 1]!.key;
  }
}

/** Octets in one S3 bucket by signed requests. A body's SHA-256 is signed, so S3 refuses one that changed on its way. */
import type { BlobStore, MalwareVerdict } from "../../core/ports/blob-store.ts";
import { malwareVerdictOf } from "../malware-tag.ts";
import type { Meter } from "../meter.ts";
import { ServiceRefusal } from "./service-refusal.ts";
import { percentEncode, presignQuery } from "./sign.ts";
import { type Answer, type ClientOptions, createSignedClient, type SignedClient } from "./signed-client.ts";

export interface SignedBlobStoreOptions extends Pick<ClientOptions, "region" | "credentials"> {
  readonly bucket: string;
  /** An endpoint that has no host name a bucket, where the bucket is the path's first part. Absent: AWS's own. */
  readonly endpoint?: string;
  readonly meter?: Meter;
  readonly now?: () => number;
}

const timeoutMilliseconds = 30_000;

export class SignedBlobStore implements BlobStore {
  private readonly options: SignedBlobStoreOptions;
  private readonly origin: string;
  private readonly root: string;
  private readonly send: SignedClient;

  constructor(options: SignedBlobStoreOptions) {
    this.options = options;
    this.origin = options.endpoint ?? `https://${options.bucket}.s3.${options.region}.amazonaws.com`;
    this.root = options.endpoint ? `/${options.bucket}/` : "/";
    this.send = createSignedClient({ ...options, endpoint: this.origin, service: "s3", timeoutMilliseconds });
  }

  async get(key: string, range?: { offset: number; length: number }): Promise<Uint8Array | null> {
    if (range?.length === 0) return new Uint8Array();
    this.options.meter?.count("s3:GetObject");
    const headers: Record<string, string> = range ? { range: `bytes=${range.offset}-${range.offset + range.length - 1}` } : {};
    const answer = await this.send({ method: "GET", path: this.path(key), headers, body: "" });
    if (answer.status === 404) return null;
    if (answer.status === 416) return new Uint8Array();
    const { body } = accepted(answer);
    if (this.options.meter) this.options.meter.blobOctets += body.length;
    return body;
  }

  async put(key: string, octets: Uint8Array, options?: { contentType?: string }): Promise<void> {
    this.options.meter?.count("s3:PutObject");
    const headers = { "content-type": options?.contentType ?? "application/octet-stream" };
    accepted(await this.send({ method: "PUT", path: this.path(key), headers, body: octets }));
  }

  async delete(key: string): Promise<void> {
    this.options.meter?.count("s3:DeleteObject");
    const answer = await this.send({ method: "DELETE", path: this.path(key), headers: {}, body: "" });
    if (answer.status !== 404) accepted(answer);
  }

  async presignGet(key: string, options: { seconds: number; contentType: string; disposition: string }): Promise<string> {
    const { region, credentials, now = Date.now } = this.options;
    const query = {
      "response-cache-control": "no-store",
      "response-content-disposition": options.disposition,
      "response-content-type": options.contentType,
    };
    const path = this.path(key);
    const request = { host: new URL(this.origin).host, path, query };
    const signed = presignQuery(request, { region, service: "s3" }, credentials, { now: now(), seconds: options.seconds });
    return `${this.origin}${path}?${signed}`;
  }

  async malwareVerdict(key: string): Promise<MalwareVerdict> {
    this.options.meter?.count("s3:GetObjectTagging");
    const answer = accepted(await this.send({ method: "GET", path: this.path(key), query: { tagging: "" }, headers: {}, body: "" }));
    return malwareVerdictOf(tagsOf(answer.body.toString("utf8")));
  }

  private path(key: string): string {
    return this.root + key.split("/").map(percentEncode).join("/");
  }
}

const accepted = (answer: Answer): Answer => {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const code = /<Code>([^<]+)<\/Code>/.exec(answer.body.toString("utf8", 0, 1024))?.[1];
  throw new ServiceRefusal("s3", code ?? `Status${answer.status}`, answer.status);
};

/** `<Tag><Key>…</Key><Value>…</Value></Tag>`; the tags we look for hold no entities. */
const tagsOf = (xml: string): Map<string, string> =>
  new Map([...xml.matchAll(/<Tag>\s*<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>\s*<\/Tag>/g)].map((match) => [match[1]!, match[2]!]));

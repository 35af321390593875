/** Blob/upload (RFC 9404 §4.1): a blob out of texts, base64 and pieces of other blobs. This is how a file too large for one upload is joined. */
import { limits } from "../../limits.ts";
import { findBlob, storeUpload } from "../blobs.ts";
import { BLOB } from "../capabilities.ts";
import { type Arguments, accountIdArgument, checkArguments } from "../engine/arguments.ts";
import type { LoadedAccount, Method, RequestContext } from "../engine/context.ts";
import type { Wire } from "../engine/definition.ts";
import { id, isObject, mapOf, nullable, object, unsignedInt } from "../engine/kinds.ts";
import { invalidProperties, methodError, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { mediaType } from "../files.ts";

const uploadArguments: Arguments = { ...accountIdArgument, create: { kind: mapOf(id, object), required: true } };

export const blobUpload: Method = async ({ context, args }) => {
  const checked = checkArguments(args, uploadArguments);
  if (!checked.ok) return checked;
  const create = Object.entries(args.create as Record<string, Wire>);
  if (create.length > limits.jmap.maxObjectsInSet) return methodError("requestTooLarge");
  const loaded = await context.account(args.accountId as string, "write", BLOB);
  if (!loaded.ok) return loaded;
  const created: Record<string, Wire> = {};
  const notCreated: Record<string, SetError> = {};
  // One after the other: a later one may be made of an earlier one, and whole files are in memory.
  for (const [creationId, wire] of create) {
    const outcome = await uploadOne(context, loaded.value, wire);
    if (outcome.ok) {
      created[creationId] = outcome.value;
      context.createdIds.set(creationId, outcome.value.id as string);
    } else notCreated[creationId] = outcome.error;
  }
  const orNull = (map: Record<string, unknown>) => (Object.keys(map).length > 0 ? map : null);
  return ok([["Blob/upload", { accountId: loaded.value.accountId, created: orNull(created), notCreated: orNull(notCreated) }]]);
};

const uploadOne = async (context: RequestContext, account: LoadedAccount, wire: Wire): Promise<Outcome<Wire, SetError>> => {
  const { data, type = null, ...rest } = wire;
  const faults = Object.keys(rest);
  if (!Array.isArray(data) || data.length > limits.jmap.maxDataSources) faults.push("data");
  if (type !== null && typeof type !== "string") faults.push("type");
  if (faults.length > 0) return refuse(invalidProperties(faults, `"data" is a list of at most ${limits.jmap.maxDataSources} sources.`));
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (const source of data as unknown[]) {
    const piece = await readSource(context, account, source, limits.jmap.maxSizeBlobSet - size);
    if (!piece.ok) return piece;
    pieces.push(piece.value);
    size += piece.value.byteLength;
    if (size > limits.jmap.maxSizeBlobSet) return refuse({ ...setError("tooLarge"), maxSize: limits.jmap.maxSizeBlobSet });
  }
  const { quotaOctets, octets: used } = account.state.totals;
  if (quotaOctets > 0 && used + size > quotaOctets) return refuse(setError("overQuota"));
  const media = mediaType(type as string | null);
  const stored = await storeUpload(context.ports, account.state, Buffer.concat(pieces), media);
  return ok({ id: stored.blobId, type: media, size: stored.size });
};

/** Node passes over what is not base64; then fewer octets come out than the length promises. */
const decodeBase64 = (text: string): Buffer | null => {
  if (/[-_]/.test(text)) return null;
  const unpadded = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  const octets = Buffer.from(text, "base64");
  return unpadded % 4 !== 1 && octets.length === Math.floor((unpadded * 3) / 4) ? octets : null;
};

const readSource = async (
  context: RequestContext,
  account: LoadedAccount,
  source: unknown,
  roomOctets: number,
): Promise<Outcome<Uint8Array, SetError>> => {
  const invalid = (description: string) => refuse(invalidProperties(["data"], description));
  if (!isObject(source)) return invalid("A source must be an object.");
  const { "data:asText": text, "data:asBase64": base64, blobId, offset = null, length = null, ...rest } = source;
  if (Object.keys(rest).length > 0) return invalid("A source has a property that is not known.");
  if ([text, base64, blobId].filter((given) => given !== undefined).length !== 1)
    return invalid("A source has exactly one of data:asText, data:asBase64 and blobId.");
  if (typeof text === "string") return ok(Buffer.from(text, "utf8"));
  if (typeof base64 === "string") {
    const octets = decodeBase64(base64);
    return octets ? ok(octets) : invalid("data:asBase64 is not base64.");
  }
  if (typeof blobId !== "string" || nullable(unsignedInt)(offset) || nullable(unsignedInt)(length))
    return invalid("The source is malformed.");
  const resolved = context.resolveId(blobId);
  const blob = resolved === null ? null : await findBlob(context.ports, account.state, resolved, context.ports.now());
  if (!blob) return refuse({ type: "blobNotFound", notFound: [blobId] });
  const from = (offset as number | null) ?? 0;
  const octets = (length as number | null) ?? Math.max(0, blob.sizeOctets - from);
  if (from + octets > blob.sizeOctets) return invalid("The range lies outside the blob.");
  if (octets > roomOctets) return refuse({ ...setError("tooLarge"), maxSize: limits.jmap.maxSizeBlobSet });
  const piece = octets === 0 ? new Uint8Array() : await blob.read({ offset: from, length: octets });
  return piece ? ok(piece) : refuse({ type: "blobNotFound", notFound: [blobId] });
};

/** SieveScript (RFC 9661 §2, §2.1, §2.3): filters of arriving mail. A script that is stored compiles; at most one is active. */
import { limits } from "../../limits.ts";
import { idFromOctets } from "../../log/id-words.ts";
import { compile } from "../../sieve/compile.ts";
import { findBlob, scriptBlobKey } from "../blobs.ts";
import { SIEVE } from "../capabilities.ts";
import { type Arguments, accountIdArgument, checkArguments } from "../engine/arguments.ts";
import { casemap, compareText } from "../engine/collation.ts";
import type { LoadedAccount, Method, RequestContext } from "../engine/context.ts";
import type { Property, SetCall, SetDefinition, SetResult, TypeDefinition, Wire } from "../engine/definition.ts";
import { pick } from "../engine/get.ts";
import { boolean, idOrReference, nullable, string, stringOf } from "../engine/kinds.ts";
import { type Comparisons, type Conditions, comparing, matches } from "../engine/record-query.ts";
import type { Transaction } from "../engine/transaction.ts";
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import type { StoredSieveScript } from "../records.ts";
import { applyRulesOf } from "./delivery-rules.ts";

const TYPE = "SieveScript";

const properties: Readonly<Record<string, Property>> = {
  name: { kind: nullable(stringOf({ minOctets: 1, maxOctets: limits.sieve.scriptNameOctets })), setter: "client", default: null },
  blobId: { kind: idOrReference, setter: "client", refersTo: "id" },
  isActive: { kind: boolean, setter: "server" },
};

const wireOf = ({ name, blobId, isActive }: StoredSieveScript): Wire => ({ name, blobId, isActive });

/** A blob's octets as a script (RFC 9661 §2.2): too large, not UTF-8 and not Sieve are told apart. */
const readScript = async (context: RequestContext, { state }: LoadedAccount, blobId: string): Promise<Outcome<Uint8Array, SetError>> => {
  const blob = await findBlob(context.ports, state, blobId, context.ports.now());
  if (!blob) return refuse({ type: "blobNotFound", notFound: [blobId] });
  if (blob.sizeOctets > limits.sieve.scriptOctets)
    return refuse({ type: "tooLarge", description: `A script has at most ${limits.sieve.scriptOctets} octets.` });
  const octets = await blob.read();
  if (!octets) return refuse({ type: "blobNotFound", notFound: [blobId] });
  if (octets.byteLength === 0) return refuse(setError("invalidSieve", "line 1: a script is not empty"));
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return refuse(setError("invalidSieve", "The script is not UTF-8."));
  }
  const compiled = compile(text);
  return compiled.ok ? ok(octets) : refuse(setError("invalidSieve", `line ${compiled.line}: ${compiled.description}`));
};

type Content = Pick<StoredSieveScript, "blobId" | "contentKey" | "sizeOctets">;
/** By the blob id that the client named. */
type Prepared = ReadonlyMap<string, Outcome<Content, SetError>>;

/** Its own object under an id of its own: the upload expires. In vain when the commit fails: an orphan that nobody sees. */
const stage = async (call: SetCall, blobId: string): Promise<Outcome<Content, SetError>> => {
  const { ports } = call.context;
  const script = await readScript(call.context, call.account, blobId);
  if (!script.ok) return script;
  const own = idFromOctets("GS", ports.randomOctets(12));
  const contentKey = scriptBlobKey(call.account.accountId, own);
  await ports.blobs.put(contentKey, script.value, { contentType: "application/sieve" });
  return ok({ blobId: own, contentKey, sizeOctets: script.value.byteLength });
};

const prepare = async (call: SetCall): Promise<{ ok: true; value: Prepared }> => {
  const staged = new Map<string, Outcome<Content, SetError>>();
  const records = call.account.state.records(TYPE);
  const isOwn = (key: string, blobId: string): boolean =>
    (records.get(call.resolve(key) ?? "") as StoredSieveScript | undefined)?.blobId === blobId;
  const named = [
    ...[...call.create.values()].slice(0, limits.sieve.scripts).map(({ blobId }) => ["", blobId] as const),
    ...[...call.update].slice(0, limits.sieve.scripts).map(([key, { blobId }]) => [key, blobId] as const),
  ];
  for (const [key, blobId] of named) {
    const resolved = typeof blobId === "string" ? call.resolve(blobId) : null;
    if (resolved !== null && !staged.has(resolved) && !isOwn(key, resolved)) staged.set(resolved, await stage(call, resolved));
  }
  return ok(staged);
};

/** RFC 9661 §2.1, RFC 5804 §1.6: no control characters, no line or paragraph separators. */
const nameFault = (name: string): boolean => /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) || name.trim() === "";

const contentOf = (staged: Prepared, blobId: string): Outcome<Content, SetError> =>
  staged.get(blobId) ?? refuse({ type: "blobNotFound", notFound: [blobId] });

const isActiveIn = (tx: Transaction, scriptId: string): boolean => tx.record<StoredSieveScript>(TYPE, scriptId)?.isActive === true;

const setActive = (tx: Transaction, result: SetResult, scriptId: string, isActive: boolean): void => {
  if (isActiveIn(tx, scriptId) === isActive && !isActive) return;
  tx.putRecord(TYPE, scriptId, { ...tx.record<StoredSieveScript>(TYPE, scriptId)!, isActive });
  const created = [...result.created.values()].find((wire) => wire.id === scriptId);
  if (created) created.isActive = isActive;
  else result.updated.set(scriptId, { ...result.updated.get(scriptId), isActive });
};

/** RFC 9661 §2.4: only when everything else of the call succeeded; an id that names nothing is ignored. */
const finish = (tx: Transaction, call: SetCall, result: SetResult): void => {
  if (result.notCreated.size + result.notUpdated.size + result.notDestroyed.size > 0) return;
  const { onSuccessActivateScript: wanted, onSuccessDeactivateScript: off } = call.args;
  const target = typeof wanted === "string" ? call.resolve(wanted) : null;
  const found = target !== null && tx.record(TYPE, target) !== undefined ? target : null;
  if (found === null && off !== true) return;
  for (const [scriptId, { isActive }] of [...tx.records<StoredSieveScript>(TYPE)])
    if (isActive && scriptId !== found) setActive(tx, result, scriptId, false);
  if (found !== null) setActive(tx, result, found, true);
};

const scriptSet: SetDefinition<Prepared> = {
  arguments: { onSuccessActivateScript: { kind: nullable(string) }, onSuccessDeactivateScript: { kind: nullable(boolean) } },
  prepare,
  exists: (tx, scriptId) => tx.record(TYPE, scriptId) !== undefined,
  wire: (tx, scriptId) => wireOf(tx.record<StoredSieveScript>(TYPE, scriptId)!),
  create: (tx, _call, created, staged) => {
    // RFC 9661 §3.
    if ([...tx.records(TYPE)].length >= limits.sieve.scripts)
      return refuse(setError("overQuota", `At most ${limits.sieve.scripts} scripts.`));
    const content = contentOf(staged, created.wire.blobId as string);
    if (!content.ok) return content;
    const name = (created.wire.name as string | null) ?? created.id;
    tx.putRecord(TYPE, created.id, { ...content.value, name, isActive: false } satisfies StoredSieveScript);
    return ok({ blobId: content.value.blobId, isActive: false, ...(created.wire.name === null && { name }) });
  },
  update: (tx, _call, { id: scriptId, before, after }, staged) => {
    const stored = tx.record<StoredSieveScript>(TYPE, scriptId)!;
    const name = (after.name as string | null) ?? scriptId;
    const content = after.blobId === before.blobId ? ok(stored) : contentOf(staged, after.blobId as string);
    if (!content.ok) return content;
    const { blobId, contentKey, sizeOctets } = content.value;
    tx.putRecord(TYPE, scriptId, { name, isActive: stored.isActive, blobId, contentKey, sizeOctets } satisfies StoredSieveScript);
    const changed = { ...(blobId !== after.blobId && { blobId }), ...(name !== after.name && { name }) };
    return ok(Object.keys(changed).length > 0 ? changed : null);
  },
  destroy: (tx, _call, scriptId) => {
    if (isActiveIn(tx, scriptId)) return setError("sieveIsActive", "Deactivate the script first.");
    tx.removeRecord(TYPE, scriptId);
    return null;
  },
  settled: (tx, _call, scriptId) => {
    const script = tx.record<StoredSieveScript>(TYPE, scriptId);
    if (!script) return null;
    if (nameFault(script.name)) return invalidProperties(["name"], "A name must be visible text without control characters.");
    for (const [otherId, other] of tx.records<StoredSieveScript>(TYPE))
      if (otherId !== scriptId && other.name === script.name) return { type: "alreadyExists", properties: ["name"], existingId: otherId };
    return null;
  },
  finish,
  after: (call) => applyRulesOf(call),
};

const validateArguments: Arguments = { ...accountIdArgument, blobId: { kind: idOrReference, required: true } };

/** RFC 9661 §2.6. */
const validate: Method = async ({ context, args }) => {
  const checked = checkArguments(args, validateArguments);
  if (!checked.ok) return checked;
  const loaded = await context.account(args.accountId as string, "read", SIEVE);
  if (!loaded.ok) return loaded;
  const blobId = context.resolveId(args.blobId as string);
  const script: Outcome<unknown, SetError> =
    blobId === null ? refuse(setError("blobNotFound")) : await readScript(context, loaded.value, blobId);
  return ok([["SieveScript/validate", { accountId: loaded.value.accountId, error: script.ok ? null : script.error }]]);
};

type Row = readonly [id: string, script: StoredSieveScript];

const conditions: Conditions<Row> = {
  name: ([, script], value: string) => casemap(script.name).includes(casemap(value)),
  isActive: ([, script], value: boolean) => script.isActive === value,
};

const comparisons: Comparisons<Row> = {
  name: ([, left], [, right]) => compareText(casemap(left.name), casemap(right.name)),
  isActive: ([, left], [, right]) => Number(left.isActive) - Number(right.isActive),
};

export const sieveScript: TypeDefinition = {
  name: TYPE,
  capability: SIEVE,
  properties,
  get: {
    allIds: ({ account }) => [...account.state.records(TYPE).keys()],
    read: async ({ account }, ids, wanted) => {
      const records = account.state.records(TYPE);
      const found = new Map<string, Wire>();
      for (const scriptId of ids) {
        const stored = records.get(scriptId);
        if (stored) found.set(scriptId, pick(wireOf(stored as StoredSieveScript), wanted));
      }
      return found;
    },
  },
  set: scriptSet,
  // RFC 9661 §2.5.
  query: {
    filters: { name: string, isActive: boolean },
    sorts: Object.keys(comparisons),
    run: async ({ account }, { filter, sort }) => {
      const rows = ([...account.state.records(TYPE)] as Row[]).filter((row) => matches(filter, row, conditions));
      const ids = rows.sort(comparing(sort, comparisons, ([left], [right]) => compareText(left, right))).map(([scriptId]) => scriptId);
      return ok({ ids, total: null, mutable: true });
    },
  },
  methods: { "SieveScript/validate": validate },
};

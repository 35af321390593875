/** What a JMAP type tells the engine about itself. Adding a type is adding one of these (core/jmap/types). */
import type { AccountState, ChangedIds } from "../../log/api.ts";
import type { Position } from "../../log/entry.ts";
import type { AccessRight } from "../access.ts";
import type { MethodError, Outcome, SetError } from "../errors.ts";
import type { Arguments } from "./arguments.ts";
import type { LoadedAccount, Method, RequestContext } from "./context.ts";
import type { Kind } from "./kinds.ts";
import type { Transaction } from "./transaction.ts";

/** Who may set a property: the client always, the client at creation only, or the server. */
type Setter = "client" | "create" | "server";

export interface Property {
  readonly kind: Kind;
  readonly setter: Setter;
  /** Value when a create omits it, and when a patch sets null; absent: the client must give it. */
  readonly default?: unknown;
  /** The value is an id, or a map or list of ids, in which `#creationId` may stand for one. */
  readonly refersTo?: "id" | "idMap";
}

/** The wire form of a record without its id. */
export type Wire = Record<string, unknown>;

export interface Reading {
  readonly account: LoadedAccount;
  readonly context: RequestContext;
  readonly args: Record<string, unknown>;
}

export interface GetDefinition {
  readonly arguments?: Arguments;
  /** Checked before anything is read. */
  readonly check?: (args: Record<string, unknown>) => MethodError | null;
  /** Names allowed besides those of `properties` (`header:…`). */
  readonly dynamicProperty?: (name: string) => boolean;
  /** When `properties` is null; default all. */
  readonly defaultProperties?: readonly string[];
  /** Ids when `ids` is null; null: more than may be got at once. */
  readonly allIds: (reading: Reading) => readonly string[] | Promise<readonly string[] | null>;
  /** Whether the answer would be too large, found out before it is made. */
  readonly admit?: (reading: Reading, ids: readonly string[], properties: ReadonlySet<string>) => Promise<MethodError | null>;
  /** Wire objects (without id) of those ids that exist. */
  readonly read: (reading: Reading, ids: readonly string[], properties: ReadonlySet<string>) => Promise<ReadonlyMap<string, Wire>>;
}

export interface ChangesDefinition {
  /** When the type follows another's changes (`logType`): what they mean for it. */
  readonly translate?: (changed: ChangedIds, state: AccountState, since: Position) => ChangedIds;
  /** Adds to the response (Mailbox's updatedProperties). */
  readonly extra?: (state: AccountState, since: Position) => Record<string, unknown>;
}

/** How /set turns a wire object into changes of the log. All but `prepare` and `committed` are pure: a lost race calls them again. */
export interface SetDefinition<Prepared = unknown> {
  readonly arguments?: Arguments;
  /** Right that the call needs; default write. */
  readonly right?: AccessRight | ((args: Record<string, unknown>) => AccessRight);
  readonly singleton?: boolean;
  /** Reads what creates and updates need before the commit; what it returns is handed to the others. */
  readonly prepare?: (call: SetCall) => Promise<Outcome<Prepared, MethodError>>;
  readonly exists: (tx: Transaction, id: string) => boolean;
  /** Present wire object of the record, for patches; absent: `update` reads the patch itself. */
  readonly wire?: (tx: Transaction, id: string, call: SetCall) => Wire;
  /** Replaces the generic check and completion of a create's wire object. */
  readonly complete?: (sent: Wire) => Outcome<Wire, SetError>;
  /** `wire` is complete: defaults filled, references resolved, kinds checked. */
  readonly create: (tx: Transaction, call: SetCall, created: CreatedObject, prepared: Prepared) => Outcome<Wire, SetError>;
  /** Wire properties that changed beyond the patch, or null. */
  readonly update: (tx: Transaction, call: SetCall, change: UpdatedObject, prepared: Prepared) => Outcome<Wire | null, SetError>;
  readonly destroy: (tx: Transaction, call: SetCall, id: string, prepared: Prepared) => SetError | null;
  /** Rules on the final state of the created and updated (names unique, no cycles); a record at fault is rolled back. */
  readonly settled?: (tx: Transaction, call: SetCall, id: string) => SetError | null;
  /** Pure. What follows from all of the call together, in the same commit; told in the result. */
  readonly finish?: (tx: Transaction, call: SetCall, result: SetResult) => void;
  /** Order in which destroys are tried, e.g. children first. */
  readonly destroyOrder?: (tx: Transaction, ids: readonly string[]) => readonly string[];
  /** After the commit: what may be done twice or never without harm; and implicit calls to add to the responses. */
  readonly committed?: (call: SetCall, result: SetResult, prepared: Prepared, tx: Transaction) => Promise<void>;
  readonly after?: (
    call: SetCall,
    result: SetResult,
    prepared: Prepared,
  ) => Promise<readonly (readonly [string, Record<string, unknown>])[]>;
}

export interface SetCall extends Reading {
  readonly create: ReadonlyMap<string, Wire>;
  readonly update: ReadonlyMap<string, Wire>;
  readonly destroy: readonly string[];
  /** Fresh id of each create, minted before the commit so that planning again gives the same. */
  readonly newIds: ReadonlyMap<string, string>;
  /** `#creationId` → id among what this call and earlier ones created; other text is itself; null: nothing was created so. */
  readonly resolve: (value: string) => string | null;
  /** Instant of the call, ms since 1970 UTC. */
  readonly now: number;
}

export interface CreatedObject {
  readonly creationId: string;
  readonly id: string;
  readonly wire: Wire;
  /** As the client sent it. */
  readonly sent: Wire;
}

export interface UpdatedObject {
  readonly id: string;
  readonly before: Wire;
  readonly after: Wire;
  readonly patch: Wire;
}

export interface SetResult {
  readonly created: Map<string, Wire>;
  readonly updated: Map<string, Wire | null>;
  readonly destroyed: string[];
  readonly notCreated: Map<string, SetError>;
  readonly notUpdated: Map<string, SetError>;
  readonly notDestroyed: Map<string, SetError>;
}

/** RFC 8620 §5.4. */
export interface CopyDefinition<Staged> {
  /** Reads the original and writes what must be there before the commit. */
  readonly stage: (copying: Copying, wire: Wire, newId: string) => Promise<Outcome<Staged, SetError>>;
  /** Pure. */
  readonly create: (tx: Transaction, staged: Staged) => Outcome<Wire, SetError>;
}

export interface Copying {
  readonly context: RequestContext;
  readonly from: LoadedAccount;
  readonly to: LoadedAccount;
}

export interface Comparator {
  readonly property: string;
  readonly isAscending: boolean;
  readonly keyword?: string;
}

/** RFC 8620 §5.5. Results are ids in order; a type brings its own plan for filter and sort. */
export interface QueryDefinition {
  readonly arguments?: Arguments;
  readonly filters: Readonly<Record<string, Kind>>;
  readonly sorts: readonly string[];
  /** Sort properties that need `keyword` on the comparator. */
  readonly keywordSorts?: readonly string[];
  readonly run: (reading: Reading, query: Query) => Promise<Outcome<QueryResults, MethodError>>;
}

export type Filter =
  | { readonly operator: "AND" | "OR" | "NOT"; readonly conditions: readonly Filter[] }
  | { readonly condition: Readonly<Record<string, unknown>> };

interface Query {
  readonly filter: Filter | null;
  readonly sort: readonly Comparator[];
  /** Ids of results from this index on are not needed; null: all are. */
  readonly upTo: number | null;
  /** Whether the number of all results is needed even so. */
  readonly wantsTotal: boolean;
}

export interface QueryResults {
  /** Perhaps only as far as `upTo`. */
  readonly ids: readonly string[];
  /** Number of all results; null only when it was not wanted. */
  readonly total: number | null;
  /** Whether a record's place can change after its creation. */
  readonly mutable: boolean;
  /** Ids, besides those that /changes names, whose place may have changed because others did (threads). */
  readonly alsoAffected?: (changedIds: readonly string[], since: { epoch: number; seq: number }) => Iterable<string> | null;
}

export interface TypeDefinition {
  readonly name: string;
  readonly capability: string;
  /** Properties besides `id`. */
  readonly properties: Readonly<Record<string, Property>>;
  /** Name under which the log tracks its changes; default `name`. */
  readonly logType?: string;
  /** State string; default that of the type's newest change. */
  readonly state?: (state: AccountState) => string;
  /** Of a type that no log holds: its state. What changed between two of them cannot be told. */
  readonly outsideState?: (reading: Reading) => Promise<string>;
  readonly get?: GetDefinition;
  readonly changes?: ChangesDefinition;
  // biome-ignore lint/suspicious/noExplicitAny: what `prepare` gives is known to the definition alone
  readonly set?: SetDefinition<any>;
  // biome-ignore lint/suspicious/noExplicitAny: what `stage` gives is known to the definition alone
  readonly copy?: CopyDefinition<any>;
  readonly query?: QueryDefinition;
  /** Further methods by full name. */
  readonly methods?: Readonly<Record<string, Method>>;
}

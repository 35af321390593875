/** All types, and the methods that the engine makes of them. */
import { CORE, MAIL, MDN } from "../capabilities.ts";
import { changesMethod } from "../engine/changes.ts";
import type { Method } from "../engine/context.ts";
import { copyMethod } from "../engine/copy.ts";
import type { TypeDefinition } from "../engine/definition.ts";
import { getMethod } from "../engine/get.ts";
import { queryMethod } from "../engine/query.ts";
import { queryChangesMethod } from "../engine/query-changes.ts";
import { setMethod } from "../engine/set.ts";
import { ok } from "../errors.ts";
import type { MethodTable } from "../request.ts";
import { blobMethods } from "./blob.ts";
import { email } from "./email.ts";
import { emailSubmission } from "./email-submission.ts";
import { identity } from "./identity.ts";
import { mailbox } from "./mailbox.ts";
import { mdnMethods } from "./mdn.ts";
import { principal } from "./principal.ts";
import { pushSubscriptionMethods } from "./push-subscription.ts";
import { quota } from "./quota.ts";
import { searchSnippetMethods } from "./search-snippet.ts";
import { shareNotification } from "./share-notification.ts";
import { sieveScript } from "./sieve-script.ts";
import { thread } from "./thread.ts";
import { vacationResponse } from "./vacation-response.ts";

const types: readonly TypeDefinition[] = [
  mailbox,
  thread,
  email,
  identity,
  emailSubmission,
  vacationResponse,
  sieveScript,
  quota,
  principal,
  shareNotification,
];

/** RFC 8620 §4: the arguments come back as they are. */
const echo: Method = async ({ args }) => ok([["Core/echo", args]]);

const methodsOf = (type: TypeDefinition): [string, Method][] => {
  const methods: [string, Method][] = Object.entries(type.methods ?? {});
  if (type.get) methods.push([`${type.name}/get`, getMethod(type, type.get)]);
  if (type.changes) methods.push([`${type.name}/changes`, changesMethod(type, type.changes)]);
  const set = type.set && setMethod(type, type.set);
  if (set) methods.push([`${type.name}/set`, set]);
  if (set && type.copy) methods.push([`${type.name}/copy`, copyMethod(type, type.copy, set)]);
  if (type.query) {
    methods.push([`${type.name}/query`, queryMethod(type, type.query)]);
    methods.push([`${type.name}/queryChanges`, queryChangesMethod(type, type.query)]);
  }
  return methods;
};

export const methods: MethodTable = new Map([
  ["Core/echo", { capability: CORE, method: echo }],
  ...Object.entries(pushSubscriptionMethods).map(([name, method]) => [name, { capability: CORE, method }] as const),
  ...blobMethods.map(([name, capability, method]) => [name, { capability, method }] as const),
  ...Object.entries(searchSnippetMethods).map(([name, method]) => [name, { capability: MAIL, method }] as const),
  ...Object.entries(mdnMethods).map(([name, method]) => [name, { capability: MDN, method }] as const),
  ...types.flatMap((type) => methodsOf(type).map(([name, method]) => [name, { capability: type.capability, method }] as const)),
]);

/** Processes one Request object (RFC 8620 §3): checks it, makes each call in turn, gathers the responses. */
import { TransientError } from "../errors.ts";
import { isId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { Principal } from "../ports/directory-store.ts";
import type { ApiAnswer, Invocation, JmapPorts, ProblemDocument } from "./api.ts";
import { isOffered } from "./capabilities.ts";
import { type Method, type MethodResult, RequestContext } from "./engine/context.ts";
import { isObject } from "./engine/kinds.ts";
import { type MethodError, methodError, problem } from "./errors.ts";
import { readIJson } from "./json.ts";
import { resolveReferences } from "./references.ts";
import { sessionState } from "./session.ts";

/** Methods by name, each with the capability that `using` must hold. */
export type MethodTable = ReadonlyMap<string, { readonly capability: string; readonly method: Method }>;

export interface RequestObject {
  readonly using: readonly string[];
  readonly methodCalls: readonly Invocation[];
  readonly createdIds: Readonly<Record<string, string>> | null;
}

type Checked<Value> = { outcome: "ok"; value: Value } | { outcome: "refused"; problem: ProblemDocument };

/** RFC 8620 §3.1, §3.6.1 notJSON and limit. */
export const readBody = (body: string | Uint8Array, contentType: string | null): Checked<unknown> => {
  if (contentType !== null && !/^application\/json\s*(;|$)/i.test(contentType.trim()))
    return { outcome: "refused", problem: problem.notJson("The content type is not application/json.") };
  const octets = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  if (octets > limits.jmap.maxSizeRequest)
    return {
      outcome: "refused",
      problem: problem.limit("maxSizeRequest", `The request is larger than ${limits.jmap.maxSizeRequest} octets.`),
    };
  const text = typeof body === "string" ? body : decoded(body);
  if (text === null) return { outcome: "refused", problem: problem.notJson("The request is not UTF-8.") };
  const reading = readIJson(text, limits.jmap.jsonDepth);
  if (reading.outcome === "read") return { outcome: "ok", value: reading.value };
  if (reading.outcome === "unreadable") return { outcome: "refused", problem: problem.notJson(reading.reason) };
  return { outcome: "refused", problem: problem.limit("jsonDepth", `Arrays and objects may be nested ${limits.jmap.jsonDepth} deep.`) };
};

const decoded = (octets: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return null;
  }
};

/** RFC 8620 §3.3, §3.6.1 notRequest, unknownCapability and limit. */
export const checkRequest = (ports: JmapPorts, value: unknown): Checked<RequestObject> => {
  const refused = (detail: string): Checked<RequestObject> => ({ outcome: "refused", problem: problem.notRequest(detail) });
  if (!isObject(value)) return refused("The request is not an object.");
  const { using, methodCalls, createdIds = null } = value;
  if (!Array.isArray(using) || !using.every((urn) => typeof urn === "string")) return refused('"using" is not a list of strings.');
  if (!Array.isArray(methodCalls)) return refused('"methodCalls" is not a list.');
  if (!methodCalls.every(isInvocation)) return refused("A method call is not [name, arguments, call id].");
  if (createdIds !== null && !isIdMap(createdIds)) return refused('"createdIds" is not a map of ids.');
  const unknown = using.find((urn) => !isOffered(ports, urn));
  if (unknown !== undefined)
    return { outcome: "refused", problem: problem.unknownCapability(`"${unknown.slice(0, 200)}" is not a capability of this server.`) };
  if (methodCalls.length > limits.jmap.maxCallsInRequest)
    return {
      outcome: "refused",
      problem: problem.limit("maxCallsInRequest", `A request may hold ${limits.jmap.maxCallsInRequest} method calls.`),
    };
  return { outcome: "ok", value: { using, methodCalls, createdIds: createdIds as Record<string, string> | null } };
};

const isInvocation = (call: unknown): call is Invocation =>
  Array.isArray(call) && call.length === 3 && typeof call[0] === "string" && isObject(call[1]) && typeof call[2] === "string";

const isIdMap = (value: unknown): boolean => isObject(value) && Object.entries(value).every(([key, mapped]) => isId(key) && isId(mapped));

/** RFC 8620 §3.4, §3.10. */
export const processRequest = async (
  ports: JmapPorts,
  methods: MethodTable,
  principal: Principal,
  request: RequestObject,
): Promise<ApiAnswer> => {
  const context = new RequestContext(principal, ports, new Set(request.using));
  for (const [creationId, id] of Object.entries(request.createdIds ?? {})) context.createdIds.set(creationId, id);
  const methodResponses: Invocation[] = [];
  for (const [name, args, callId] of request.methodCalls) {
    const result = await callMethod(context, methods, name, args, methodResponses);
    if (result.ok) for (const [replyName, reply] of result.value) methodResponses.push([replyName, reply, callId]);
    else methodResponses.push(["error", { ...result.error }, callId]);
  }
  return {
    outcome: "answered",
    json: {
      methodResponses,
      ...(request.createdIds && { createdIds: Object.fromEntries(context.createdIds) }),
      sessionState: sessionState(principal, ports),
    },
  };
};

const callMethod = async (
  context: RequestContext,
  methods: MethodTable,
  name: string,
  args: Record<string, unknown>,
  responses: readonly Invocation[],
): Promise<MethodResult> => {
  const known = methods.get(name);
  if (!known || !context.using.has(known.capability)) return methodError("unknownMethod");
  const resolved = resolveReferences(args, responses);
  if (!resolved.ok) return resolved;
  try {
    return await known.method({ context, args: resolved.value });
  } catch (error) {
    context.ports.failed(error, name);
    return { ok: false, error: thrown(error) };
  }
};

/** The one place where what was thrown becomes a JMAP error. */
const thrown = (error: unknown): MethodError =>
  error instanceof TransientError
    ? { type: "serverUnavailable", description: "A resource was busy; try again shortly." }
    : { type: "serverFail", description: "The call failed because of a fault of the server; it was recorded." };

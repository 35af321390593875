/** JMAP over WebSocket (RFC 8887 §4.3.1 to §4.3.4): one text message in, what to do about it out. */
import type { Principal } from "../ports/directory-store.ts";
import type { JmapPorts, ProblemDocument, SocketAnswer } from "./api.ts";
import { isObject, listOf, nullable, string } from "./engine/kinds.ts";
import { problem } from "./errors.ts";
import { checkRequest, type MethodTable, processRequest, readBody } from "./request.ts";

/** RFC 8887 §4.3.4: a request that fails as a whole. */
const requestError = (refusal: ProblemDocument, requestId: unknown): SocketAnswer => ({
  outcome: "reply",
  json: { "@type": "RequestError", requestId: typeof requestId === "string" ? requestId : null, ...refusal },
});

const stringListOrNull = nullable(listOf(string));

export const answerSocket = async (ports: JmapPorts, methods: MethodTable, principal: Principal, text: string): Promise<SocketAnswer> => {
  const body = readBody(text, null);
  if (body.outcome === "refused") return requestError(body.problem, null);
  const message = body.value;
  if (!isObject(message)) return requestError(problem.notRequest("The message is not an object."), null);
  const { "@type": type, id, dataTypes = null, pushState = null } = message;
  // RFC 8887 §4.3.5.2
  if (type === "WebSocketPushEnable") {
    if (stringListOrNull(dataTypes) !== null || nullable(string)(pushState) !== null)
      return requestError(problem.notRequest("The push request is malformed."), null);
    return { outcome: "pushEnable", dataTypes: dataTypes as string[] | null, pushState: pushState as string | null };
  }
  // RFC 8887 §4.3.5.3
  if (type === "WebSocketPushDisable") return { outcome: "pushDisable" };
  if (type !== "Request") return requestError(problem.notRequest('"@type" is none that a client sends.'), id);
  const request = checkRequest(ports, message);
  if (request.outcome === "refused") return requestError(request.problem, id);
  const answer = await processRequest(ports, methods, principal, request.value);
  if (answer.outcome === "refused") return requestError(answer.problem, id);
  return { outcome: "reply", json: { "@type": "Response", ...(typeof id === "string" && { requestId: id }), ...answer.json } };
};

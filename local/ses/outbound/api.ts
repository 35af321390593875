/** The two SES APIs share one endpoint: v1 posts a form to `/`, v2 speaks JSON below `/v2/email/`. */
import type { ServerResponse } from "node:http";
import type { ApiCall, IamCheck, RequestHead, WireProtocol } from "../../service.ts";
import { readHeaderBlock } from "../header-fields.ts";
import type { SesModel } from "../model.ts";
import { readV1, type V1Call, v1Answer } from "./api-v1.ts";
import { isV2Path, readV2 } from "./api-v2.ts";
import { parties, refusalOf } from "./send-checks.ts";
import type { SendRequest } from "./send-request.ts";
import type { Sender } from "./sender.ts";

export type ReadCall =
  | ({ readonly api: "v1" } & V1Call)
  | { readonly api: "v2"; readonly action: "SendEmail"; readonly request: SendRequest };

export const protocolOf = (head: RequestHead): WireProtocol => (isV2Path(head.path) ? "rest-json" : "query");

const read = new WeakMap<ApiCall, Promise<ReadCall>>();

/** Reads a call once: it is asked for by the IAM check and again by the handler. */
export const readCall = (call: ApiCall): Promise<ReadCall> => {
  const known = read.get(call);
  if (known) return known;
  const reading = readOnce(call);
  read.set(call, reading);
  return reading;
};

const readOnce = async (call: ApiCall): Promise<ReadCall> =>
  isV2Path(call.path) ? { api: "v2", action: "SendEmail", request: await readV2(call) } : { api: "v1", ...readV1(call.body) };

/**
 * SES asks about the sending identity and about the configuration set. Raw content is `ses:SendRawEmail` in both APIs:
 * v2's SendEmail with `Content.Raw` is refused without it.
 */
export const iamOf = (call: ReadCall, where: { region: string; accountId: string; model: SesModel }): IamCheck[] => {
  const arn = (kind: string, name: string): string => `arn:aws:ses:${where.region}:${where.accountId}:${kind}/${name}`;
  const identityArn = (address: string): string => where.model.identityOf(address)?.arn ?? arn("identity", address);
  if (call.action === "SendBounce") return [{ action: "ses:SendBounce", resource: identityArn(call.bounce.bounceSender) }];
  const { request } = call;
  const action = `ses:${request.operation}`;
  const { from, recipients } = parties(request, readHeaderBlock(request.octets));
  const context = { "ses:FromAddress": from, "ses:Recipients": recipients, "ses:ApiVersion": call.api === "v1" ? "1" : "2" };
  const { configurationSet = where.model.identityOf(from)?.configurationSet } = request;
  return [
    { action, resource: identityArn(from), context },
    ...(configurationSet === undefined ? [] : [{ action, resource: arn("configuration-set", configurationSet), context }]),
  ];
};

export const answerCall = async (
  call: ReadCall,
  { identity, requestId }: ApiCall,
  sender: Sender,
  response: ServerResponse,
): Promise<void> => {
  const messageId =
    call.action === "SendBounce"
      ? await sender.bounce(call.bounce, identity)
      : await sender.send(call.request, identity, refusalOf(call.api));
  if (call.api === "v2") response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ MessageId: messageId }));
  else response.writeHead(200, { "content-type": "text/xml" }).end(v1Answer(call.action, messageId, requestId));
};

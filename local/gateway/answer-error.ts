import type { ServerResponse } from "node:http";
import type { WireProtocol } from "../service.ts";

export interface ErrorAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes an error as the SDK of that protocol expects it. */
export function answerError(response: ServerResponse, protocol: WireProtocol, requestId: string, error: ErrorAnswer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { contentType, body } = shapes[protocol](error, requestId);
  response.writeHead(error.status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "x-amzn-requestid": requestId,
    ...(protocol === "json" || protocol === "rest-json" ? { "x-amzn-errortype": bareCode(error.code) } : {}),
  });
  response.end(body);
}

type Shape = (error: ErrorAnswer, requestId: string) => { contentType: string; body: string };

const shapes: Readonly<Record<WireProtocol, Shape>> = {
  json: (error) => ({
    contentType: "application/x-amz-json-1.0",
    body: JSON.stringify({ __type: error.code, message: error.message, ...error.details }),
  }),
  "rest-json": (error) => ({
    contentType: "application/json",
    body: JSON.stringify({ message: error.message, Message: error.message, ...error.details }),
  }),
  query: (error, requestId) => ({
    contentType: "text/xml",
    body:
      `<ErrorResponse><Error><Type>${error.status < 500 ? "Sender" : "Receiver"}</Type><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  }),
  s3: (error, requestId) => ({
    contentType: "application/xml",
    body:
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>` +
      Object.entries(error.details ?? {})
        .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
        .join("") +
      `<RequestId>${requestId}</RequestId></Error>`,
  }),
};

/** The name under which each protocol's SDK knows a refusal. */
export function accessDeniedCode(protocol: WireProtocol): string {
  return protocol === "s3" || protocol === "query" ? "AccessDenied" : "AccessDeniedException";
}

export function escapeXml(value: string): string {
  return value.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** `com.amazonaws.dynamodb.v20120810#X` → `X`. */
function bareCode(code: string): string {
  return code.slice(code.indexOf("#") + 1);
}

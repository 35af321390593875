import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { HeadersPolicy } from "./distribution.ts";

/** Whatever writes the head of this response, the policy has the last word, as at the edge. */
export function applyOnWrite(response: ServerResponse, policy: HeadersPolicy | undefined, map: (value: string) => string): void {
  const write = response.writeHead.bind(response) as (status: number) => ServerResponse;
  response.writeHead = ((status: number, ...rest: unknown[]): ServerResponse => {
    const given = rest.find((one) => typeof one === "object" && one !== null) as OutgoingHttpHeaders | undefined;
    for (const [name, value] of Object.entries(given ?? {}))
      if (value !== undefined) response.setHeader(name, value as OutgoingHttpHeader as string);
    for (const name of policy?.remove ?? []) response.removeHeader(name);
    for (const { name, value, override } of policy?.set ?? []) {
      if (override || !response.hasHeader(name)) response.setHeader(name, map(value));
    }
    return write(status);
  }) as ServerResponse["writeHead"];
}

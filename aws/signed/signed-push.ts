/** Posts to open WebSockets through API Gateway's management API (`POST /@connections/{id}`). */
import type { PushChannel } from "../../core/ports/push-channel.ts";
import { ServiceRefusal } from "./service-refusal.ts";
import { percentEncode } from "./sign.ts";
import { type ClientOptions, createSignedClient } from "./signed-client.ts";

const gone = 410;

/** `endpoint` is the callback URL of the stage, with its path. */
export const createSignedPushChannel = (options: Pick<ClientOptions, "endpoint" | "region" | "credentials">): PushChannel => {
  const url = new URL(options.endpoint);
  const send = createSignedClient({ ...options, endpoint: url.origin, service: "execute-api", attempts: 3, timeoutMilliseconds: 5_000 });
  const stage = url.pathname.replace(/\/$/, "");
  return {
    post: async (connectionId, payload) => {
      const path = `${stage}/@connections/${percentEncode(connectionId)}`;
      const answer = await send({ method: "POST", path, headers: { "content-type": "application/octet-stream" }, body: payload });
      if (answer.status === gone) return "gone";
      if (answer.status >= 300) throw new ServiceRefusal("execute-api", `Status${answer.status}`, answer.status);
      return "posted";
    },
  };
};

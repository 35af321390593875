/** Posts to open WebSockets through API Gateway's management API. */
import { ApiGatewayManagementApiClient, GoneException, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import type { PushChannel } from "../core/ports/push-channel.ts";
import { sorted } from "./sdk-errors.ts";

export const createPushChannel = (endpoint: string): PushChannel => {
  const client = new ApiGatewayManagementApiClient({ endpoint, maxAttempts: 3 });
  return {
    post: async (connectionId, payload) => {
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(payload) }));
        return "posted";
      } catch (error) {
        if (error instanceof GoneException) return "gone";
        throw sorted(error);
      }
    },
  };
};

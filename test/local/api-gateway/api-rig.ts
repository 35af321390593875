import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiGatewayService } from "../../../local/api-gateway/api-gateway-service.ts";
import type { InvokeOutcome, Ports } from "../../../local/ports.ts";
import type { LocalService } from "../../../local/service.ts";
import { type ServiceRig, startRig } from "../service-rig.ts";

export type Handler = (event: never) => unknown;

export interface ApiRig {
  rig: ServiceRig;
  /** http://127.0.0.1:<port>: the API whose id was given to `serve`. */
  url: string;
  /** What the functions were given, newest last. */
  events: { functionArn: string; event: Record<string, unknown>; sourceArn: string }[];
  serve(apis: { http?: string; socket?: { id: string; stage: string } }): void;
  stop(): Promise<void>;
}

export const functionArn = (name: string) => `arn:aws:lambda:eu-west-2:111122223333:function:${name}`;

/** Functions are plain functions here: what API Gateway gives them and makes of their answers is what is tested. */
export async function startApi(
  functions: Record<string, Handler>,
  more: { services?: LocalService[]; ports?: Partial<Ports>; times?: { idleMs?: number } } = {},
): Promise<ApiRig> {
  const events: ApiRig["events"] = [];
  const invoke: Ports["functions"]["invoke"] = async (arn, payload, caller): Promise<InvokeOutcome> => {
    if (Buffer.byteLength(payload) > 6_291_556) return { outcome: "refused", code: "RequestTooLargeException" };
    const event = JSON.parse(payload) as Record<string, unknown>;
    events.push({ functionArn: arn, event, sourceArn: caller?.sourceArn ?? "" });
    const handler = functions[arn.split(":").at(-1)!];
    if (!handler) return { outcome: "refused", code: "AccessDeniedException" };
    try {
      return { outcome: "returned", payload: JSON.stringify((await handler(event as never)) ?? null) };
    } catch (error) {
      return { outcome: "failed", payload: JSON.stringify({ errorType: "Error", errorMessage: (error as Error).message }) };
    }
  };
  const ports: Partial<Ports> = { functions: { invoke, invokeLater: async () => undefined, exists: () => true }, ...more.ports };
  const rig = await startRig([...(more.services ?? []), new ApiGatewayService(more.times ?? {})], { ports });
  let served: Parameters<ApiRig["serve"]>[0] = {};
  const server: Server = createServer((request, response) => void rig.port("httpApis").handle(served.http ?? "", request, response));
  server.on("upgrade", (request, socket, head) => {
    void rig.port("socketApis").upgrade(served.socket?.id ?? "", served.socket?.stage ?? "", request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    rig,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    serve: (apis) => {
      served = { ...served, ...apis };
    },
    stop: async () => {
      server.closeAllConnections();
      await rig.stop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An HTTP API with these routes, each to the function of that name. */
export async function makeHttpApi(
  { rig, serve }: ApiRig,
  routes: Record<string, { function: string; authorizerId?: string; scopes?: string[]; timeoutMs?: number }>,
  properties: object = {},
  made?: string,
): Promise<string> {
  const suffix = Object.keys(routes).join("");
  const ApiId = made ?? (await rig.make("AWS::ApiGatewayV2::Api", `Http${suffix}`, { ProtocolType: "HTTP", ...properties })).ref;
  await rig.make("AWS::ApiGatewayV2::Stage", "Stage", { ApiId, StageName: "$default", AutoDeploy: true });
  for (const [RouteKey, route] of Object.entries(routes)) {
    const integration = {
      ApiId,
      IntegrationType: "AWS_PROXY",
      IntegrationUri: functionArn(route.function),
      PayloadFormatVersion: "2.0",
      TimeoutInMillis: route.timeoutMs,
    };
    const { ref } = await rig.make("AWS::ApiGatewayV2::Integration", `To${RouteKey}`, integration);
    await rig.make("AWS::ApiGatewayV2::Route", RouteKey, {
      ApiId,
      RouteKey,
      Target: `integrations/${ref}`,
      ...(route.authorizerId ? { AuthorizationType: "JWT", AuthorizerId: route.authorizerId, AuthorizationScopes: route.scopes } : {}),
    });
  }
  serve({ http: ApiId });
  return ApiId;
}

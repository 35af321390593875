import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
  type ApiCall,
  type CreatedResource,
  type IamCheck,
  type LocalService,
  type ResourceProvider,
  type ServiceContext,
  ServiceError,
  type TemplateResource,
  UnknownInTemplate,
} from "../service.ts";
import { type Api, apiArn } from "./api.ts";
import {
  apiFromTemplate,
  apiProperties,
  authorizerFromTemplate,
  authorizerProperties,
  integrationFromTemplate,
  integrationProperties,
  routeFromTemplate,
  routeProperties,
  stageFromTemplate,
  stageProperties,
} from "./api-template.ts";
import { HttpApiServer } from "./http-api.ts";
import { MAXIMUM_MESSAGE_OCTETS, SocketApiServer } from "./socket-api.ts";
import type { SocketTimes } from "./socket-connection.ts";

const quotas: SocketTimes = { idleMs: 10 * 60_000, longestMs: 2 * 3_600_000 };
/** `[/<api>][/<stage>]/@connections/<id>`. */
const CONNECTION_PATH = /^(?:\/([a-z0-9]{10}))?(?:\/([\w-]+))?\/@connections\/([^/]+)$/;

interface ConnectionCall {
  apiId: string;
  stage: string;
  connectionId: string;
}

/** API Gateway HTTP and WebSocket APIs, and the management API of connections: see README.md. */
export class ApiGatewayService implements LocalService {
  readonly name = "api-gateway";
  readonly signingNames = ["execute-api"];
  readonly protocol = "rest-json";
  readonly body = "buffered";
  readonly resources: Readonly<Record<string, ResourceProvider>>;
  readonly #times: SocketTimes;
  readonly #apis = new Map<string, Api>();
  #context!: ServiceContext;
  #http!: HttpApiServer;
  #sockets: SocketApiServer | null = null;

  constructor(times: Partial<SocketTimes> = {}) {
    this.#times = { ...quotas, ...times };
    this.resources = this.#providers();
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    this.#http = new HttpApiServer(context);
    this.#sockets = new SocketApiServer(context, this.#times);
    const ofKind = (kind: Api["kind"]) => [...this.#apis.values()].filter((api) => api.kind === kind);
    context.provide("httpApis", {
      handle: (apiId, request, response) => this.#handleHttp(apiId, request, response),
      soleApiId: () => (ofKind("HTTP").length === 1 ? ofKind("HTTP")[0]!.id : null),
    });
    context.provide("socketApis", {
      upgrade: (apiId, stage, request, socket, head) => this.#upgrade(apiId, stage, request, socket, head),
      apiIdOfStage: (stage) => ofKind("WEBSOCKET").find((api) => api.stages.has(stage))?.id ?? null,
    });
  }

  async stop(): Promise<void> {
    await this.#sockets?.stop();
  }

  iamOf(call: ApiCall): IamCheck[] {
    const { apiId, stage, connectionId } = this.#connectionCall(call);
    const resource = apiArn(this.#context, apiId, `${stage}/${call.method}/@connections/${connectionId}`);
    return [{ action: "execute-api:ManageConnections", resource }];
  }

  /** The @connections management API (API reference, "API Gateway Management API"). */
  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    const { connectionId } = this.#connectionCall(call);
    const connection = this.#sockets!.connections.get(connectionId);
    const gone = () => new ServiceError(410, "GoneException", "The connection is gone.");
    if (!connection) throw gone();
    switch (call.method) {
      case "POST":
        if (call.body.length > MAXIMUM_MESSAGE_OCTETS)
          throw new ServiceError(413, "PayloadTooLargeException", "The data has exceeded the maximum size allowed.");
        if (!(await connection.post(call.body))) throw gone();
        response.writeHead(200, { "content-length": 0 }).end();
        return;
      case "GET": {
        const { connectedAtMs, sourceIp, userAgent } = connection.facts;
        const body = JSON.stringify({
          connectedAt: new Date(connectedAtMs).toISOString(),
          identity: { sourceIp, userAgent },
          lastActiveAt: new Date(connection.lastActiveMs).toISOString(),
        });
        response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
        return;
      }
      case "DELETE":
        void connection.close(1000, "Connection Closed Normally");
        response.writeHead(204).end();
        return;
      default:
        throw new ServiceError(405, "MethodNotAllowedException", "Only POST, GET and DELETE are known for @connections");
    }
  }

  #connectionCall(call: ApiCall): ConnectionCall {
    const match = CONNECTION_PATH.exec(call.path);
    if (!match) throw new ServiceError(404, "NotFoundException", "Only the @connections API is served under this signing name");
    const connectionId = decodeURIComponent(match[3]!);
    const facts = this.#sockets!.connections.get(connectionId)?.facts;
    const known = match[1] === undefined || this.#apis.has(match[1]);
    const sockets = [...this.#apis.values()].filter((api) => api.kind === "WEBSOCKET");
    const api = facts?.api ?? this.#apis.get(match[1] ?? "") ?? (sockets.length === 1 ? sockets[0] : undefined);
    const named = match[2] ?? (known ? undefined : match[1]);
    return {
      apiId: api?.id ?? "unknown",
      stage: facts?.stage.name ?? named ?? [...(api?.stages.keys() ?? [])][0] ?? "unknown",
      connectionId,
    };
  }

  async #handleHttp(apiId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const api = this.#apis.get(apiId);
    if (api?.kind === "HTTP") return this.#http.handle(api, request, response);
    response.writeHead(404, { "content-type": "application/json" }).end('{"message":"Not Found"}');
  }

  async #upgrade(apiId: string, stageName: string, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const api = this.#apis.get(apiId);
    const stage = api?.kind === "WEBSOCKET" ? api.stages.get(stageName) : undefined;
    if (api && stage) return this.#sockets!.upgrade(api, stage, request, socket, head);
    socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  }

  #providers(): Record<string, ResourceProvider> {
    const within = (resource: TemplateResource): Api => {
      const api = this.#apis.get(String(resource.properties.ApiId));
      if (!api) throw new UnknownInTemplate(resource, `it names the API ${String(resource.properties.ApiId)}, which no stack makes`);
      return api;
    };
    const provider = (
      properties: ResourceProvider["properties"],
      create: (resource: TemplateResource, api: Api) => CreatedResource,
    ): ResourceProvider => ({
      properties,
      create: async (resource) => create(resource, within(resource)),
    });
    return {
      "AWS::ApiGatewayV2::Api": {
        properties: apiProperties,
        create: async (resource) => {
          const api = apiFromTemplate(resource, this.#context.region);
          this.#apis.set(api.id, api);
          const endpoint = api.kind === "HTTP" ? this.#context.webUrl : this.#context.webUrl.replace(/^http/, "ws");
          return { ref: api.id, attributes: { ApiId: api.id, ApiEndpoint: endpoint } };
        },
      },
      "AWS::ApiGatewayV2::Integration": provider(integrationProperties, (resource, api) => {
        const id = resource.stableId(7);
        api.integrations.set(id, integrationFromTemplate(resource, api));
        return { ref: id, attributes: { IntegrationId: id } };
      }),
      "AWS::ApiGatewayV2::Route": provider(routeProperties, (resource, api) => {
        api.routes.push(routeFromTemplate(resource, api));
        const id = resource.stableId(7);
        return { ref: id, attributes: { RouteId: id } };
      }),
      "AWS::ApiGatewayV2::Stage": provider(stageProperties, (resource, api) => {
        const stage = stageFromTemplate(resource);
        api.stages.set(stage.name, stage);
        return { ref: stage.name, attributes: { Id: stage.name } };
      }),
      "AWS::ApiGatewayV2::Authorizer": provider(authorizerProperties, (resource, api) => {
        const authorizer = authorizerFromTemplate(resource, api);
        api.authorizers.set(authorizer.id, authorizer);
        return { ref: authorizer.id, attributes: { AuthorizerId: authorizer.id } };
      }),
    };
  }
}

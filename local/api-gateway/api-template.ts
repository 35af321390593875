import { type TemplateResource, UnknownInTemplate } from "../service.ts";
import type { Api, ApiCors, Authorizer, Integration, Route, Stage } from "./api.ts";

type Properties = Readonly<Record<string, unknown>>;
const object = (value: unknown): Properties => (value ?? {}) as Properties;
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const tags = { inert: "tags are for cost reports" } as const;
const names = { inert: "resources are known by their ids" } as const;

/** Longest wait of an integration: HTTP APIs 30 s, WebSocket APIs 29 s (API Gateway quotas). */
const LONGEST_MS = { HTTP: 30_000, WEBSOCKET: 29_000 } as const;

export const apiProperties = {
  Name: names,
  Description: names,
  ProtocolType: "used",
  CorsConfiguration: "used",
  RouteSelectionExpression: "used",
  DisableExecuteApiEndpoint: { inert: "a laptop has one address for all" },
  IpAddressType: { inert: "loopback is IPv4" },
  Tags: tags,
} as const;

export const integrationProperties = {
  ApiId: "used",
  Description: names,
  IntegrationType: "used",
  IntegrationUri: "used",
  IntegrationMethod: { inert: "functions are always invoked by POST" },
  PayloadFormatVersion: "used",
  TimeoutInMillis: "used",
} as const;

export const routeProperties = {
  ApiId: "used",
  RouteKey: "used",
  Target: "used",
  AuthorizationType: "used",
  AuthorizerId: "used",
  AuthorizationScopes: "used",
  OperationName: names,
} as const;

export const stageProperties = {
  ApiId: "used",
  StageName: "used",
  AutoDeploy: { inert: "what the template says is always deployed" },
  DeploymentId: { inert: "what the template says is always deployed" },
  Description: names,
  StageVariables: "used",
  DefaultRouteSettings: "used",
  AccessLogSettings: { inert: "the laptop's log shows failures" },
  Tags: tags,
} as const;

export const authorizerProperties = {
  ApiId: "used",
  Name: names,
  AuthorizerType: "used",
  IdentitySource: "used",
  JwtConfiguration: "used",
  AuthorizerUri: "used",
  AuthorizerPayloadFormatVersion: "used",
  EnableSimpleResponses: "used",
  AuthorizerResultTtlInSeconds: "used",
} as const;

export function apiFromTemplate(resource: TemplateResource, region: string): Api {
  const kind = resource.properties.ProtocolType;
  if (kind !== "HTTP" && kind !== "WEBSOCKET")
    throw new UnknownInTemplate(resource, `ProtocolType is ${String(kind)}, not HTTP or WEBSOCKET`);
  const id = resource.stableId(10);
  return {
    id,
    kind,
    host: `${id}.execute-api.${region}.amazonaws.com`,
    cors: resource.properties.CorsConfiguration === undefined ? null : corsOf(object(resource.properties.CorsConfiguration)),
    routeSelection: String(resource.properties.RouteSelectionExpression ?? "$request.body.action"),
    routes: [],
    integrations: new Map(),
    authorizers: new Map(),
    stages: new Map(),
  };
}

const corsOf = (cors: Properties): ApiCors => ({
  origins: strings(cors.AllowOrigins),
  methods: strings(cors.AllowMethods),
  headers: strings(cors.AllowHeaders).map((name) => name.toLowerCase()),
  exposed: strings(cors.ExposeHeaders),
  credentials: cors.AllowCredentials === true,
  maxAgeSeconds: cors.MaxAge === undefined ? null : Number(cors.MaxAge),
});

export function integrationFromTemplate(resource: TemplateResource, api: Api): Integration {
  const { properties } = resource;
  if (properties.IntegrationType !== "AWS_PROXY")
    throw new UnknownInTemplate(resource, "only AWS_PROXY integrations with a function are known");
  if (api.kind === "HTTP" && properties.PayloadFormatVersion !== "2.0")
    throw new UnknownInTemplate(resource, "only payload format 2.0 is known");
  const longest = LONGEST_MS[api.kind];
  return {
    functionArn: functionArnOf(resource, properties.IntegrationUri),
    timeoutMs: Math.min(Number(properties.TimeoutInMillis ?? longest), longest),
  };
}

/** A function's ARN, or API Gateway's URI form `arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<arn>/invocations`. */
function functionArnOf(resource: TemplateResource, uri: unknown): string {
  const match =
    /^(?:arn:aws:apigateway:[\w-]+:lambda:path\/2015-03-31\/functions\/)?(arn:aws:lambda:[\w-]+:\d+:function:[\w:$-]+?)(?:\/invocations)?$/.exec(
      String(uri),
    );
  if (!match) throw new UnknownInTemplate(resource, `${String(uri)} is not the ARN of a function`);
  return match[1]!;
}

export function routeFromTemplate(resource: TemplateResource, api: Api): Route {
  const { properties } = resource;
  const type = String(properties.AuthorizationType ?? "NONE");
  if (!["NONE", "JWT", "CUSTOM"].includes(type)) throw new UnknownInTemplate(resource, `AuthorizationType ${type} is not known`);
  const integrationId = /^integrations\/(.+)$/.exec(String(properties.Target))?.[1];
  if (!integrationId || !api.integrations.has(integrationId))
    throw new UnknownInTemplate(resource, "its Target is not an integration of the template");
  const authorizerId = type === "NONE" ? null : String(properties.AuthorizerId);
  if (authorizerId !== null && !api.authorizers.has(authorizerId))
    throw new UnknownInTemplate(resource, "its AuthorizerId is not an authoriser of the template");
  return { key: String(properties.RouteKey), integrationId, authorizerId, scopes: strings(properties.AuthorizationScopes) };
}

export function stageFromTemplate(resource: TemplateResource): Stage {
  const settings = object(resource.properties.DefaultRouteSettings);
  const rate = settings.ThrottlingRateLimit;
  return {
    name: String(resource.properties.StageName),
    variables: Object.fromEntries(Object.entries(object(resource.properties.StageVariables)).map(([name, value]) => [name, String(value)])),
    throttle: rate === undefined ? null : { rate: Number(rate), burst: Number(settings.ThrottlingBurstLimit ?? rate) },
  };
}

export function authorizerFromTemplate(resource: TemplateResource, api: Api): Authorizer {
  const { properties } = resource;
  const id = resource.stableId(6);
  const sources = Array.isArray(properties.IdentitySource) ? strings(properties.IdentitySource) : [];
  if (properties.AuthorizerType === "JWT" && api.kind === "HTTP") {
    const jwt = object(properties.JwtConfiguration);
    return {
      kind: "jwt",
      id,
      identitySource: sources[0] ?? "$request.header.Authorization",
      issuer: String(jwt.Issuer),
      audience: strings(jwt.Audience),
    };
  }
  if (properties.AuthorizerType !== "REQUEST")
    throw new UnknownInTemplate(resource, `AuthorizerType ${String(properties.AuthorizerType)} is not known`);
  if (api.kind === "HTTP" && properties.AuthorizerPayloadFormatVersion !== "2.0") {
    throw new UnknownInTemplate(resource, "only AuthorizerPayloadFormatVersion 2.0 is known");
  }
  return {
    kind: "request",
    id,
    identitySources: sources,
    functionArn: functionArnOf(resource, properties.AuthorizerUri),
    simpleResponses: properties.EnableSimpleResponses === true,
    ttlSeconds: Number(properties.AuthorizerResultTtlInSeconds ?? 0),
  };
}

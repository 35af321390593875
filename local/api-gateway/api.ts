/** What the template says about an API (AWS::ApiGatewayV2::*). */
export interface Api {
  id: string;
  kind: "HTTP" | "WEBSOCKET";
  /** `<id>.execute-api.<region>.amazonaws.com`. */
  host: string;
  cors: ApiCors | null;
  /** WebSocket: `$request.body.action`. */
  routeSelection: string;
  routes: Route[];
  integrations: Map<string, Integration>;
  authorizers: Map<string, Authorizer>;
  stages: Map<string, Stage>;
}

export interface ApiCors {
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
  credentials: boolean;
  maxAgeSeconds: number | null;
}

export interface Route {
  /** `POST /jmap/api`, `$default`, `$connect`. */
  key: string;
  integrationId: string;
  authorizerId: string | null;
  scopes: string[];
}

export interface Integration {
  functionArn: string;
  timeoutMs: number;
}

export type Authorizer =
  | { kind: "jwt"; id: string; identitySource: string; issuer: string; audience: string[] }
  | { kind: "request"; id: string; identitySources: string[]; functionArn: string; simpleResponses: boolean; ttlSeconds: number };

export interface Stage {
  name: string;
  variables: Record<string, string>;
  /** Requests a second and burst, or null. */
  throttle: { rate: number; burst: number } | null;
}

export const apiArn = (place: { region: string; accountId: string }, apiId: string, rest: string): string =>
  `arn:aws:execute-api:${place.region}:${place.accountId}:${apiId}/${rest}`;

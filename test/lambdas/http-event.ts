/** An HTTP API event as API Gateway sends it (payload 2.0), with what a test wants different. */
import type { HttpEvent } from "../../lambdas/edge/http.ts";

export const httpEvent = (
  routeKey: string,
  different: {
    headers?: Record<string, string>;
    body?: string;
    isBase64Encoded?: boolean;
    pathParameters?: Record<string, string>;
    query?: Record<string, string>;
    claims?: Record<string, string>;
  } = {},
): HttpEvent => {
  const [method, path] = routeKey.split(" ") as [string, string];
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: "",
    headers: different.headers ?? {},
    queryStringParameters: different.query,
    pathParameters: different.pathParameters,
    body: different.body,
    isBase64Encoded: different.isBase64Encoded ?? false,
    requestContext: {
      accountId: "000000000000",
      apiId: "api",
      domainName: "api",
      domainPrefix: "api",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "r",
      routeKey,
      stage: "$default",
      time: "",
      timeEpoch: 0,
      authorizer: { principalId: "", integrationLatency: 0, jwt: { claims: different.claims ?? {}, scopes: [] } },
    },
  };
};

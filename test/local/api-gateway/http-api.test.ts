import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CognitoService } from "../../../local/cognito/cognito-service.ts";
import { clientProperties, poolProperties } from "../cognito/pool-rig.ts";
import { signInBySrp } from "../cognito/srp-client.ts";
import { region } from "../service-rig.ts";
import { type ApiRig, functionArn, makeHttpApi, startApi } from "./api-rig.ts";

let api: ApiRig;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  api = await startApi(
    {
      echo: (event) => ({ statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(event) }),
      plain: () => ({ any: "json" }),
      text: () => "just text",
      full: () => ({
        statusCode: 201,
        headers: { "X-One": "1" },
        cookies: ["a=1; Secure", "b=2"],
        body: Buffer.from([0, 255]).toString("base64"),
        isBase64Encoded: true,
      }),
      broken: () => ({ statusCode: "none" }),
      thrower: () => {
        throw new Error("secret detail");
      },
      slow: () => pause(2_000),
    },
    { services: [new CognitoService()] },
  );
});
afterAll(() => api.stop());

describe("payload format 2.0", () => {
  beforeAll(() =>
    makeHttpApi(api, {
      "POST /items/{id}": { function: "echo" },
      "GET /files/{proxy+}": { function: "echo" },
      "GET /files/{name}": { function: "echo" },
    }),
  );

  it("has every field that AWS documents", async () => {
    const answer = await fetch(`${api.url}/items/a%20b?x=1&x=2&y=%26`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: "one=1; two=2", "X-Custom": "Value", "user-agent": "tester" },
      body: '{"a":"é"}',
    });
    const event = (await answer.json()) as { headers: Record<string, string>; requestContext: Record<string, string> };
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "POST /items/{id}",
      rawPath: "/items/a b",
      rawQueryString: "x=1&x=2&y=%26",
      cookies: ["one=1", "two=2"],
      queryStringParameters: { x: "1,2", y: "&" },
      pathParameters: { id: "a b" },
      body: '{"a":"é"}',
      isBase64Encoded: false,
      headers: { "x-custom": "Value", "content-type": "application/json", "content-length": "10", "x-forwarded-proto": "https" },
      requestContext: {
        accountId: "111122223333",
        stage: "$default",
        routeKey: "POST /items/{id}",
        http: { method: "POST", path: "/items/a b", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "tester" },
      },
    });
    const context = event.requestContext;
    expect(context.domainName).toBe(`${context.apiId}.execute-api.eu-west-2.amazonaws.com`);
    expect(context.time).toMatch(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/);
    expect(event.headers.cookie).toBeUndefined();
    expect(api.events.at(-1)!.sourceArn).toBe(`arn:aws:execute-api:eu-west-2:111122223333:${context.apiId}/$default/POST/items/{id}`);
  });

  it.each([
    ["text/plain; charset=utf-8", false],
    ["application/json", false],
    ["application/octet-stream", true],
    ["application/x-www-form-urlencoded", true],
    ["message/rfc822", true],
  ])("a %s body comes as base64: %s", async (type, encoded) => {
    const answer = await fetch(`${api.url}/items/1`, { method: "POST", headers: { "content-type": type }, body: "a=b" });
    const event = (await answer.json()) as { body: string; isBase64Encoded: boolean };
    expect(event.isBase64Encoded).toBe(encoded);
    expect(Buffer.from(event.body, encoded ? "base64" : "utf8").toString()).toBe("a=b");
  });

  it("prefers a full match to a greedy one, and knows no other routes", async () => {
    const key = async (path: string) => (await (await fetch(api.url + path)).json()) as { routeKey?: string; message?: string };
    expect((await key("/files/a")).routeKey).toBe("GET /files/{name}");
    expect((await key("/files/a/b")).routeKey).toBe("GET /files/{proxy+}");
    expect((await key("/nothing")).message).toBe("Not Found");
    expect((await fetch(`${api.url}/files/a`, { method: "DELETE" })).status).toBe(404);
  });

  it("refuses more than 10 MB itself and more than the function takes", async () => {
    const post = async (octets: number) => (await fetch(`${api.url}/items/1`, { method: "POST", body: new Uint8Array(octets) })).status;
    expect(await post(10 * 1024 * 1024 + 1)).toBe(413);
    expect(await post(5 * 1024 * 1024)).toBe(413);
    expect(await post(4 * 1024 * 1024)).toBe(200);
  });
});

describe("answers", () => {
  beforeAll(() =>
    makeHttpApi(api, {
      "GET /plain": { function: "plain" },
      "GET /text": { function: "text" },
      "GET /full": { function: "full" },
      "GET /broken": { function: "broken" },
      "GET /thrower": { function: "thrower" },
      "GET /slow": { function: "slow", timeoutMs: 200 },
      "GET /forbidden": { function: "not-permitted" },
      $default: { function: "echo" },
    }),
  );

  it("takes any JSON as a body", async () => {
    const plain = await fetch(`${api.url}/plain`);
    expect([plain.status, plain.headers.get("content-type"), await plain.json()]).toEqual([200, "application/json", { any: "json" }]);
    expect(await (await fetch(`${api.url}/text`)).text()).toBe("just text");
  });

  it("takes status, headers, cookies and base64", async () => {
    const full = await fetch(`${api.url}/full`);
    expect([full.status, full.headers.get("x-one"), full.headers.getSetCookie()]).toEqual([201, "1", ["a=1; Secure", "b=2"]]);
    expect([...new Uint8Array(await full.arrayBuffer())]).toEqual([0, 255]);
  });

  it.each([
    ["/broken", 500, "Internal Server Error"],
    ["/thrower", 500, "Internal Server Error"],
    ["/forbidden", 500, "Internal Server Error"],
    ["/slow", 503, "Service Unavailable"],
  ])("%s: %i, and nothing of the reason", async (path, status, message) => {
    const answer = await fetch(api.url + path);
    expect([answer.status, await answer.json()]).toEqual([status, { message }]);
  });

  it("sends what no route takes to $default", async () => {
    expect(((await (await fetch(`${api.url}/else`)).json()) as { routeKey: string }).routeKey).toBe("$default");
  });
});

describe("CORS", () => {
  beforeAll(() =>
    makeHttpApi(
      api,
      { "GET /cors": { function: "full" } },
      { CorsConfiguration: { AllowOrigins: ["https://mail.example"], AllowMethods: ["GET"], AllowHeaders: ["Authorization"], MaxAge: 60 } },
    ),
  );

  it("answers preflights and marks answers for allowed origins only", async () => {
    const ask = (origin: string, method = "GET") =>
      fetch(`${api.url}/cors`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": method, "access-control-request-headers": "authorization" },
      });
    const allowed = await ask("https://mail.example");
    expect([allowed.status, allowed.headers.get("access-control-allow-origin"), allowed.headers.get("access-control-max-age")]).toEqual([
      204,
      "https://mail.example",
      "60",
    ]);
    expect((await ask("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
    expect((await ask("https://mail.example", "PUT")).headers.get("access-control-allow-origin")).toBeNull();
    expect(
      (await fetch(`${api.url}/cors`, { headers: { origin: "https://mail.example" } })).headers.get("access-control-allow-origin"),
    ).toBe("https://mail.example");
  });
});

describe("JWT authoriser with the laptop's Cognito", () => {
  let at: { poolId: string; clientId: string };
  let tokens: { AccessToken?: string; IdToken?: string };
  const statusWith = async (authorization?: string, path = "/me") =>
    (await fetch(api.url + path, authorization ? { headers: { authorization } } : {})).status;

  beforeAll(async () => {
    const { rig } = api;
    const poolId = (await rig.make("AWS::Cognito::UserPool", "Pool", poolProperties)).ref;
    const clientId = (await rig.make("AWS::Cognito::UserPoolClient", "Client", { UserPoolId: poolId, ...clientProperties })).ref;
    at = { poolId, clientId };
    const cognito = new CognitoIdentityProviderClient({ region, endpoint: rig.url, credentials: rig.operator });
    const user = { UserPoolId: poolId, Username: "ann" };
    await cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: "SUPPRESS" }));
    await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: "Correct-Horse-42", Permanent: true }));
    tokens = (await signInBySrp(cognito, at, "ann", "Correct-Horse-42")).AuthenticationResult!;
    const ApiId = (await rig.make("AWS::ApiGatewayV2::Api", "Guarded", { ProtocolType: "HTTP" })).ref;
    const jwt = { ApiId, AuthorizerType: "JWT", IdentitySource: ["$request.header.Authorization"] };
    const JwtConfiguration = { Issuer: `https://cognito-idp.eu-west-2.amazonaws.com/${poolId}`, Audience: [clientId] };
    const authorizerId = (await rig.make("AWS::ApiGatewayV2::Authorizer", "Jwt", { ...jwt, JwtConfiguration })).ref;
    await makeHttpApi(
      api,
      {
        "GET /me": { function: "echo", authorizerId },
        "GET /scoped": { function: "echo", authorizerId, scopes: ["mail"] },
      },
      {},
      ApiId,
    );
    cognito.destroy();
  });

  it("admits a genuine access token and tells the claims as strings", async () => {
    const answer = await fetch(`${api.url}/me`, { headers: { authorization: `Bearer ${tokens.AccessToken}` } });
    expect(answer.status).toBe(200);
    const event = (await answer.json()) as { requestContext: { authorizer: { jwt: { claims: Record<string, string>; scopes: null } } } };
    const { claims, scopes } = event.requestContext.authorizer.jwt;
    expect(claims).toMatchObject({ username: "ann", token_use: "access", client_id: at.clientId });
    expect([typeof claims.exp, scopes]).toEqual(["string", null]);
  });

  it("refuses none, garbage, a changed one, an unsigned one, an expired one, one without the scope", async () => {
    const token = tokens.AccessToken!;
    const [head, payload, signature] = token.split(".") as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, username: "boss" })).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    expect(await statusWith()).toBe(401);
    expect(await statusWith("Bearer nonsense")).toBe(401);
    expect(await statusWith(`Bearer ${head}.${changed}.${signature}`)).toBe(401);
    expect(await statusWith(`Bearer ${none}.${payload}.`)).toBe(401);
    api.rig.clock.set(Date.now() + 3_601_000);
    expect(await statusWith(`Bearer ${token}`)).toBe(401);
    api.rig.clock.set(null);
    expect(await statusWith(`Bearer ${token}`, "/scoped")).toBe(403);
    expect((await fetch(`${api.url}/me`)).headers.get("www-authenticate")).toBe("Bearer");
  });
});

describe("templates", () => {
  it("stop at what is not known", async () => {
    const { rig } = api;
    const ApiId = (await rig.make("AWS::ApiGatewayV2::Api", "Strict", { ProtocolType: "HTTP" })).ref;
    const integration = { ApiId, IntegrationUri: functionArn("echo"), PayloadFormatVersion: "2.0" };
    await expect(rig.make("AWS::ApiGatewayV2::Integration", "Proxy", { ...integration, IntegrationType: "HTTP_PROXY" })).rejects.toThrow(
      /only AWS_PROXY/,
    );
    const old = { ...integration, IntegrationType: "AWS_PROXY", PayloadFormatVersion: "1.0" };
    await expect(rig.make("AWS::ApiGatewayV2::Integration", "Old", old)).rejects.toThrow(/payload format 2.0/);
  });
});

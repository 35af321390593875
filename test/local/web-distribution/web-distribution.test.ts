import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ApiGatewayService } from "../../../local/api-gateway/api-gateway-service.ts";
import type { InvokeOutcome } from "../../../local/ports.ts";
import { S3Service } from "../../../local/s3/s3-service.ts";
import { WebDistributionService } from "../../../local/web-distribution/web-distribution-service.ts";
import { type ServiceRig, startRig } from "../service-rig.ts";

let rig: ServiceRig;
let web: string;
let files: string;
const functionArn = "arn:aws:lambda:eu-west-2:111122223333:function:api";
const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), "penfold-web-"));
  await writeFile(join(files, "index.html"), "<!doctype html>the page");
  await writeFile(join(files, "app.js"), "run()");
  await writeFile(
    join(files, "config.json"),
    '{"cognito":"https://cognito-idp.eu-west-2.amazonaws.com","issuer":"https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Ab1","pool":"<<marker>>"}',
  );
  const invoke = async (_: string, payload: string): Promise<InvokeOutcome> => ({
    outcome: "returned",
    payload: JSON.stringify({ statusCode: 200, body: payload }),
  });
  const webPort = await freePort();
  rig = await startRig([new S3Service(), new ApiGatewayService(), new WebDistributionService()], {
    assets: { "site.zip": files },
    webPort,
    ports: { functions: { invoke, invokeLater: async () => undefined, exists: () => true } },
  });
  web = `http://127.0.0.1:${webPort}`;
  const bucket = await rig.make("AWS::S3::Bucket", "Web", {});
  await rig.make("Custom::CDKBucketDeployment", "Files", {
    DestinationBucketName: bucket.ref,
    SourceObjectKeys: ["site.zip"],
    SourceMarkers: [{ "<<marker>>": "eu-west-2_Ab1" }],
    SystemMetadata: { "cache-control": "no-cache" },
  });
  const http = await makeApi("HTTP", "GET /jmap/{proxy+}", "$default");
  const socket = await makeApi("WEBSOCKET", "$connect", "live");
  await makeDistribution(bucket.attributes.RegionalDomainName!, http, socket);
  const distribution = `arn:aws:cloudfront::111122223333:distribution/`;
  await rig.make("AWS::S3::BucketPolicy", "Policy", {
    Bucket: bucket.ref,
    PolicyDocument: {
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "cloudfront.amazonaws.com" },
          Action: "s3:GetObject",
          Resource: `${bucket.attributes.Arn}/*`,
          Condition: { StringLike: { "aws:SourceArn": `${distribution}*` } },
        },
      ],
    },
  });
  await rig.opened();
});
afterAll(async () => {
  await rig.stop();
  await rm(files, { recursive: true });
});

async function makeApi(ProtocolType: string, RouteKey: string, StageName: string): Promise<string> {
  const ApiId = (await rig.make("AWS::ApiGatewayV2::Api", ProtocolType, { ProtocolType })).ref;
  await rig.make("AWS::ApiGatewayV2::Stage", `${ProtocolType}Stage`, { ApiId, StageName });
  const integration = { ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: functionArn, PayloadFormatVersion: "2.0" };
  const { ref } = await rig.make("AWS::ApiGatewayV2::Integration", `${ProtocolType}To`, integration);
  await rig.make("AWS::ApiGatewayV2::Route", `${ProtocolType}Route`, { ApiId, RouteKey, Target: `integrations/${ref}` });
  return ApiId;
}

async function makeDistribution(bucketHost: string, http: string, socket: string): Promise<void> {
  const edge = async (Name: string, FunctionCode: string) =>
    (await rig.make("AWS::CloudFront::Function", Name, { Name, FunctionCode, FunctionConfig: {}, AutoPublish: true })).attributes
      .FunctionARN;
  const page = await edge(
    "page",
    'function handler(event) { var r = event.request; if (!r.uri.split("/").pop().includes(".")) r.uri = "/index.html"; return r; }',
  );
  const toStage = await edge("stage", 'async function handler(event) { event.request.uri = "/live"; return event.request; }');
  const gone = await edge(
    "gone",
    'function handler(event) { return { statusCode: 410, headers: { "x-why": { value: "moved" } }, body: "gone" }; }',
  );
  const policy = await rig.make("AWS::CloudFront::ResponseHeadersPolicy", "Headers", {
    ResponseHeadersPolicyConfig: {
      Name: "h",
      SecurityHeadersConfig: {
        ContentSecurityPolicy: {
          ContentSecurityPolicy: `default-src 'none'; connect-src https://cognito-idp.eu-west-2.amazonaws.com wss://${socket}.execute-api.eu-west-2.amazonaws.com`,
          Override: true,
        },
        StrictTransportSecurity: { AccessControlMaxAgeSec: 60, IncludeSubdomains: true, Override: true },
        ContentTypeOptions: { Override: true },
      },
      CustomHeadersConfig: { Items: [{ Header: "X-Custom", Value: "1", Override: false }] },
    },
  });
  const api = (id: string) => ({
    Id: id,
    DomainName: `${id}.execute-api.eu-west-2.amazonaws.com`,
    CustomOriginConfig: { OriginProtocolPolicy: "https-only" },
  });
  const onViewer = (FunctionARN: string | undefined) => [{ EventType: "viewer-request", FunctionARN }];
  const all = {
    AllowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
    OriginRequestPolicyId: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
  };
  await rig.make("AWS::CloudFront::Distribution", "Distribution", {
    DistributionConfig: {
      DefaultRootObject: "index.html",
      Enabled: true,
      Origins: [{ Id: "files", DomainName: bucketHost, OriginAccessControlId: "oac", S3OriginConfig: {} }, api(http), api(socket)],
      DefaultCacheBehavior: { TargetOriginId: "files", ResponseHeadersPolicyId: policy.ref, FunctionAssociations: onViewer(page) },
      CacheBehaviors: [
        { PathPattern: "/jmap/ws", TargetOriginId: socket, ...all, FunctionAssociations: onViewer(toStage) },
        { PathPattern: "/jmap/bare/*", TargetOriginId: http },
        { PathPattern: "/jmap/*", TargetOriginId: http, ...all },
        { PathPattern: "/old/*", TargetOriginId: "files", FunctionAssociations: onViewer(gone) },
      ],
      CustomErrorResponses: [{ ErrorCode: 403, ResponseCode: 404, ResponsePagePath: "/index.html" }],
    },
  });
}

describe("files", () => {
  it("come with type, cache headers and the policy's headers, addresses made the laptop's", async () => {
    const page = await fetch(`${web}/`);
    expect([page.status, page.headers.get("content-type"), page.headers.get("cache-control")]).toEqual([200, "text/html", "no-cache"]);
    expect(page.headers.get("content-security-policy")).toBe(`default-src 'none'; connect-src ${rig.url} ${web.replace("http", "ws")}`);
    expect(page.headers.get("strict-transport-security")).toBe("max-age=60; includeSubDomains");
    expect([page.headers.get("x-content-type-options"), page.headers.get("x-custom")]).toEqual(["nosniff", "1"]);
    expect(await page.text()).toContain("the page");
    const config = await (await fetch(`${web}/config.json`)).json();
    expect(config).toEqual({
      cognito: rig.url,
      issuer: "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Ab1",
      pool: "eu-west-2_Ab1",
    });
  });

  it("answers 304, HEAD, pages of the application, and error pages", async () => {
    const first = await fetch(`${web}/app.js`);
    expect(first.headers.get("content-type")).toBe("text/javascript");
    const again = await fetch(`${web}/app.js`, { headers: { "if-none-match": first.headers.get("etag")! } });
    expect(again.status).toBe(304);
    expect(await (await fetch(`${web}/app.js`, { method: "HEAD" })).text()).toBe("");
    expect(await (await fetch(`${web}/mail/inbox`)).text()).toContain("the page");
    const missing = await fetch(`${web}/nothing.js`);
    expect([missing.status, await missing.text()]).toEqual([404, "<!doctype html>the page"]);
  });

  it("refuses other methods and other host names, and brings localhost home", async () => {
    expect((await fetch(`${web}/`, { method: "POST" })).status).toBe(403);
    const byHost = (host: string) =>
      new Promise<number | undefined>((resolve) =>
        httpRequest(`${web}/`, { headers: { host } }, (answer) => resolve(answer.resume().statusCode)).end(),
      );
    expect(await byHost("rebound.example")).toBe(421);
    expect(await byHost(`localhost:${new URL(web).port}`)).toBe(307);
  });

  it("a function may answer by itself", async () => {
    const gone = await fetch(`${web}/old/page`);
    expect([gone.status, gone.headers.get("x-why"), await gone.text()]).toEqual([410, "moved", "gone"]);
  });
});

describe("APIs behind it", () => {
  it("get query and Authorization where the behaviour forwards them, else not", async () => {
    const ask = async (path: string) =>
      JSON.parse(await (await fetch(web + path, { headers: { authorization: "Bearer x" } })).text()) as {
        rawQueryString: string;
        headers: Record<string, string>;
      };
    const forwarded = await ask("/jmap/session?a=1");
    expect([forwarded.rawQueryString, forwarded.headers.authorization]).toEqual(["a=1", "Bearer x"]);
    const bare = await ask("/jmap/bare/x?a=1");
    expect([bare.rawQueryString, bare.headers.authorization]).toEqual(["", undefined]);
  });

  it.each(["/jmap/ws", "/live"])("opens a WebSocket at %s", async (path) => {
    const socket = new WebSocket(`${web.replace("http", "ws")}${path}`);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    socket.terminate();
  });

  it("has no WebSocket elsewhere", async () => {
    const socket = new WebSocket(`${web.replace("http", "ws")}/else`);
    expect(await new Promise((resolve) => socket.once("unexpected-response", (_, answer) => resolve(answer.statusCode)))).toBe(404);
  });
});

/** The setting `browserOrigins` of an environment, as the synthesized API enforces it, played on the laptop's API Gateway. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiRig, makeHttpApi, startApi } from "../local/api-gateway/api-rig.ts";
import { example, synthesize } from "./synthesized.ts";

const configured = "https://calendar.example.org";
const apisOf = (name: string) =>
  synthesize(example(name))
    .ofType("AWS::ApiGatewayV2::Api")
    .filter(({ Properties }) => Properties.ProtocolType === "HTTP");

const strangers = [
  "https://evil.example",
  "null",
  "https://calendar.example.org.evil.example",
  "https://evil-calendar.example.org",
  "https://calendar.example.orgevil",
  "https://sub.calendar.example.org",
  "http://calendar.example.org",
  "https://calendar.example.org:8443",
  "https://CALENDAR.example.org",
  "https://calendar.example.org, https://evil.example",
];

describe("H04: other origins", () => {
  let api: ApiRig;
  beforeAll(async () => {
    const own = { "access-control-allow-origin": "*", "access-control-allow-credentials": "true" };
    api = await startApi({ jmap: () => ({ statusCode: 200, headers: own, body: "{}" }) });
    const [made] = apisOf("example-two-regions");
    await makeHttpApi(api, { "POST /jmap/api": { function: "jmap" } }, { CorsConfiguration: made!.Properties.CorsConfiguration });
  });
  afterAll(() => api.stop());

  const grants = (response: Response) => Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("access-control-")));
  const preflight = (origin: string, headers = "authorization,content-type") =>
    fetch(`${api.url}/jmap/api`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": headers },
    });
  const ask = (origin: string) => fetch(`${api.url}/jmap/api`, { method: "POST", headers: { origin } });

  test("one that is configured may call the API with a token, and read what a client needs to", async () => {
    const allowed = grants(await preflight(configured));
    expect(allowed["access-control-allow-origin"]).toBe(configured);
    expect(allowed).not.toHaveProperty("access-control-allow-credentials");
    const answer = grants(await ask(configured));
    expect(answer["access-control-allow-origin"]).toBe(configured);
    expect(answer["access-control-expose-headers"]).toContain("retry-after");
    expect(answer).not.toHaveProperty("access-control-allow-credentials");
    expect(grants(await preflight(configured, "authorization,range"))).not.toEqual({});
    expect(grants(await preflight(configured, "x-anything"))).toEqual({});
  });

  test.each(strangers)("%s is told nothing, whatever the function itself would say", async (origin) => {
    expect(grants(await preflight(origin))).toEqual({});
    expect(grants(await ask(origin))).toEqual({});
  });
});

test("H04: an environment that names no origin has no CORS at all, and none has credentials or a wildcard", () => {
  for (const { Properties } of apisOf("example-one-region")) expect(Properties).not.toHaveProperty("CorsConfiguration");
  for (const { Properties } of apisOf("example-two-regions")) {
    expect(Properties.CorsConfiguration).toMatchObject({ AllowOrigins: [configured], AllowCredentials: false });
    expect(JSON.stringify(Properties.CorsConfiguration)).not.toContain("*");
  }
});

test("H04: a link to a large download, its own secret, may be read from any page, but never with credentials", () => {
  const rules = synthesize(example("example-two-regions"))
    .ofType("AWS::S3::Bucket")
    .flatMap(({ Properties }) => Properties.CorsConfiguration?.CorsRules ?? []);
  expect(rules.length).toBeGreaterThan(0);
  // S3 answers `*`, and with it never Access-Control-Allow-Credentials.
  for (const rule of rules) expect(rule).toMatchObject({ AllowedOrigins: ["*"], AllowedMethods: ["GET", "HEAD"] });
});

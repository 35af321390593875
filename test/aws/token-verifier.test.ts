import { createSign, generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTokenVerifier, type TokenVerifier } from "../../aws/token-verifier.ts";
import { TransientError } from "../../core/errors.ts";

const pool = "eu-west-2_Ab12Cd34E";
const issuer = `https://cognito-idp.eu-west-2.amazonaws.com/${pool}`;
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const others = generateKeyPairSync("rsa", { modulusLength: 2048 });
const now = () => Math.floor(Date.now() / 1000);
const good = () => ({
  sub: "sub-1",
  token_use: "access",
  client_id: "c1",
  iss: issuer,
  exp: now() + 600,
  iat: now(),
  scope: "aws.cognito.signin.user.admin",
});

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const tokenOf = (claims: object, header: object = { alg: "RS256", kid: "k1" }, key = keys.privateKey) => {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
};

let server: Server;
let verifier: TokenVerifier;
beforeAll(async () => {
  server = createServer((request, response) => {
    const jwk = { ...keys.publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" };
    if (request.url === `/${pool}/.well-known/jwks.json`) response.end(JSON.stringify({ keys: [jwk] }));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  verifier = createTokenVerifier({ issuer, clientIds: ["c1"], endpoint: `http://127.0.0.1:${port}` });
});
afterAll(() => void server.close());

describe("T02, T04: access tokens", () => {
  it("of ours are believed until they end", async () => {
    const claims = good();
    expect(await verifier.verify(tokenOf(claims))).toEqual({ subject: "sub-1", expiresAt: claims.exp * 1000 });
  });

  it.each<[string, () => string]>([
    ["expired", () => tokenOf({ ...good(), exp: now() - 10 })],
    ["valid only later", () => tokenOf({ ...good(), nbf: now() + 600 })],
    ["issued in the future", () => tokenOf({ ...good(), iat: now() + 600 })],
    ["without an end", () => tokenOf({ ...good(), exp: undefined })],
    ["whose end is a text", () => tokenOf({ ...good(), exp: `${now() + 600}` })],
    ["that would live for ever", () => tokenOf({ ...good(), exp: 1e308 })],
    ["of another issuer", () => tokenOf({ ...good(), iss: "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Other" })],
    ["of another client", () => tokenOf({ ...good(), client_id: "c9" })],
    ["for identification", () => tokenOf({ ...good(), token_use: "id", aud: "c1" })],
    ["unsigned", () => `${encode({ alg: "none", kid: "k1" })}.${encode(good())}.`],
    ["signed by someone else", () => tokenOf(good(), { alg: "RS256", kid: "k1" }, others.privateKey)],
    ["signed with a key nobody knows", () => tokenOf(good(), { alg: "RS256", kid: "k2" }, others.privateKey)],
    ["of symmetric making", () => tokenOf(good(), { alg: "HS256", kid: "k1" })],
    ["no token", () => "hello"],
  ])("%s are not", async (_name, make) => expect(await verifier.verify(make())).toBeNull());

  it("are neither believed nor refused while the keys cannot be had", async () => {
    const away = createTokenVerifier({ issuer, clientIds: ["c1"], endpoint: "http://127.0.0.1:9" });
    await expect(away.verify(tokenOf(good()))).rejects.toThrow(TransientError);
  });
});

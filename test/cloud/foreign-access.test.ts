/** Whoever asks for what is not theirs, or with a token that does not count, learns nothing: over HTTP and over the WebSocket. */
import { createHmac, createPublicKey, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { PoolKeys } from "../../local/cognito/pool-keys.ts";
import { type Answer, eventually, type JmapSession } from "./support/jmap-session.ts";
import { at, bootSmallService, type SmallService, textMessage } from "./support/small-service.ts";

const nia = at("nia.hart");
const owen = at("owen.reid");

let service: SmallService;
let mine: JmapSession;
let theirs: JmapSession;

beforeAll(async () => {
  service = await bootSmallService({ people: { "nia.hart": [], "owen.reid": [] } });
  mine = await service.signIn(nia);
  theirs = await service.signIn(owen);
});
afterAll(() => service?.stop());

describe("somebody else's accounts and blobs", () => {
  const subject = "Between us";
  const absent = "A00000000000000000000";
  let blobId: string;
  beforeAll(async () => {
    await service.send(textMessage({ subject, to: owen }), owen);
    blobId = (await eventually(async () => (await theirs.withSubject(subject))[0], 30_000, "ordinary mail")).blobId;
    expect((await theirs.fetch(`/jmap/download/${theirs.accountId}/${blobId}?name=x`)).status).toBe(200);
  });

  /** What is told, without what was asked. */
  const told = async (response: Response) => ({
    status: response.status,
    body: (await response.text()).replaceAll(/[A-Z][a-z0-9]{20}/g, "?"),
  });

  it.each(["Email/get", "Email/query", "Email/changes", "Email/set", "Mailbox/get", "Thread/get", "Identity/get", "EmailSubmission/get"])(
    "%s answers for a foreign account as for one that is not there",
    async (name) => {
      const more = name.endsWith("/changes") ? { sinceState: "1.1" } : name.endsWith("/get") ? { ids: [] } : {};
      const [foreign, missing] = await mine.calls(
        [name, { accountId: theirs.accountId, ...more }, "a"],
        [name, { accountId: absent, ...more }, "b"],
      );
      expect(foreign).toEqual(missing);
      expect(foreign).toMatchObject(["error", { type: "accountNotFound" }]);
    },
  );

  it("A03: download and upload do too, and a foreign blob is like none, in one's own account as well", async () => {
    const download = (account: string, blob: string) => mine.fetch(`/jmap/download/${account}/${blob}?name=x`).then(told);
    const none = await download(mine.accountId, `${blobId.slice(0, -6)}aaaaaa`);
    expect(none.status).toBe(404);
    for (const [account, blob] of [
      [mine.accountId, blobId],
      [theirs.accountId, blobId],
      [theirs.accountId, "nonsense"],
      [absent, blobId],
      [absent, "nonsense"],
    ] as const)
      expect(await download(account, blob)).toEqual(none);
    const upload = (account: string) => mine.fetch(`/jmap/upload/${account}`, { method: "POST", body: "x" }).then(told);
    expect(await upload(theirs.accountId)).toEqual(await upload(absent));
    expect((await upload(absent)).status).toBe(404);
  });

  it("a foreign Email cannot be sent, imported or attached", async () => {
    const emailId = (await theirs.withSubject(subject))[0].id;
    const { list: identities } = await mine.call("Identity/get");
    const drafts = await mine.mailboxId("drafts");
    const tries = async (email: string, blob: string) => {
      const { notCreated: submission } = await mine.call("EmailSubmission/set", {
        create: { s: { emailId: email, identityId: identities[0].id } },
      });
      const { notCreated: imported } = await mine.call("Email/import", { emails: { i: { blobId: blob, mailboxIds: { [drafts]: true } } } });
      const { notCreated: attached } = await mine.call("Email/set", {
        create: { d: { mailboxIds: { [drafts]: true }, attachments: [{ blobId: blob, type: "text/plain" }] } },
      });
      return JSON.stringify([submission, imported, attached]).replaceAll(blob, "?").replaceAll(email, "?");
    };
    expect(await tries(emailId, blobId)).toBe(await tries(`${emailId.slice(0, -4)}0000`, `${blobId.slice(0, -6)}aaaaaa`));
  });
});

describe("tokens that do not count", () => {
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    const poolId = service.cloud.resource("UserPool", "PenfoldIdentity").ref;
    const folder = join(service.cloud.dataDir, "cognito");
    const keys = new PoolKeys(folder, poolId);
    const strangersFolder = mkdtempSync(join(tmpdir(), "penfold-pool-"));
    const stranger = new PoolKeys(strangersFolder, "eu-west-2_Stranger1");
    rmSync(strangersFolder, { recursive: true });
    const [header, payload, signature] = mine.token.split(".") as [string, string, string];
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
    const write = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = read(payload);
    const now = Math.floor(Date.now() / 1000);
    const publicKey = createPublicKey(JSON.parse(readFileSync(join(folder, `${poolId}.keys.json`), "utf8")).access);
    const pem = publicKey.export({ type: "spki", format: "pem" });
    const symmetric = `${write({ ...read(header), alg: "HS256" })}.${payload}`;
    Object.assign(tokens, {
      "an expired one": keys.signToken("access", { ...claims, exp: now - 1 }),
      "one without a signature": `${write({ alg: "none" })}.${payload}.`,
      "one that says none and keeps its signature": `${write({ ...read(header), alg: "none" })}.${payload}.${signature}`,
      "one whose claims were changed": `${header}.${write({ ...claims, sub: "someone-else" })}.${signature}`,
      "one signed with the public key as a secret": `${symmetric}.${createHmac("sha256", pem).update(symmetric).digest("base64url")}`,
      "one of another pool": stranger.signToken("access", { ...claims, iss: claims.iss.replace(poolId, "eu-west-2_Stranger1") }),
      "one of another pool that names this one": stranger.signToken("access", claims),
      "one of this pool that names another": keys.signToken("access", {
        ...claims,
        iss: claims.iss.replace(poolId, "eu-west-2_Stranger1"),
      }),
      "one of an unknown client": keys.signToken("access", { ...claims, client_id: "nobody" }),
      "one that is not valid yet": keys.signToken("access", { ...claims, nbf: now + 600 }),
      "one issued in the future": keys.signToken("access", { ...claims, iat: now + 600 }),
      "one whose end is a text": keys.signToken("access", { ...claims, exp: `${now + 600}` }),
      "one that would live for ever": keys.signToken("access", { ...claims, exp: 1e308 }),
      "one whose end is no date": keys.signToken("access", { ...claims, exp: "never" }),
      "one without an end": keys.signToken("access", { ...claims, exp: undefined }),
      "an ID token": (await service.tokens(nia)).id,
      "an ID token signed as an access token": keys.signToken("access", { ...claims, token_use: "id", aud: claims.client_id }),
      nothing: "",
      "random text": randomBytes(40).toString("base64url"),
    });
    expect((await mine.fetch("/jmap/session")).status).toBe(200);
    const fresh = keys.signToken("access", { ...claims, exp: now + 60 });
    expect((await fetch(`${mine.origin}/jmap/session`, { headers: { authorization: `Bearer ${fresh}` } })).status).toBe(200);
  });

  const routes = [
    "GET /jmap/session",
    "POST /jmap/api",
    "GET /jmap/download/a/b?name=c",
    "POST /jmap/upload/a",
    "POST /jmap/ticket",
    "GET /jmap/eventsource",
  ];

  it("T02, T04: get 401 from every route", async () => {
    const admitted: string[] = [];
    for (const [what, token] of Object.entries(tokens))
      for (const route of routes) {
        const [method, path] = route.split(" ") as [string, string];
        const response = await fetch(`${mine.origin}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
        if (response.status !== 401) admitted.push(`${what}: ${route} ${response.status}`);
        await response.arrayBuffer();
      }
    expect(admitted).toEqual([]);
  });

  it("T02, T04: open no WebSocket", async () => {
    const session = (await (await mine.fetch("/jmap/session")).json()) as Answer;
    const { url } = session.capabilities["urn:ietf:params:jmap:websocket"];
    const statusOf = (address: string, headers: Record<string, string>) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(address, "jmap", { headers });
        socket.on("unexpected-response", (_, { statusCode = 0 }) => resolve(statusCode));
        socket.on("error", () => resolve(0));
        socket.on("open", () => {
          socket.close();
          resolve(101);
        });
      });
    const statuses: Record<string, number> = {};
    for (const [what, token] of Object.entries(tokens)) statuses[what] = await statusOf(url, { authorization: `Bearer ${token}` });
    expect(statuses).toEqual(Object.fromEntries(Object.keys(tokens).map((what) => [what, 401])));
    expect(await statusOf(`${url}?ticket=${randomBytes(32).toString("base64url")}`, {})).toBe(401);
    expect(await statusOf(url, {})).toBe(401);
    expect(await statusOf(url, mine.headers)).toBe(101);
    const { ticket } = (await (await mine.fetch("/jmap/ticket", { method: "POST" })).json()) as Answer;
    expect([await statusOf(`${url}?ticket=${ticket}`, {}), await statusOf(`${url}?ticket=${ticket}`, {})]).toEqual([101, 401]);
  });
});

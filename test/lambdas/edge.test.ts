import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { DownloadAnswer } from "../../core/jmap/api.ts";
import { limits } from "../../core/limits.ts";
import { callerOf } from "../../lambdas/edge/claims.ts";
import { dispositionOf, downloadAnswer, rangeOf } from "../../lambdas/edge/download.ts";
import { bodyOf, jsonAnswer } from "../../lambdas/edge/http.ts";
import { MemoryBlobStore } from "../support/memory-blob-store.ts";
import { httpEvent } from "./http-event.ts";

const api = "POST /jmap/api";

describe("answers", () => {
  it("are never cached, sniffed or framed", () => {
    expect(jsonAnswer(httpEvent(api), 200, { a: 1 }).headers).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-type": "application/json",
    });
  });

  it.each([
    ["gzip, deflate, br", true],
    ["br;q=1.0, gzip;q=0.8", true],
    ["gzip;q=0", false],
    ["identity", false],
    ["", false],
  ])("are compressed for a client that accepts %j: %s", (accepted, expected) => {
    const value = { text: "x".repeat(20_000) };
    const answer = jsonAnswer(httpEvent(api, { headers: { "accept-encoding": accepted } }), 200, value);
    expect(answer.headers?.["content-encoding"] === "gzip").toBe(expected);
    const text = expected ? gunzipSync(Buffer.from(answer.body!, "base64")).toString() : answer.body!;
    expect(JSON.parse(text)).toEqual(value);
  });

  it("are refused with the limit's problem when a function could not send them", () => {
    const answer = jsonAnswer(httpEvent(api), 200, { text: "x".repeat(limits.edge.answerOctets) });
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body!)).toMatchObject({ type: "urn:ietf:params:jmap:error:limit", limit: "maxSizeResponse" });
  });

  it("take bodies as text and as base64", () => {
    expect(bodyOf(httpEvent(api, { body: "grüße" })).toString()).toBe("grüße");
    expect(bodyOf(httpEvent(api, { body: Buffer.of(0, 255).toString("base64"), isBase64Encoded: true }))).toEqual(Buffer.of(0, 255));
    expect(bodyOf(httpEvent(api))).toHaveLength(0);
  });
});

describe("H02: file names in Content-Disposition", () => {
  it.each([
    ["report.pdf", `attachment; filename="report.pdf"; filename*=UTF-8''report.pdf`],
    ["Bericht für Ward.pdf", `attachment; filename="Bericht f_r Ward.pdf"; filename*=UTF-8''Bericht%20f%C3%BCr%20Ward.pdf`],
    ["../../etc/passwd", `attachment; filename="_.._etc_passwd"; filename*=UTF-8''_.._etc_passwd`],
    ['a"; filename="evil.exe', `attachment; filename="a_; filename=_evil.exe"; filename*=UTF-8''a%22%3B%20filename%3D%22evil.exe`],
    ["a\r\nSet-Cookie: x=1", `attachment; filename="aSet-Cookie: x=1"; filename*=UTF-8''aSet-Cookie%3A%20x%3D1`],
    ["invoice\u202Efdp.exe", `attachment; filename="invoicefdp.exe"; filename*=UTF-8''invoicefdp.exe`],
    ["\ud800bad", `attachment; filename="bad"; filename*=UTF-8''bad`],
    ["letter.html.exe", `attachment; filename="letter.html.exe"; filename*=UTF-8''letter.html.exe`],
    ["\u202egpj.exe\u2066", `attachment; filename="gpj.exe"; filename*=UTF-8''gpj.exe`],
    ["...", `attachment; filename="download"; filename*=UTF-8''download`],
  ])("%j", (name, expected) => expect(dispositionOf(name)).toBe(expected));
});

describe("ranges", () => {
  it.each([
    ["bytes=0-9", { offset: 0, length: 10 }],
    ["bytes=90-", { offset: 90, length: 10 }],
    ["bytes=-5", { offset: 95, length: 5 }],
    ["bytes=50-500", { offset: 50, length: 50 }],
    ["bytes=100-", false],
    ["bytes=9-3", false],
    ["bytes=-0", false],
    ["bytes=-", null],
    ["bytes=0-1,4-5", null],
    ["lines=1-2", null],
    [undefined, null],
  ])("%j of 100 octets", (header, expected) => expect(rangeOf(header, 100)).toEqual(expected));
});

describe("downloads (RFC 8620 §6.2)", () => {
  const route = "GET /jmap/download/{accountId}/{blobId}";
  const blob = { accountId: "A1", blobId: "G1", name: "scan.pdf" };
  const found = (octets: Uint8Array, storedKey: string | null): DownloadAnswer => ({
    outcome: "found",
    sizeOctets: octets.length,
    storedKey,
    read: async (range) => (range ? octets.subarray(range.offset, range.offset + range.length) : octets),
  });

  it("come as attachments in a sandbox, with the type asked for if it is one", async () => {
    const event = httpEvent(route, { query: { type: "text/html" } });
    const answer = await downloadAnswer(event, new MemoryBlobStore(), found(Buffer.from("<script>"), null), blob);
    expect(answer).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    expect(answer.headers).toMatchObject({ "content-type": "text/html", "x-content-type-options": "nosniff" });
    expect(answer.headers!["content-security-policy"]).toContain("sandbox");
    expect(answer.headers!["content-disposition"]).toMatch(/^attachment/);
    const odd = await downloadAnswer(
      httpEvent(route, { query: { type: "text/html\r\nX: y" } }),
      new MemoryBlobStore(),
      found(Buffer.of(1), null),
      blob,
    );
    expect(odd.headers!["content-type"]).toBe("application/octet-stream");
  });

  it("that are large go by a link that ends soon; a decoded part is stored for it first", async () => {
    const blobs = new MemoryBlobStore();
    const octets = Buffer.alloc(limits.edge.inlineDownloadOctets + 1, 7);
    const whole = await downloadAnswer(httpEvent(route), blobs, found(octets, "inbound/x"), blob);
    expect(whole.statusCode).toBe(307);
    expect(whole.headers!.location).toContain("inbound/x?expires=300");
    const part = await downloadAnswer(httpEvent(route), blobs, found(octets, null), blob);
    const [key] = [...blobs.objects.keys()];
    expect(key).toMatch(/^decoded\//);
    expect(part.headers!.location).toContain(key);
  });

  it("that are large can be had in pieces too", async () => {
    const octets = Buffer.alloc(limits.edge.inlineDownloadOctets * 2, 7);
    const event = httpEvent(route, { headers: { range: "bytes=4000000-4000009" } });
    const answer = await downloadAnswer(event, new MemoryBlobStore(), found(octets, "inbound/x"), blob);
    expect(answer).toMatchObject({ statusCode: 206, headers: { "content-range": "bytes 4000000-4000009/8000000" } });
    expect(Buffer.from(answer.body!, "base64")).toHaveLength(10);
    const past = await downloadAnswer(
      httpEvent(route, { headers: { range: "bytes=9000000-" } }),
      new MemoryBlobStore(),
      found(octets, "x"),
      blob,
    );
    expect(past).toMatchObject({ statusCode: 416, headers: { "content-range": "bytes */8000000" } });
  });
});

describe("T04: claims (RFC 8620 §8.2)", () => {
  const expected = { issuer: "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Pool", clientIds: ["c1", "c2"], now: 1_000_000 };
  const good = {
    sub: "s",
    token_use: "access",
    iss: "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Pool",
    client_id: "c2",
    exp: "2000",
  };
  it("of an access token of ours tell the caller", () =>
    expect(callerOf({ ...good, origin_jti: "si" }, expected)).toEqual({ subject: "s", signIn: "si", tokenExpiresAt: 2_000_000 }));
  it.each([
    ["an ID token", { token_use: "id" }],
    ["another pool", { iss: "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Other" }],
    ["another client", { client_id: "c3" }],
    ["an expired token", { exp: "1000" }],
    ["a token without an end", { exp: undefined }],
    ["a token whose end is no number", { exp: "never" }],
    ["a token that would live for ever", { exp: "1e308" }],
    ["a token of nobody", { sub: "" }],
  ])("of %s let nobody in", (_name, different) => expect(callerOf({ ...good, ...different }, expected)).toBeNull());
  it("that are absent let nobody in", () => expect(callerOf(undefined, expected)).toBeNull());
});

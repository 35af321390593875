import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../core/limits.ts";
import { ANN, ann, BOB, bob, message, TEAM, World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.make();
});

describe("RFC 9404 §4.1 to §4.3", () => {
  it("joins texts, base64 and pieces, and reads them back in ranges with digests", async () => {
    const responses = await world.request(ann, [
      ["Blob/upload", { accountId: ANN, create: { a: { data: [{ "data:asText": "The quick brown fox" }], type: "text/plain" } } }],
      [
        "Blob/upload",
        { accountId: ANN, create: { b: { data: [{ blobId: "#a", offset: 4, length: 6 }, { "data:asBase64": "anVtcHM=" }] } } },
      ],
      [
        "Blob/get",
        {
          accountId: ANN,
          ids: ["#b", "GUnone"],
          properties: ["data:asText", "digest:sha", "digest:sha-256", "size"],
          offset: 2,
          length: 40,
        },
      ],
      ["Blob/get", { accountId: ANN, ids: ["#a"] }],
    ]);
    expect(responses[0][1].created.a).toEqual({ id: expect.any(String), type: "text/plain", size: 19 });
    expect(responses[1][1].created.b.size).toBe(11);
    const selected = "ick jumps";
    expect(responses[2][1]).toEqual({
      accountId: ANN,
      list: [
        {
          id: responses[1][1].created.b.id,
          size: 11,
          "data:asText": selected,
          isTruncated: true,
          "digest:sha": createHash("sha1").update(selected).digest("base64"),
          "digest:sha-256": createHash("sha256").update(selected).digest("base64"),
        },
      ],
      notFound: ["GUnone"],
    });
    expect(responses[3][1].list[0]).toEqual({ id: responses[0][1].created.a.id, size: 19, "data:asText": "The quick brown fox" });
  });

  it("tells octets that are no text as base64", async () => {
    const responses = await world.request(ann, [
      ["Blob/upload", { accountId: ANN, create: { a: { data: [{ "data:asBase64": "gYEB" }] } } }],
      ["Blob/get", { accountId: ANN, ids: ["#a"] }],
      ["Blob/get", { accountId: ANN, ids: ["#a"], properties: ["data:asText"] }],
    ]);
    expect(responses[1][1].list[0]).toMatchObject({ "data:asBase64": "gYEB", isEncodingProblem: true, size: 3 });
    expect(responses[2][1].list[0]).toMatchObject({ "data:asText": null, isEncodingProblem: true });
  });

  const refused: [string, object, object][] = [
    ["two kinds at once", { data: [{ "data:asText": "a", blobId: "GU1" }] }, { type: "invalidProperties" }],
    ["bad base64", { data: [{ "data:asBase64": "####" }] }, { type: "invalidProperties" }],
    [
      "too many sources",
      { data: Array.from({ length: limits.jmap.maxDataSources + 1 }, () => ({ "data:asText": "" })) },
      { type: "invalidProperties" },
    ],
    ["an unknown blob", { data: [{ blobId: "GUnone" }] }, { type: "blobNotFound", notFound: ["GUnone"] }],
    ["an unknown property", { data: [], name: "x" }, { type: "invalidProperties", properties: ["name"] }],
    ["no data", {}, { type: "invalidProperties", properties: ["data"] }],
  ];
  it.each(refused)("refuses %s", async (_why, object, error) => {
    expect((await world.call("Blob/upload", { create: { a: object } })).notCreated.a).toMatchObject(error);
  });

  it("finds what holds a blob", async () => {
    const id = await world.deliver(ANN, message({}));
    const [{ threadId, textBody }] = (await world.call("Email/get", { ids: [id], properties: ["threadId", "textBody"] })).list;
    const answer = await world.call("Blob/lookup", {
      typeNames: ["Mailbox", "Thread", "Email"],
      ids: [`GM${id}`, textBody[0].blobId, "GUnone"],
    });
    expect(answer.list.map((item: { matchedIds: object }) => item.matchedIds)).toEqual(
      Array.from({ length: 2 }, () => ({ Mailbox: ["inbox"], Thread: [threadId], Email: [id] })),
    );
    expect(answer.notFound).toEqual(["GUnone"]);
    expect((await world.call("Blob/lookup", { typeNames: ["Nothing"], ids: [] })).type).toBe("unknownDataType");
  });
});

describe("RFC 8620 §6, §6.1 to §6.3", () => {
  it("copies blobs to another account under another id", async () => {
    const id = await world.deliver(BOB, message({}));
    const [[, answer]] = await world.request(bob, [["Blob/copy", { fromAccountId: BOB, accountId: TEAM, blobIds: [`GM${id}`, "GUnone"] }]]);
    expect(answer.notCopied).toEqual({ GUnone: { type: "blobNotFound", notFound: ["GUnone"] } });
    expect((await world.jmap.download(bob, TEAM, answer.copied[`GM${id}`])).outcome).toBe("found");
    // RFC 8620 §6.1: an upload is its uploader's, even in a shared account.
    expect((await world.jmap.download(ann, TEAM, answer.copied[`GM${id}`])).outcome).toBe("refused");
  });

  it("bounds uploads and lets them expire", async () => {
    expect(await world.jmap.upload(ann, ANN, new Uint8Array(limits.jmap.maxSizeUpload + 1), null)).toMatchObject({
      outcome: "refused",
      problem: { status: 413, limit: "maxSizeUpload" },
    });
    const stored = await world.jmap.upload(ann, ANN, Buffer.from("x"), "text/html\r\nX: y");
    if (stored.outcome !== "stored") throw new Error("refused");
    expect(stored.json.type).toBe("application/octet-stream");
    world.now += (limits.retention.uploadHours + 1) * 3_600_000;
    expect(await world.jmap.download(ann, ANN, stored.json.blobId)).toMatchObject({ outcome: "refused", problem: { status: 404 } });
  });
});

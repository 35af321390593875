import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bombs, zip } from "../../tools/bombs.ts";
import { generateMix } from "../../tools/generate-mix.ts";
import type { Followed } from "../../tools/send-corpus/follow.ts";
import { asSmtpLines, dotStuffed, findMessageFiles } from "../../tools/send-corpus/message-files.ts";
import { isClean, report, tally } from "../../tools/send-corpus/report.ts";
import type { Sent } from "../../tools/send-corpus/send-all.ts";
import { SmtpSession } from "../../tools/send-corpus/smtp-session.ts";
import { DOMAIN, startBench } from "../local/ses/laptop.ts";

describe("sending a corpus", () => {
  it("finds message files at any depth and leaves expectations and licences alone", () => {
    const folder = mkdtempSync(join(tmpdir(), "corpus-"));
    mkdirSync(join(folder, "a", "b"), { recursive: true });
    for (const name of ["a/b/one.eml", "a/two.EML", "three", "a/one.json", "LICENSE", "README"]) writeFileSync(join(folder, name), "x");
    expect(findMessageFiles(folder).map(({ name }) => name)).toEqual(["a/b/one.eml", "a/two.EML", "three"]);
    rmSync(folder, { recursive: true });
  });

  it("carries octets over SMTP unchanged but for line ends", async () => {
    const bench = await startBench();
    const session = await SmtpSession.open("127.0.0.1", bench.smtpPort);
    const octets = Buffer.from("Subject: x\n\n.\n..two\nbare\rcr\n\x80\xff\0end", "latin1");
    const sent = await session.send({ reversePath: "a@outside.example", recipients: [`b@${DOMAIN}`] }, octets);
    expect(sent.outcome).toBe("accepted");
    expect(await session.send({ reversePath: "a@outside.example", recipients: ["b@elsewhere.example"] }, octets)).toMatchObject({
      outcome: "refused",
      reply: /^550/,
    } as never);
    expect((await session.send({ reversePath: "a@outside.example", recipients: [`b@${DOMAIN}`] }, octets)).outcome).toBe("accepted");
    session.close();
    const stored = bench.objects.get(`mail-bucket/inbound/${sent.outcome === "accepted" && sent.receiptId}`)!;
    expect(stored.subarray(-asSmtpLines(octets).length)).toEqual(asSmtpLines(octets));
    await bench.stop();
  });

  it("stuffs dots at the beginning of a line only", () => {
    expect(dotStuffed(Buffer.from(".a\r\n.\r\nb.\r\n\r.c")).toString()).toBe("..a\r\n..\r\nb.\r\n\r.c");
  });

  it("counts what was lost and what came twice", () => {
    const sent: Sent[] = ["a", "b", "c", "d", "e"].map((name) => ({ name, millis: 1, outcome: { outcome: "accepted", receiptId: name } }));
    sent.push({ name: "f", millis: 1, outcome: { outcome: "refused", reply: "552 too large" } });
    const one = (name: string, endings: Followed["endings"], inMailbox: boolean, reasons: string[] = []): Followed => ({
      name,
      receiptId: name,
      endings,
      inMailbox,
      reasons,
    });
    const good = [
      one("a", ["filed"], true),
      one("b", ["quarantined"], false, ["fromMissing"]),
      one("c", ["dropped"], false, ["x"]),
      one("d", ["bounced"], false),
      one("e", ["filed"], true),
    ];
    const clean = tally(
      sent,
      good,
      new Map([
        ["Ea", 1],
        ["Ee", 1],
      ]),
    );
    expect(isClean(clean)).toBe(true);
    expect(report(clean)).toMatch(/refused {10}1\n {8}1 {2}552 too large/);
    expect(report(clean)).toMatch(/quarantined {6}1\n {8}1 {2}fromMissing/);
    expect(
      tally(
        sent,
        good,
        new Map([
          ["Ea", 2],
          ["Ee", 1],
        ]),
      ).duplicated,
    ).toHaveLength(1);
    const bad = tally(
      sent,
      [one("a", ["filed"], false), one("b", [], false), one("c", ["filed", "quarantined"], true)],
      new Map([["Ec", 1]]),
    );
    expect(bad.lost).toEqual(["a", "b"]);
    expect(bad.duplicated).toEqual(["c (filed and quarantined)"]);
    expect(isClean(bad)).toBe(false);
  });
});

describe("generated messages", () => {
  it("keeps the shares and sizes of the mix, the same each time", () => {
    const mix = [...generateMix(20)];
    const bounds = { small: [5, 21], medium: [50, 205], large: [1024, 3100] } as const;
    for (const { kind, octets } of mix) {
      expect(octets.length / 1024).toBeGreaterThanOrEqual(bounds[kind][0]);
      expect(octets.length / 1024).toBeLessThanOrEqual(bounds[kind][1]);
    }
    expect(mix.filter(({ kind }) => kind === "small")).toHaveLength(12);
    expect(mix.filter(({ kind }) => kind === "large")).toHaveLength(2);
    expect([...generateMix(20)].every(({ octets }, index) => octets.equals(mix[index]!.octets))).toBe(true);
  });

  it("has bombs of every kind, below what the port takes", () => {
    const all = bombs();
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { read } of all.filter(({ name }) => !/zip-ratio|zip-entries/.test(name)))
      expect(read().length).toBeLessThan(40 * 1024 * 1024);
    expect(zip([{ name: "a", octets: Buffer.from("x") }]).toString("latin1")).toMatch(/^PK\x03\x04.*PK\x01\x02.*PK\x05\x06/s);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile } from "../../core/sieve/compile.ts";
import { interpret } from "../../core/sieve/interpret.ts";
import { wildcard } from "../../core/sieve/matching.ts";
import { holds, message, run } from "./script.ts";

// RFC 5228 §§2.5, 2.5.1, 2.6, 2.6.1, 2.6.2, 2.6.3, 2.7.1, 2.7.3, 2.7.4, 5.1 to 5.9; extensions: RFC 5231 §4.1, §4.2, RFC 5233 §4, RFC 5173 §4,
// RFC 5260 §4, §4.1, §4.2, §5, §6, RFC 5490 §3.1, RFC 7352 §3.
describe("tests", () => {
  test.each([
    [`header :contains "subject" "WARD"`, "", true],
    [`header :comparator "i;octet" :contains "subject" "WARD"`, "", false],
    [`header :is ["from", "subject"] "re: ward 7 rota [urgent]"`, "", true],
    [`header :matches "subject" "Re: * rota [*]"`, "", true],
    [`header :matches "subject" "?e:*\\\\*"`, "", false],
    [`address :domain "to" "clinic.example"`, "", true],
    [`address :localpart "from" "ann+rota"`, "", true],
    [`address :user "from" "ann"`, `"subaddress"`, true],
    [`address :detail "from" "rota"`, `"subaddress"`, true],
    [`envelope :detail "to" "lists"`, `"envelope", "subaddress"`, true],
    [`exists ["from", "date"]`, "", true],
    [`exists ["from", "x-none"]`, "", false],
    [`size :over 1K`, "", true],
    [`size :under 1K`, "", false],
    [`allof (true, not false)`, "", true],
    [`anyof (false, header :count "ge" ["received"] "2")`, `"relational"`, true],
    [`header :value "gt" :comparator "i;ascii-numeric" "x-spam-score" "5"`, `"relational", "comparator-i;ascii-numeric"`, true],
    [`header :value "lt" :comparator "i;ascii-numeric" "x-spam-score" "50"`, `"relational", "comparator-i;ascii-numeric"`, true],
    [`body :contains "rota is attached"`, `"body"`, true],
    [`body :raw :contains "=3D"`, `"body"`, true],
    [`body :content "text/html" :contains "rota"`, `"body"`, false],
    [`date :zone "-0800" "date" "hour" "09"`, `"date"`, true],
    [`date :originalzone "date" "zone" "-0800"`, `"date"`, true],
    [`date :index 2 :zone "+0000" "received" "time" "17:00:00"`, `"date", "index"`, true],
    [`date :index 1 :last :zone "+0000" "received" "time" "17:00:00"`, `"date", "index"`, true],
    [`currentdate "hour" "10"`, `"date"`, true],
    [`currentdate :zone "+0000" "iso8601" "2026-11-22T09:05:00Z"`, `"date"`, true],
    [`currentdate "weekday" "0"`, `"date"`, true],
    [`date "date" "julian" "50539"`, `"date"`, true],
    [`mailboxexists "Rotas"`, `"mailbox"`, true],
    [`mailboxexists ["Rotas", "Other"]`, `"mailbox"`, false],
    [`duplicate`, `"duplicate"`, false],
    [`duplicate :uniqueid "seen-before"`, `"duplicate"`, true],
    [`header :is "subject" "$\{hex:52 65}: Ward 7 rota $\{unicode:5b}urgent]"`, `"encoded-character"`, true],
    [`header :is "subject" "$\{hex:52 65}"`, "", false],
  ])("%s", (testText, requires, expected) => {
    expect(holds(testText, requires)).toBe(expected);
  });
});

describe("actions", () => {
  test("an empty script keeps", () => {
    expect(run("")).toMatchObject({ keep: { flags: [] }, fileInto: [], redirect: [], fault: null });
  });
  test("fileinto cancels the implicit keep, :copy does not", () => {
    expect(run(`require "fileinto"; fileinto "Rotas";`)).toMatchObject({ keep: null, fileInto: [{ mailbox: "Rotas" }] });
    expect(run(`require ["fileinto", "copy"]; fileinto :copy "Rotas";`)).toMatchObject({
      keep: { flags: [] },
      fileInto: [{ mailbox: "Rotas" }],
    });
  });
  test("keep after discard keeps; stop ends the run", () => {
    expect(run("discard; keep;").keep).toEqual({ flags: [] });
    expect(run("if true { stop; } discard;").keep).toEqual({ flags: [] });
  });
  test("if, elsif and else take one branch", () => {
    const script = (first: string, second: string) =>
      `require "fileinto"; if ${first} { fileinto "A"; } elsif ${second} { fileinto "B"; } else { fileinto "C"; }`;
    expect(run(script("true", "true")).fileInto[0]!.mailbox).toBe("A");
    expect(run(script("false", "true")).fileInto[0]!.mailbox).toBe("B");
    expect(run(script("false", "false")).fileInto[0]!.mailbox).toBe("C");
  });
  test("variables carry what a wildcard took, and modifiers apply by precedence", () => {
    const outcome = run(
      `require ["variables", "fileinto"]; if header :matches "subject" "Re: * * rota*" { set :upperfirst :lower "name" "WARD \${2}"; fileinto "\${name}-\${1}"; }`,
    );
    expect(outcome.fileInto[0]!.mailbox).toBe("Ward 7-Ward");
  });
  test("flags are set, added and removed without regard to case", () => {
    const outcome = run(
      `require ["imap4flags", "fileinto"]; setflag "\\\\Seen urgent"; addflag "URGENT work"; removeflag "\\\\seen"; fileinto :flags "\\\\Flagged" "A"; keep;`,
    );
    expect(outcome.keep!.flags).toEqual(["URGENT", "work"]);
    expect(outcome.fileInto[0]!.flags).toEqual(["\\Flagged"]);
  });
  test("vacation gives its reply with bounded days", () => {
    const { vacation, keep } = run(
      `require "vacation"; vacation :days 99 :subject "Away" :addresses ["bob@other.example"] text:\r\nBack on Monday\r\n..really\r\n.\r\n;`,
    );
    expect(vacation).toMatchObject({
      reason: "Back on Monday\r\n.really\r\n",
      subject: "Away",
      days: 31,
      addresses: ["bob@other.example"],
    });
    expect(keep).not.toBeNull();
  });
  test("too many redirects is a fault: the message is kept and nothing sent", () => {
    const script = Array.from({ length: 9 }, (_, index) => `redirect "r${index}@else.example";`).join("");
    expect(run(script)).toMatchObject({ keep: { flags: [] }, redirect: [], fault: expect.stringContaining("redirects") });
  });
});

describe("a script that is wrong is refused with its line and what is accepted", () => {
  test.each([
    ["keep", 1, "expected"],
    [`fileinto "A";`, 1, `require "fileinto"`],
    [`require "nonsense";`, 1, "not supported"],
    ["\n\nfrobnicate;", 3, "no command"],
    ["if frobnicate { keep; }", 1, "no test"],
    ["else { keep; }", 1, "does not follow"],
    [`keep; require "fileinto";`, 1, "before every other"],
    [`if header :is :contains "a" "b" { keep; }`, 1, "twice"],
    [`if header "a" { keep; }`, 1, "arguments"],
    [`if size 5 { keep; }`, 1, ":over or :under"],
    [`if header :comparator "i;klingon" "a" "b" { keep; }`, 1, "comparator"],
    [`redirect "not an address";`, 1, "not an address"],
    [`keep "unclosed`, 1, "not closed"],
    ["/* never", 1, "not closed"],
    [`if size :over 99999999999 { keep; }`, 1, "larger"],
    [`${"if true {".repeat(20)} keep; ${"}".repeat(20)}`, 1, "deeper"],
    [`if not not not not not not not not not not not not not not not not not true { keep; }`, 1, "deeper"],
  ])("%j", (script, line, words) => {
    const compiled = compile(script);
    expect(compiled).toMatchObject({ ok: false, line });
    expect(!compiled.ok && compiled.description).toContain(words);
  });

  test("whatever the text, compiling ends in a script or a complaint", () => {
    const words = [
      "if",
      "keep",
      ";",
      "{",
      "}",
      "(",
      ")",
      "[",
      "]",
      ",",
      '"a"',
      ":is",
      "header",
      "require",
      "not",
      "anyof",
      "12K",
      "text:\r\n.\r\n",
      "#",
      "/*",
      "*/",
      "\\",
      "fileinto",
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string())), (parts) => {
        const compiled = compile(parts.join(" "));
        if (compiled.ok) interpret(compiled.script, message);
      }),
    );
  });
});

test("a wildcard is linear enough on what would stop a backtracking matcher", () => {
  const started = performance.now();
  expect(wildcard("a".repeat(50_000), `${"*a".repeat(40)}b`, "i;octet")).toBeNull();
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("captures are the shortest that match", () => {
  expect(wildcard("a-b-c", "*-*", "i;octet")).toEqual(["a-b-c", "a", "b-c"]);
  expect(wildcard("[acme] hello", "[*] *", "i;ascii-casemap")).toEqual(["[acme] hello", "acme", "hello"]);
});

/** What single sections of RFC 5228 and of its extensions rule, above all where it is easily missed. */
import { describe, expect, test } from "vitest";
import { limits } from "../../core/limits.ts";
import { MessageHeader, sieveMessage } from "../../core/mail/sieve-message.ts";
import { readMessage } from "../../core/mime/read-message.ts";
import { extensions } from "../../core/sieve/extensions.ts";
import { faultOf, holds, message, run } from "./script.ts";

const filedBy = (script: string) =>
  run(`require ["fileinto", "variables", "encoded-character"]; ${script}`).fileInto.map((one) => one.mailbox);

describe("RFC 5228 §2.1 to §2.3, §2.4.1, §2.4.2, §2.8, §2.9, §8.1, §8.2: what a script is written of", () => {
  test("names of commands, tests and tags have no case; white space and comments stand anywhere between", () => {
    expect(run('# first\nIF/* why */HEADER :Contains "subject"\r\n\t"rota" { DISCARD; } # last').keep).toBeNull();
  });
  test("numbers have units", () => {
    expect(holds("size :under 2K")).toBe(true);
    expect(holds("size :over 1k")).toBe(true);
    expect(faultOf("if size :over 4G { keep; }")).toContain("larger");
    expect(faultOf("if size :over 1T { keep; }")).not.toBeNull();
  });
  test("a backslash takes the next character; text: ends at a dot and loses the dots that were stuffed", () => {
    expect(filedBy('fileinto "a\\"b\\\\c\\d";')).toEqual(['a"b\\cd']);
    expect(filedBy("fileinto text: # why\r\n.dot\r\n..two\r\n.\r\n;")).toEqual([".dot\r\n.two\r\n"]);
  });
});

describe("RFC 5228 §2.4.2.4 encoded characters", () => {
  test.each([
    ["$${hex:40}", "$@"],
    ["${hex: 40 }", "@"],
    ["${HEX: 40}", "@"],
    ["${hex:40", "${hex:40"],
    ["${hex:400}", "${hex:400}"],
    ["${hex:4${hex:30}}", "${hex:40}"],
    ["${hex:c3 bc}", "ü"],
    ["${unicode:40}", "@"],
    ["${ unicode:40}", "${ unicode:40}"],
    ["${UnICoDE:0000040}", "@"],
    ["${Unicode:Cool}", "${Unicode:Cool}"],
  ])("%s is %s", (text, value) => {
    expect(run(`require ["fileinto", "encoded-character"]; fileinto "${text}";`).fileInto[0]!.mailbox).toBe(value);
  });
  test.each(["${unicode:200000}", "${Unicode:DF01}"])("%s is an error, unless the extension is not required", (text) => {
    expect(faultOf(`require ["fileinto", "encoded-character"];\nfileinto "${text}";`)).toMatch(/line 2: .*no character/);
    expect(faultOf(`require "fileinto"; fileinto "${text}";`)).toBeNull();
  });
});

describe("RFC 5228 §2.10.1 to §2.10.7, §3.1 to §3.3, §4.1 to §4.4: what a run does", () => {
  test("a mailbox is filed into once, and a redirect goes to an address once", () => {
    const outcome = run(
      'require ["fileinto", "copy"]; fileinto "A"; fileinto "A"; redirect :copy "a@b.example"; redirect :copy "a@b.example";',
    );
    expect(outcome).toMatchObject({ keep: null, fileInto: [{ mailbox: "A" }], redirect: ["a@b.example"] });
  });
  test("an action too many is a fault, and a fault keeps the message and does nothing else", () => {
    const outcome = run(`require "fileinto"; ${'fileinto "A"; '.repeat(limits.sieve.actions + 1)}`);
    expect(outcome).toMatchObject({ keep: { flags: [] }, fileInto: [], redirect: [], fault: expect.stringContaining("actions") });
  });
  test("what is not required cannot be used, and what is not known cannot be required", () => {
    expect(faultOf('if envelope "from" "a" { keep; }')).toContain('require "envelope"');
    expect(faultOf('require ["fileinto", "reject"];')).toContain("not supported");
  });
  test("stop ends the run within any block", () => {
    expect(run("if anyof (false, true) { if not false { stop; } } discard;").keep).toEqual({ flags: [] });
  });
});

test("RFC 5228 §2.7.1: a question mark takes one character, a star any number", () => {
  const different = { header: () => ["a\u{1F600}b"] };
  const isTrue = (pattern: string) => run(`if header :matches "x" "${pattern}" { discard; }`, different).keep === null;
  expect([isTrue("a?b"), isTrue("a??b"), isTrue("a*b"), isTrue("*?"), isTrue("a?b?")]).toEqual([true, false, true, true, false]);
});

describe("RFC 5228 §5.1, §5.4: addresses", () => {
  test("only fields of addresses can be asked for", () => {
    expect(faultOf('if address "subject" "a@b.example" { keep; }')).toContain("no field of addresses");
    for (const field of ["From", "To", "Cc", "Bcc", "Sender", "Resent-From", "Resent-To"])
      expect(faultOf(`if address "${field}" "a@b.example" { keep; }`)).toBeNull();
    expect(holds('allof (header :matches "x-spam-score" "*", address "${1}x" "7")', '"variables"')).toBe(false);
  });
  test("the null reverse path is the empty string, whatever part is asked for, and counts as none (RFC 5231 §4.2)", () => {
    const isDiscarded = (test: string) =>
      run(`require ["envelope", "subaddress", "relational"]; if ${test} { discard; }`, { envelope: { from: "", to: "a@b.example" } })
        .keep === null;
    for (const part of ["", ":all", ":localpart", ":domain", ":user", ":detail"])
      expect(isDiscarded(`envelope ${part} :is "from" ""`), part).toBe(true);
    expect(isDiscarded('envelope :count "eq" "from" "0"')).toBe(true);
    expect(isDiscarded('envelope :count "eq" ["from", "to"] "1"')).toBe(true);
  });
});

test("RFC 5228 §2.4.2.1, §2.4.2.2, §2.4.2.3: one string is a list of one; headers are decoded; addresses are those in groups too", () => {
  const header = new MessageHeader(
    Buffer.from('Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n folded \r\nTo: Ward: a@b.example, "C" <c@d.example>;\r\n\r\n'),
  );
  const different = { header: (name: string) => header.texts(name), addresses: (name: string) => header.addressesByField(name) };
  const isTrue = (test: string) => run(`if ${test} { discard; }`, different).keep === null;
  expect(isTrue('header "subject" ["x", "Gr\u00fc\u00dfe folded"]')).toBe(true);
  expect(isTrue('address ["to"] "c@d.example"')).toBe(true);
});

test("RFC 5228 §2.7.2, §5.10, RFC 5231 §3: texts are compared as Unicode, without regard to case in ASCII alone; numbers as numbers", () => {
  const different = { header: () => ["\u00c4rzte 10"] };
  const isTrue = (test: string) =>
    run(`require ["relational", "comparator-i;ascii-numeric"]; if allof (true, ${test}) { discard; }`, different).keep === null;
  expect(isTrue('header :contains "x" "\u00c4RZTE"')).toBe(true);
  expect(isTrue('header :contains "x" "\u00e4rzte"')).toBe(false);
  expect(isTrue('header :value "ge" :comparator "i;ascii-numeric" "x" "9"')).toBe(true);
  expect(isTrue('header :count "eq" "x" "1"')).toBe(true);
  expect(faultOf('if header :contains :comparator "i;ascii-numeric" "a" "b" { keep; }')).not.toBeNull();
});

test("RFC 5228 §10: however large or deep, a script is refused or run within its bounds", () => {
  expect(faultOf("#".repeat(limits.sieve.scriptOctets + 1))).toContain("larger than");
  expect(faultOf("keep;".repeat(limits.sieve.tokens))).not.toBeNull();
  expect(faultOf(`if ${"not ".repeat(10_000)}true { keep; }`)).toContain("deeper");
});

test("RFC 5228 §6, §6.1, §6.3: what can be required is what is advertised", () => {
  for (const name of extensions) expect(faultOf(`require "${name}";`), name).toBeNull();
});

describe("variables (RFC 5229)", () => {
  const value = (script: string, text: string) => filedBy(`${script} fileinto "${text}";`)[0];
  test.each([
    ["RFC 5229 §3: no name, no variable", "&%${}!", "&%${}!"],
    ["RFC 5229 §3: a name has no such character", "${doh!}", "${doh!}"],
    ["RFC 5229 §3: what was never set is empty", "[${full}]", "[]"],
    ["RFC 5229 §3: case does not count", "${COMPANY}", "ACME"],
    ["RFC 5229 §3: one pass", "${BAD${Company}", "${BADACME"],
    ["RFC 5229 §3.1: encoded characters come first", "${hex:24 7b}company}", "ACME"],
    ["RFC 5229 §3.2: leading zeros are ignored, what is out of range is empty", "[${01}${9}]", "[]"],
  ])("%s", (_rule, text, expected) => expect(value('set "company" "ACME";', text)).toBe(expected));

  test("RFC 5229 §3: a namespace that no extension brings is an error", () => {
    expect(faultOf('require ["variables", "fileinto"]; fileinto "${vnd.x.count}";')).toContain("namespace");
  });
  test("RFC 5229 §3.2: an outcome that decided is not looked behind, and a match that failed leaves the last", () => {
    const script = 'if header :matches "subject" "Re: * *" {} if header :matches "subject" "Fwd: *" {}';
    expect(value(script, "${1}")).toBe("Ward");
    expect(value('if anyof (true, header :matches "subject" "*") {}', "[${0}]")).toBe("[]");
  });
  test("RFC 5229 §4: only a plain name can be set", () => {
    for (const name of ["1", "a.b", "${a}", "a-b"]) expect(faultOf(`require "variables"; set "${name}" "x";`), name).toContain("name");
  });
  test.each([
    [":length", "ärzte", "5"],
    [":quotewildcard", "a*b?c", "a\\*b\\?c"],
    [":lower :upperfirst", "WARD", "Ward"],
    [":upper :lowerfirst", "ward", "wARD"],
    [":length :upper", "ward", "4"],
  ])("RFC 5229 §4.1, §4.1.1, §4.1.2, §4.1.3: %s of %s is %s", (modifiers, text, expected) =>
    expect(value(`set ${modifiers} "v" "${text}";`, "${v}")).toBe(expected),
  );
  test("RFC 5229 §5: string compares expanded texts and counts those that are not empty", () => {
    expect(holds('allof (header :matches "subject" "*", string :contains "${1}" "rota")', '"variables"')).toBe(true);
    expect(holds('string :count "eq" ["${none}", "a"] "1"', '"variables", "relational"')).toBe(true);
  });
  test("RFC 5229 §6: 128 variables of 4,000 characters, match variables to ${9} and no further", () => {
    const sets = Array.from(
      { length: 128 },
      (_, at) => `set "name_of_this_variable_number_${at}" "${"x".repeat(at === 127 ? 4_000 : 1)}";`,
    );
    expect(value(`${sets.join("")} set "NAME_OF_THIS_VARIABLE_NUMBER_0" "again";`, "${name_of_this_variable_number_0}")).toBe("again");
    expect(value(sets.join(""), "${name_of_this_variable_number_127}")).toHaveLength(4_000);
    expect(faultOf('require ["variables", "fileinto"]; fileinto "${10}";')).toContain("past the last");
  });
});

describe("vacation (RFC 5230)", () => {
  const vacation = (text: string, more = "") => run(`require ["vacation", "variables"]; ${more} vacation ${text};`).vacation!;
  test("RFC 5230 §4.1: days lie within the service's bounds, a week by default", () => {
    expect([vacation('"x"').days, vacation(':days 0 "x"').days, vacation(':days 400 "x"').days]).toEqual([7, 1, 31]);
  });
  test("RFC 5230 §4.2: answers are one by their handle, or by what was written before variables were put in", () => {
    const subjectOf = (pattern: string) => vacation(':subject "About ${1}" "Away"', `if header :matches "subject" "${pattern}" {}`);
    expect(subjectOf("Re: *").subject).not.toBe(subjectOf("*").subject);
    expect(subjectOf("Re: *").handle).toBe(subjectOf("*").handle);
    expect(vacation('"Away"').handle).not.toBe(vacation('"Gone"').handle);
    expect(vacation(':handle "h" "Away"').handle).toBe(vacation(':handle "h" "Gone"').handle);
  });
  test("RFC 5230 §4.7: one answer a message, and the message is kept", () => {
    expect(run('require "vacation"; vacation "a"; vacation "b";').fault).toContain("twice");
    expect(run('require "vacation"; vacation "a";').keep).toEqual({ flags: [] });
  });
});

describe("flags (RFC 5232)", () => {
  const kept = (script: string) => run(`require ["imap4flags", "fileinto", "variables"]; ${script}`);
  test("RFC 5232 §2, §3, §3.1, §3.2, §3.3: lists and words are the same, empty ones are none", () => {
    expect(kept('addflag ["\\\\Seen  a", ""]; addflag "b"; removeflag ["a b"]; keep;').keep!.flags).toEqual(["\\Seen"]);
    expect(kept('addflag "a"; setflag "b";').keep!.flags).toEqual(["b"]);
    expect(kept('addflag "v" "a"; addflag "v" ["b"]; fileinto :flags "${v}" "A";').fileInto[0]!.flags).toEqual(["a", "b"]);
  });
  test("RFC 5232 §3, §5: of two filings into one mailbox the last flags count", () => {
    expect(kept('fileinto :flags "a" "A"; fileinto :flags "b" "A";').fileInto).toMatchObject([{ mailbox: "A", flags: ["b"] }]);
    expect(kept('keep :flags "a"; keep :flags "b";').keep!.flags).toEqual(["b"]);
  });
  test("RFC 5232 §4: hasflag looks at the flags so far, or in a variable", () => {
    expect(kept('addflag "a b"; if hasflag :contains "B" { discard; }').keep).toBeNull();
    expect(kept('addflag "v" "a"; if hasflag "v" "a" { discard; }').keep).toBeNull();
    expect(kept('addflag "v" "a"; if hasflag "a" { discard; }').keep).not.toBeNull();
  });
  test("RFC 5232 §1: a variable of flags needs the extension for variables", () => {
    for (const script of ['setflag "v" "a";', 'if hasflag "v" "a" { keep; }'])
      expect(faultOf(`require "imap4flags"; ${script}`), script).toContain('require "variables"');
  });
});

describe("dates and indexes (RFC 5260)", () => {
  const required = '"date", "index", "relational"';
  const received = (value: string) => ({ header: (name: string) => (name === "received" ? [value] : []) });
  test("RFC 5260 §4: the first field of the name is meant, the date is the last thing in it, and counts as one", () => {
    expect(holds('date :zone "+0000" "received" "time" "17:10:00"', required)).toBe(true);
    expect(holds('date :zone "+0000" "received" "time" "17:00:00"', required)).toBe(false);
    expect(holds('date :count "eq" "received" "date" "1"', required)).toBe(true);
    expect(holds('date :count "eq" "x-none" "date" "0"', required)).toBe(true);
  });
  test.each(["from a by b; Tue, 30 Feb 1997 17:10:00 +0000", "yesterday", "1997"])("RFC 5260 §4: %j is no date", (value) => {
    expect(run('require "date"; if date :matches "received" "date" "*" { discard; }', received(value)).keep).not.toBeNull();
  });
  test("RFC 5260 §4.1: a zone is an offset; the service's own when none is named", () => {
    expect(faultOf('require "date"; if date :zone "UTC" "date" "hour" "9" { keep; }')).toContain("+hhmm");
    expect(faultOf('require "date"; if date :zone "+0000" :originalzone "date" "hour" "9" { keep; }')).toContain("beside another");
    expect(holds('date "date" "zone" "+0100"', required)).toBe(true);
  });
  test("RFC 5260 §4.2: parts of a date, and Z for no offset", () => {
    expect(faultOf('require "date"; if date "date" "century" "20" { keep; }')).toContain("no part of a date");
    for (const [part, value] of [
      ["YEAR", "1997"],
      ["month", "04"],
      ["day", "01"],
      ["date", "1997-04-01"],
      ["minute", "06"],
      ["second", "31"],
      ["weekday", "2"],
      ["iso8601", "1997-04-01T17:06:31Z"],
      ["std11", "Tue, 1 Apr 1997 17:06:31 +0000"],
      ["zone", "+0000"],
    ])
      expect(holds(`date :zone "+0000" "date" "${part}" "${value}"`, required), part).toBe(true);
    expect(holds('date :originalzone "date" "iso8601" "1997-04-01T09:06:31-08:00"', required)).toBe(true);
  });
  test("RFC 5260 §6: an index counts fields, not the addresses in one", () => {
    expect(holds('address :index 1 "to" "carol@clinic.example"', required)).toBe(true);
    expect(holds('address :index 2 "to" "carol@clinic.example"', required)).toBe(false);
    expect(holds('header :index 1 :last :contains "received" "from c"', required)).toBe(true);
    expect(faultOf('require "index"; if header :last "a" "b" { keep; }')).toContain(":index");
  });
});

describe("the body (RFC 5173)", () => {
  const parsed = (lines: string[]) => {
    const octets = Buffer.from(lines.join("\r\n"));
    const outcome = readMessage(octets);
    if (outcome.outcome !== "parsed") throw new Error(outcome.outcome);
    const { message: read } = outcome;
    const header = new MessageHeader(octets.subarray(0, read.headerOctets));
    return sieveMessage({ message: read, header, octets, envelope: message.envelope, mailboxExists: () => false, now: message.now });
  };
  const mixed = parsed([
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "first=20line",
    "second line",
    "--b",
    "Content-Type: text/html; charset=iso-8859-1",
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from("<p>gr\u00fcn</p>", "latin1").toString("base64"),
    "--b--",
    "",
  ]);
  const finds = (test: string) => run(`require ["body", "variables"]; if body ${test} { discard; }`, mixed).keep === null;

  test("RFC 5173 §5, §5.1: raw is the body as it came, undecoded and with its boundaries", () => {
    expect([finds(':raw :contains "=20line"'), finds(':raw :contains "--b"'), finds(':raw :contains "gr\u00fcn"')]).toEqual([
      true,
      true,
      false,
    ]);
  });
  test("RFC 5173 §5.2: content is each part of a type by itself, decoded", () => {
    expect(finds(':content "text/html" :contains "gr\u00fcn"')).toBe(true);
    expect(finds(':content "text" :matches "*second*gr\u00fcn*"')).toBe(false);
    for (const type of ["text/", "/html", "text/html/x"]) expect(finds(`:content "${type}" :contains ""`), type).toBe(false);
    expect(finds(':content "" :contains "gr\u00fcn"')).toBe(true);
  });
  test("RFC 5173 §5.2: of an attached message the header is searched, and its parts by their own types", () => {
    const forwarded = parsed([
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: message/rfc822",
      "",
      "Subject: hello request",
      "Content-Type: text/plain",
      "",
      "Please say Hello",
      "--b--",
      "",
    ]);
    const finds = (test: string) => run(`require "body"; if body ${test} { discard; }`, forwarded).keep === null;
    expect(finds(':content "message/rfc822" :contains "hello request"')).toBe(true);
    expect(finds(':content "message/rfc822" :contains "Please"')).toBe(false);
    expect(finds(':content "text/plain" :contains "Please say"')).toBe(true);
  });
  test("RFC 5173 §5.2: of a multipart the prologue and the epilogue are searched, each by itself and without the delimiters", () => {
    const nested = parsed([
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "For old programs",
      "-- a line",
      "--b",
      "Content-Type: multipart/alternative; boundary=c",
      "",
      "inner prologue",
      "--c",
      "",
      "the text",
      "--c--",
      "inner epilogue",
      "--b",
      "Content-Type: multipart/digest; boundary=d",
      "",
      "--d",
      "",
      "Subject: one",
      "",
      "its body",
      "--d--",
      "of the digest",
      "--b--",
      "outer epilogue",
      "--",
    ]);
    const finds = (test: string) => run(`require "body"; if body ${test} { discard; }`, nested).keep === null;
    const each = ["For old programs\r\n-- a line", "inner prologue", "inner epilogue", "of the digest", "outer epilogue"];
    for (const text of each) expect(finds(`:content "multipart" :is "${text}"`), text).toBe(true);
    expect(finds(':content "multipart/alternative" :is "inner epilogue"')).toBe(true);
    expect(finds(':content "multipart/mixed" :contains "inner"')).toBe(false);
    for (const text of ["--b", "the text", "its body", "prologue*epilogue"])
      expect(finds(`:content "multipart" :matches "*${text}*"`), text).toBe(false);
    expect(finds(':content "text" :contains "logue"')).toBe(false);
  });
  test("RFC 5173 §4, §5.3: text is the default, with the line ends of the message", () => {
    expect(finds(':contains "first line\r\nsecond line"')).toBe(true);
    expect(finds(':text :contains "gr\u00fcn"')).toBe(true);
  });
  test("RFC 5173 §6: a body's wildcards set no variables", () => {
    const outcome = run('require ["body", "variables", "fileinto"]; if body :matches "*line*" { fileinto "[${0}${1}]"; }', mixed);
    expect(outcome.fileInto[0]!.mailbox).toBe("[]");
  });
});

describe("other extensions", () => {
  test("RFC 3894 §3: a copy does not cancel the implicit keep, but a discard still does", () => {
    expect(run('require "copy"; redirect :copy "a@b.example";')).toMatchObject({ keep: { flags: [] }, redirect: ["a@b.example"] });
    expect(run('require "copy"; redirect :copy "a@b.example"; discard;').keep).toBeNull();
    expect(run('redirect "a@b.example";').keep).toBeNull();
  });
  test("RFC 5490 §3.2: a mailbox is made when any filing into it asks for it", () => {
    expect(run('require ["fileinto", "mailbox"]; fileinto :create "A"; fileinto "A";').fileInto).toMatchObject([
      { mailbox: "A", create: true },
    ]);
  });
  test("RFC 7352 §3.1, §3.2, §3.3: an id is its value, apart for each handle; nothing is remembered of a message without one", () => {
    const remembered = (test: string) => run(`require ["duplicate", "variables"]; if duplicate ${test} {}`).remember;
    expect(remembered("")).toEqual(remembered(':uniqueid "<1@hospital.example>"'));
    expect(remembered("")).toEqual(remembered(':header "Message-ID"'));
    expect(remembered(':handle "a"')).not.toEqual(remembered(':handle "b"'));
    expect(remembered(':header "x-none"')).toEqual([]);
    expect(remembered(":seconds 60")[0]!.seconds).toBe(60);
    expect([remembered(':uniqueid "seen-before"').length, remembered(':uniqueid "seen-before" :last').length]).toEqual([0, 1]);
    expect(faultOf('require "duplicate"; if duplicate :header "a" :uniqueid "b" { keep; }')).toContain("beside another");
  });
});

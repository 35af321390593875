/** An MDN as a client gives it to MDN/send (RFC 9007 §2), checked: whatever ends up in a header field is one line. */
import { limits } from "../../limits.ts";
import type { Disposition } from "../../mime/compose-mdn.ts";
import { REPORT_FIELDS } from "../../mime/read-mdn.ts";
import type { Property, Wire } from "../engine/definition.ts";
import { anything, boolean, idOrReference, isObject, type Kind, nullable, objectOf, oneOf, string } from "../engine/kinds.ts";
import { completeCreate } from "../engine/set-objects.ts";
import { type Outcome, ok, refuse, type SetError } from "../errors.ts";

export interface WantedMdn {
  /** Perhaps `#creationId`. */
  readonly forEmailId: string;
  readonly subject: string | null;
  readonly textBody: string | null;
  readonly includeOriginalMessage: boolean;
  readonly reportingUA: string | null;
  readonly disposition: Disposition;
  readonly finalRecipient: string | null;
  readonly extensionFields: Readonly<Record<string, string>> | null;
}

const line: Kind = (value) =>
  typeof value === "string" && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value) && Buffer.byteLength(value) <= limits.mdn.fieldOctets
    ? null
    : `a String of one line and at most ${limits.mdn.fieldOctets} octets`;

/** RFC 5322 §2.2 field name; short enough that its line can be folded behind it. */
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]{1,60}$/;

/** RFC 8098 §3.3: extensions are fields of other names, each once. */
const extensionFields: Kind = (value) => {
  if (!isObject(value)) return "a map";
  const names = Object.keys(value);
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  if (names.length > limits.mdn.extensionFields) return `a map of at most ${limits.mdn.extensionFields} fields`;
  if (distinct.size < names.length || names.some((name) => !FIELD_NAME.test(name) || REPORT_FIELDS.has(name.toLowerCase())))
    return "a map by names of extension fields";
  return names.some((name) => line(value[name]) !== null) ? `a map in which each value is ${line(null)}` : null;
};

const disposition = objectOf({
  actionMode: oneOf("manual-action", "automatic-action"),
  sendingMode: oneOf("mdn-sent-manually", "mdn-sent-automatically"),
  type: oneOf("deleted", "dispatched", "displayed", "processed"),
});

const properties: Readonly<Record<string, Property>> = {
  forEmailId: { kind: idOrReference, setter: "create" },
  subject: { kind: nullable(line), setter: "create", default: null },
  textBody: { kind: nullable(string), setter: "create", default: null },
  includeOriginalMessage: { kind: boolean, setter: "create", default: false },
  reportingUA: { kind: nullable(line), setter: "create", default: null },
  disposition: { kind: disposition, setter: "create" },
  mdnGateway: { kind: anything, setter: "server" },
  originalRecipient: { kind: anything, setter: "server" },
  finalRecipient: { kind: nullable(line), setter: "create", default: null },
  originalMessageId: { kind: anything, setter: "server" },
  error: { kind: anything, setter: "server" },
  extensionFields: { kind: nullable(extensionFields), setter: "create", default: null },
};

/** RFC 9007 §2.1 invalidProperties and tooLarge. */
export const readWantedMdn = (sent: Wire): Outcome<WantedMdn, SetError> => {
  const whole = completeCreate(sent, properties);
  if (!whole.ok) return whole;
  const wanted = whole.value as unknown as WantedMdn;
  if (Buffer.byteLength(wanted.textBody ?? "") > limits.mdn.textOctets) return refuse({ type: "tooLarge", maxSize: limits.mdn.textOctets });
  const reported = JSON.stringify([wanted.reportingUA, wanted.extensionFields]);
  return Buffer.byteLength(reported) * GROWTH > limits.mdn.reportOctets
    ? refuse({ type: "tooLarge", maxSize: limits.mdn.reportOctets })
    : ok(wanted);
};

/** Encoded words take up to three octets for one, and the server adds fields of its own: no report that is sent is cut where it is read. */
const GROWTH = 4;

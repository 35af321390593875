/** The corpus's single header fields. Each case's header text may run on into another field: only the first is compared. */
import { parseGroupedAddresses } from "../../core/mime/address-list.ts";
import { rawValue, readHeaderBlock } from "../../core/mime/header-fields.ts";
import { parseHeaderForm, parseText } from "../../core/mime/header-forms.ts";
import { parseMessageIds } from "../../core/mime/message-ids.ts";
import { parseParameterised } from "../../core/mime/parameters.ts";
import { dateText, type ExpectedAddresses, type ExpectedDate, groupsOf } from "./expected-form.ts";
import type { Tally } from "./tally.ts";

interface FieldCase {
  header: string;
  expected: unknown;
}

const rawOf = (header: string): string => {
  const octets = Buffer.from(`X:${header}`, "utf8");
  const [field] = readHeaderBlock(octets, 0, octets.length).fields;
  return field ? rawValue(octets, field) : "";
};

interface ExpectedType {
  c_type: string;
  c_subtype: string | null;
  attributes?: [string, string][] | null;
}

const expectedType = (expected: ExpectedType | null): unknown => {
  if (!expected) return null;
  const attributes = (expected.attributes ?? []).filter(([name]) => !name.endsWith("-language"));
  const type = expected.c_subtype === null ? expected.c_type : `${expected.c_type}/${expected.c_subtype}`;
  return [type.toLowerCase(), Object.fromEntries(attributes.sort())];
};

const actualType = (raw: string): unknown => {
  const { value, parameters } = parseParameterised(raw);
  return value === "" || value.startsWith("/") ? null : [value.replace(/\/$/, ""), Object.fromEntries([...parameters].sort())];
};

export const compareFields = (kind: string, cases: readonly FieldCase[], tally: Tally): void => {
  for (const { header, expected } of cases) {
    const raw = rawOf(header);
    const where = JSON.stringify(header);
    if (kind === "address") tally.compare("field addresses", where, groupsOf(expected as ExpectedAddresses), parseGroupedAddresses(raw));
    else if (kind === "date") tally.compare("field dates", where, dateText(expected as ExpectedDate | null), parseHeaderForm(raw, "Date"));
    else if (kind === "id") tally.compare("field ids", where, expected, parseMessageIds(raw));
    else if (kind === "unstructured") tally.compare("field texts", where, expected, parseText(raw).trim());
    else if (kind === "content_type")
      tally.compare("field parameters", where, expectedType(expected as ExpectedType | null), actualType(raw));
  }
};

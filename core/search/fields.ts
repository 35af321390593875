/** Where a word can stand in a message; one character each in the dictionary. */
export const FIELD_CODES = { from: "f", to: "t", cc: "c", bcc: "b", subject: "s", body: "o", attachment: "a" } as const;
export type Field = keyof typeof FIELD_CODES;
export const FIELDS = Object.keys(FIELD_CODES) as Field[];

/** Words of one message by field; each text of a field is apart, so that no phrase spans two. */
export type MessageTexts = Partial<Record<Field, readonly string[]>>;

/** Fields that a JMAP condition looks in (RFC 8621 §4.4.1). */
export const fieldsOfCondition = (condition: "text" | "from" | "to" | "cc" | "bcc" | "subject" | "body"): readonly Field[] => {
  if (condition === "text") return FIELDS;
  return condition === "body" ? ["body", "attachment"] : [condition];
};

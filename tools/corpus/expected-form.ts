/** The shape of the corpus's expected results (one object a message). */
export interface ExpectedHeader {
  name: string | { other: string };
  value: Record<string, unknown> | "Empty";
}

export interface ExpectedPart {
  headers: ExpectedHeader[];
  is_encoding_problem: boolean;
  body: { Text?: string; Html?: string; Binary?: number[]; InlineBinary?: number[]; Message?: ExpectedMessage; Multipart?: number[] };
  offset_header: number;
  offset_body: number;
  offset_end: number;
}

export interface ExpectedMessage {
  html_body: number[];
  text_body: number[];
  attachments: number[];
  parts: ExpectedPart[];
}

export interface ExpectedDate {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  tz_before_gmt: boolean;
  tz_hour: number;
  tz_minute: number;
}

export interface ExpectedAddresses {
  List?: { name: string | null; address: string | null }[];
  Group?: { name: string | null; addresses: { name: string | null; address: string | null }[] }[];
}

/** As RFC 8620 §1.4 Date. */
export const dateText = (date: ExpectedDate | null): string | null => {
  if (!date) return null;
  const two = (value: number) => String(value).padStart(2, "0");
  const zone =
    date.tz_hour === 0 && date.tz_minute === 0 ? "Z" : `${date.tz_before_gmt ? "-" : "+"}${two(date.tz_hour)}:${two(date.tz_minute)}`;
  return `${date.year}-${two(date.month)}-${two(date.day)}T${two(date.hour)}:${two(date.minute)}:${two(date.second)}${zone}`;
};

/** Groups as RFC 8621 has them: without mailboxes that lack an address. */
export const groupsOf = (addresses: ExpectedAddresses): { name: string | null; addresses: { name: string | null; email: string }[] }[] => {
  const groups = addresses.Group ?? [{ name: null, addresses: addresses.List ?? [] }];
  return groups.map(({ name, addresses: list }) => ({
    name,
    addresses: list
      .filter(({ address }) => address !== null)
      .map(({ name: shown, address }) => ({ name: shown?.trim() || null, email: address! })),
  }));
};

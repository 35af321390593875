/** RFC 8621 §4.1.2.6, RFC 5322 §3.3, §3.6.1 and §4.3 date-time, tolerantly: comments anywhere, two-digit years, missing seconds, zone names. */
import { withoutComments } from "./comments.ts";

export interface DateTime {
  /** ms since 1970 UTC. */
  readonly at: number;
  /** Minutes east of UTC, as the sender wrote it. */
  readonly offsetMinutes: number;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const zones: Readonly<Record<string, number>> = {
  ut: 0,
  utc: 0,
  gmt: 0,
  z: 0,
  bst: 60,
  cet: 60,
  cest: 120,
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
};

const offsetOf = (zone: string | undefined): number | null => {
  if (zone === undefined) return 0;
  const numeric = /^(?:gmt|utc)?([+-])(\d{2}):?(\d{2})$/i.exec(zone);
  if (numeric) {
    const minutes = Number(numeric[2]) * 60 + Number(numeric[3]);
    if (minutes >= 24 * 60 || Number(numeric[3]) > 59) return null;
    return numeric[1] === "-" ? -minutes : minutes;
  }
  // RFC 5322 §4.3: unknown names and military letters count as -0000.
  return zones[zone.toLowerCase()] ?? zones[zone.slice(0, 3).toLowerCase()] ?? (/^[A-Za-z]+$/.test(zone) ? 0 : null);
};

const yearOf = (digits: string): number => {
  const year = Number(digits);
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return digits.length === 3 ? 1900 + year : year;
};

const MONTH_FIRST =
  /^(?:[a-z]{3,9}\.?,?\s+)?([a-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(?:([a-z+-]\S*)\s+)?(\d{4})$/i;
const DAY_FIRST =
  /^(?:[a-z]{2,9}\.?\s*,?\s*)?(\d{1,2})(?:\s+|-)([a-z]{3,9}|\d{1,2})\.?(?:\s+|-)(\d{2,4}),?\s+(\d{1,2})\s*[:.]\s*(\d{2})(?:\s*[:.]\s*(\d{2})(?:[.,]\d+)?)?(?:\s*([a-z+-]\S*))?(?:\s.*)?$/i;

const monthOf = (name: string): number => (/^\d/.test(name) ? Number(name) - 1 : months.indexOf(name.slice(0, 3).toLowerCase()));

/** Null when the value is no date. Bounded: only the first 250 characters can hold one. */
export const parseDateTime = (value: string): DateTime | null => {
  const text = withoutComments(value.slice(0, 1000)).replace(/\s+/g, " ").trim().slice(0, 250);
  const dayFirst = DAY_FIRST.exec(text);
  const monthFirst = dayFirst ? null : MONTH_FIRST.exec(text);
  const [day, month, year, hour, minute, second, zone] = dayFirst
    ? [dayFirst[1], dayFirst[2], dayFirst[3], dayFirst[4], dayFirst[5], dayFirst[6], dayFirst[7]]
    : monthFirst
      ? [monthFirst[2], monthFirst[1], monthFirst[7], monthFirst[3], monthFirst[4], monthFirst[5], monthFirst[6]]
      : [];
  if (day === undefined || month === undefined || year === undefined) return null;
  const monthIndex = monthOf(month);
  const offsetMinutes = offsetOf(zone);
  const fields = [Number(day), Number(hour), Number(minute), Number(second ?? 0)] as const;
  if (offsetMinutes === null || monthIndex < 0 || monthIndex > 11) return null;
  if (fields[0] < 1 || fields[0] > 31 || fields[1] > 23 || fields[2] > 59 || fields[3] > 60) return null;
  const wall = Date.UTC(yearOf(year), monthIndex, fields[0], fields[1], fields[2], Math.min(fields[3], 59));
  if (new Date(wall).getUTCMonth() !== monthIndex) return null;
  return { at: wall - offsetMinutes * 60_000, offsetMinutes };
};

const two = (value: number): string => String(value).padStart(2, "0");

/** RFC 8620 §1.4 Date: the sender's own wall clock and offset. */
export const formatDate = ({ at, offsetMinutes }: DateTime): string => {
  const wall = new Date(at + offsetMinutes * 60_000).toISOString().replace(/\.\d{3}Z$/, "");
  if (offsetMinutes === 0) return `${wall}Z`;
  const minutes = Math.abs(offsetMinutes);
  return `${wall}${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};

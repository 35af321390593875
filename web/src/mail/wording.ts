/** Names, dates and sizes as a person says them (British English, the reader's own time zone). */
import type { Address } from "../jmap/types.ts";

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const dayMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const whole = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const cardDate = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const cardDateYear = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const dayMilliseconds = 24 * 3600 * 1000;

/** Today: the time. This week: the weekday. This year: day and month. */
export function shortDate(iso: string, now: Date): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  if (date.toDateString() === now.toDateString()) return time.format(date);
  const age = now.getTime() - date.getTime();
  if (age > 0 && age < 6 * dayMilliseconds) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayMonth : dayMonthYear).format(date);
}

export function fullDate(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : whole.format(date);
}

/** In the head of an open message: the year only when it is another. */
export function cardDateText(iso: string, now: Date): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return (date.getFullYear() === now.getFullYear() ? cardDate : cardDateYear).format(date);
}

export const displayName = (address: Address): string => address.name?.trim() || address.email;

export function namesOf(addresses: readonly Address[] | null | undefined, most = 3): string {
  const names = (addresses ?? []).map(displayName);
  if (names.length === 0) return "";
  return names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

/** `"Name" <address>` as typed into a field; quoting per RFC 5322 §3.2.4. */
export function formatAddress(address: Address): string {
  const name = address.name?.trim();
  if (!name) return address.email;
  return `${/^[\w\s'.-]+$/.test(name) && !name.includes(".") ? name : `"${name.replace(/(["\\])/g, "\\$1")}"`} <${address.email}>`;
}

export function sizeText(octets: number): string {
  if (octets < 1000) return `${octets} B`;
  if (octets < 1_000_000) return `${Math.round(octets / 1000)} KB`;
  return `${(octets / 1_000_000).toFixed(1)} MB`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;

export const subjectOf = (subject: string | null | undefined): string => subject?.trim() || "(no subject)";

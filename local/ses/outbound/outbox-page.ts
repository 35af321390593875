/** A page to look at what was sent: /_penfold/outbox on the gateway. Message text is shown as plain text only. */
import type { ServerResponse } from "node:http";
import type { RequestHead } from "../../service.ts";
import { type Outbox, overallState } from "./outbox.ts";

const PATH = "/_penfold/outbox";
const SHOWN = 200;

/** Only a browser on this machine that was sent to this machine: a foreign page that re-points its own name here is not answered. */
export const isOutboxPage = (head: RequestHead): boolean =>
  head.method === "GET" &&
  (head.path === PATH || head.path.startsWith(`${PATH}/`)) &&
  /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(head.headers.host ?? "");

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export const answerOutboxPage = (outbox: Outbox, head: RequestHead, response: ServerResponse): void => {
  const common = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "referrer-policy": "no-referrer",
  };
  const [, id, ending] = /^\/([A-Za-z0-9-]+)\.(eml|json)$/.exec(head.path.slice(PATH.length)) ?? [];
  if (id !== undefined) {
    const octets = ending === "eml" ? outbox.octets(id) : Buffer.from(JSON.stringify(outbox.record(id), null, 1));
    const found = octets && octets.toString("latin1", 0, 5) !== "null";
    response.writeHead(found ? 200 : 404, {
      ...common,
      "content-type": ending === "json" ? "application/json" : "text/plain; charset=utf-8",
    });
    response.end(found ? octets : "There is no such message.\n");
    return;
  }
  const rows = outbox.newest(SHOWN).map((record) => {
    const subject = String(record.headers.commonHeaders.subject ?? "");
    const to = record.recipients.map(
      ({ address, state, detail }) => `${escapeHtml(address)} <small title="${escapeHtml(detail ?? "")}">${state}</small>`,
    );
    const link = (kind: string): string => `<a href="${PATH}/${record.messageId}.${kind}">${kind}</a>`;
    return (
      `<tr><td>${new Date(record.at).toISOString().slice(0, 19).replace("T", " ")}<td>${escapeHtml(record.source)}<td>${to.join("<br>")}` +
      `<td>${escapeHtml(subject)}<td>${overallState(record)}<td>${link("eml")} ${link("json")}`
    );
  });
  response.writeHead(200, { ...common, "content-type": "text/html; charset=utf-8" });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Outbox</title><style>body{font:16px sans-serif;margin:2rem}table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.3rem .8rem;border-bottom:1px solid #d8dde0}</style>` +
      `<h1>Outbox</h1><p>The newest ${SHOWN} messages that left by SES.</p><table><thead><tr><th>Sent (UTC)<th>From<th>To<th>Subject<th>State<th>Look</thead><tbody>${rows.join("")}</tbody></table></html>`,
  );
};

/** MDN (RFC 9007): it is sent and read, never stored. */
import type { Method } from "../engine/context.ts";
import { mdnParse } from "../mdn/parse.ts";
import { mdnSend } from "../mdn/send.ts";

export const mdnMethods: Readonly<Record<string, Method>> = { "MDN/send": mdnSend, "MDN/parse": mdnParse };

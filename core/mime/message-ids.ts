/** RFC 8621 §4.1.2.5 MessageIds form. */
import { limits } from "../limits.ts";
import { withoutComments } from "./comments.ts";
import { unfold } from "./unfold.ts";

/** Whether a line of a header that we write can hold the id: that of a hostile message may be as long as its header. */
export const isWritableId = (messageId: string): boolean => /^[\x21-\x7e]{1,900}$/.test(messageId);

/**
 * The ids without angle brackets, comments and folding white space; null when there is none or the value is no list of ids.
 * Ids without brackets, which old senders write, are taken when they stand alone. At most `limits.parse.references`:
 * the first and the last ones, which threading needs.
 */
export const parseMessageIds = (value: string): string[] | null => {
  const ids: string[] = [];
  const text = unfold(value);
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("<", at);
    if (open < 0) break;
    const close = text.indexOf(">", open);
    if (close < 0) break;
    const id = withoutComments(text.slice(open + 1, close)).replace(/\s+/g, "");
    if (id !== "") ids.push(id);
    at = close + 1;
  }
  if (ids.length === 0) {
    if (text.includes("<")) return null;
    const bare = withoutComments(text)
      .trim()
      .split(/[\s,]+/)
      .filter((word) => word !== "");
    if (bare.length === 0 || bare.length > limits.parse.references) return null;
    return bare.every((word) => /^[^\s"(),<>]+@[^\s"(),<>@]+$/.test(word)) ? bare : null;
  }
  const bound = limits.parse.references;
  return ids.length <= bound ? ids : [...ids.slice(0, 10), ...ids.slice(ids.length - bound + 10)];
};

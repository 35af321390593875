/** RFC 5322 §3.2.2 comments, nested to any depth by counting. */

/**
 * `value` with each comment replaced by a space; quoted strings are left alone.
 * An unclosed comment runs to the end of the value.
 */
export const withoutComments = (value: string): string => {
  if (!value.includes("(")) return value;
  let text = "";
  let copied = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code === 92) at += 1;
    else if (depth === 0 && code === 34) quoted = !quoted;
    else if (quoted) continue;
    else if (code === 40) {
      if (depth === 0) text += value.slice(copied, at);
      depth += 1;
    } else if (code === 41 && depth > 0) {
      depth -= 1;
      if (depth === 0) {
        text += " ";
        copied = at + 1;
      }
    }
  }
  return depth > 0 ? text : text + value.slice(copied);
};

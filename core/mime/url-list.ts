/** RFC 8621 §4.1.2.7 URLs form: RFC 2369 §2 lists of <URL> with comments between them. */
import { unfold } from "./unfold.ts";

/** First character after the comment that begins at `open`; the whole text when it is never closed. */
const commentEnd = (text: string, open: number): number => {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 40) depth += 1;
    else if (code === 41 && --depth === 0) return at + 1;
  }
  return text.length;
};

/** Null when no URL in angle brackets is there (RFC 2369's "NO" included). */
export const parseUrls = (value: string): string[] | null => {
  const urls: string[] = [];
  const text = unfold(value);
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 40) at = commentEnd(text, at);
    else if (code !== 60) at += 1;
    else {
      const close = text.indexOf(">", at);
      if (close < 0) break;
      // RFC 2369 §2: white space inside the brackets is dropped.
      const url = text.slice(at + 1, close).replace(/\s+/g, "");
      if (url !== "") urls.push(url);
      at = close + 1;
    }
  }
  return urls.length > 0 ? urls : null;
};

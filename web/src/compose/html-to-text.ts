/** The plain-text alternative of what was written. Parsed into an inert document; only its text is read. */
const blocks = /^(P|DIV|H[1-6]|LI|UL|OL|BLOCKQUOTE|TR|TABLE|PRE|SECTION|ARTICLE|HR)$/;
const mostNodes = 50_000;

export function htmlToText(html: string): string {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  let left = mostNodes;
  const read = (node: Node, listDepth: number, preformatted: boolean): string => {
    if (left-- <= 0) return "";
    if (node.nodeType === Node.TEXT_NODE) return preformatted ? (node.textContent ?? "") : (node.textContent ?? "").replace(/\s+/g, " ");
    if (!(node instanceof Element) || /^(SCRIPT|STYLE|TITLE|TEMPLATE|HEAD)$/.test(node.tagName)) return "";
    const name = node.tagName;
    if (name === "BR") return "\n";
    if (name === "HR") return "\n----\n";
    const nested = name === "UL" || name === "OL" ? listDepth + 1 : listDepth;
    let text = "";
    for (const child of node.childNodes) text += read(child, nested, preformatted || name === "PRE");
    if (name === "A") {
      const href = node.getAttribute("href") ?? "";
      if (/^https?:/i.test(href) && !text.includes(href)) text += ` <${href}>`;
    }
    if (name === "LI") {
      const ordered = node.parentElement?.tagName === "OL";
      const number = ordered ? Array.from(node.parentElement?.children ?? []).indexOf(node) + 1 : 0;
      return `\n${"  ".repeat(Math.max(0, nested - 1))}${ordered ? `${number}.` : "-"} ${text.trim()}`;
    }
    if (name === "BLOCKQUOTE") {
      return `\n${text
        .trim()
        .split("\n")
        .map((line) => `> ${line}`)
        .join("\n")}\n`;
    }
    if (name === "TD" || name === "TH") return `${text.trim()}\t`;
    return blocks.test(name) ? `\n${text.trim()}\n` : text;
  };
  return read(body, 0, false)
    .replace(/[ \t]+\n/g, "\n")
    .replace(/\n[ ]+(?=[^\s-])/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

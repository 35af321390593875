import { S3Error } from "./s3-error.ts";

/** The four request documents S3 takes are small and flat: elements and text; a DTD is refused, attributes are skipped. */
export interface XmlElement {
  name: string;
  text: string;
  children: XmlElement[];
}

const MAXIMUM_DEPTH = 12;
const MAXIMUM_ELEMENTS = 60_000;
const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"\r]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;" })[c]!);

/** `element("Key", key)`; `undefined` renders nothing, so optional fields need no condition. */
export const element = (name: string, value: string | number | boolean | undefined): string =>
  value === undefined ? "" : `<${name}>${escapeXml(String(value))}</${name}>`;

export const xmlDocument = (root: string, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${body}</${root}>`;

function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[a-z]{2,4});/g, (whole, name: string) => {
    if (!name.startsWith("#")) return entities[name] ?? whole;
    const point = name[1] === "x" ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

const malformed = () =>
  new S3Error("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");

export function parseXml(source: string): XmlElement {
  if (source.includes("<!DOCTYPE") || source.includes("<!ENTITY")) throw malformed();
  const root: XmlElement = { name: "", text: "", children: [] };
  const open: XmlElement[] = [root];
  const token = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w:.-]*)([^<>]*?)(\/?)>|([^<]+)/gy;
  let elements = 0;
  let position = 0;
  for (let match = token.exec(source); match; match = token.exec(source)) {
    position = token.lastIndex;
    const [, closing, qualified, , selfClosing, text] = match;
    const current = open[open.length - 1]!;
    if (text !== undefined) current.text += unescapeXml(text);
    if (qualified === undefined) continue;
    const name = qualified.replace(/^.*:/, "");
    if (closing) {
      if (open.length < 2 || current.name !== name) throw malformed();
      open.pop();
      continue;
    }
    if (++elements > MAXIMUM_ELEMENTS || open.length > MAXIMUM_DEPTH) throw malformed();
    const child: XmlElement = { name, text: "", children: [] };
    current.children.push(child);
    if (!selfClosing) open.push(child);
  }
  const document = root.children[0];
  if (position < source.length || open.length !== 1 || !document || root.children.length !== 1) throw malformed();
  return document;
}

export const childrenOf = (parent: XmlElement, name: string): XmlElement[] => parent.children.filter((child) => child.name === name);
export const textOf = (parent: XmlElement, name: string): string | undefined => childrenOf(parent, name)[0]?.text;

/**
 * The one door through which a sender's HTML enters (RFC 8621 §9.2): in comes text, out comes the text of a document for the sandboxed frame. Nothing
 * here touches the application's own document: DOMPurify parses into an inert one, and what leaves has no script, no form, no style
 * element, no name or id, and no address that loads by itself, unless the reader asked for pictures.
 */
import createDOMPurify, { type Config } from "dompurify";
import { inlineStyles } from "./inline-styles.ts";
import { linkTarget } from "./link-target.ts";

export interface FrameDocument {
  /** For iframe srcdoc. */
  readonly html: string;
  /** Pictures on other computers that were left out. */
  readonly blockedImages: number;
}

export interface SanitiseOptions {
  readonly showRemoteImages: boolean;
  /** Content-ID without angle brackets → data: URL. */
  readonly inlineImages: ReadonlyMap<string, string>;
}

const profile: Config = {
  WHOLE_DOCUMENT: true,
  RETURN_DOM: true,
  ALLOWED_TAGS: (
    "html body a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em " +
    "figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp section small span strike " +
    "strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr"
  ).split(" "),
  ALLOWED_ATTR: (
    "href src alt title width height align valign bgcolor color face size border cellpadding cellspacing colspan rowspan dir lang style " +
    "class id start type nowrap hspace vspace scope summary"
  ).split(" "),
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|cid:|data:image\/(?:png|jpe?g|gif|webp);)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOW_UNKNOWN_PROTOCOLS: false,
  SANITIZE_NAMED_PROPS: false,
  FORBID_CONTENTS: [
    "script",
    "style",
    "title",
    "head",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "select",
    "textarea",
    "video",
    "audio",
  ],
  KEEP_CONTENT: true,
};

/** What a message looks like when it says nothing itself: lowest in the cascade. */
const baseSheet = `
  div.penfold-body { font-family: Arial, sans-serif; font-size: 16px; line-height: 1.5; color: #212b32; background-color: #ffffff; overflow-wrap: break-word; }
  img { max-width: 100%; }
  table { max-width: 100%; }
  pre { white-space: pre-wrap; }
  blockquote { margin: 8px 0 8px 0; padding: 0 0 0 12px; border-left: 3px solid #d8dde0; }
  a { color: #005eb8; text-decoration: underline; }
`;

const mostCharacters = 3_000_000;
/** Beyond this many links only the deceptive ones get their domain written beside them. */
const mostDomainNotes = 200;

export function sanitiseMessage(source: string, options: SanitiseOptions): FrameDocument {
  const purifier = createDOMPurify(window);
  const sheets: string[] = [];
  purifier.addHook("uponSanitizeElement", (node, data) => {
    if (data.tagName === "style") sheets.push(node.textContent ?? "");
  });
  const root = purifier.sanitize(source.slice(0, mostCharacters), profile) as unknown as HTMLElement;
  const body = root.querySelector("body") ?? root;
  const wrapper = body.ownerDocument.createElement("div");
  const styled = body.getAttribute("style");
  const background = body.getAttribute("bgcolor");
  if (styled) wrapper.setAttribute("style", styled);
  if (background) wrapper.setAttribute("bgcolor", background);
  wrapper.className = `penfold-body ${body.className}`;
  wrapper.append(...body.childNodes);
  const holder = body.ownerDocument.createElement("div");
  holder.append(wrapper);
  inlineStyles(holder, baseSheet, sheets);
  const colour = /^#?[\w]{3,20}$/.test(background ?? "") ? background : null;
  if (colour && wrapper.style.backgroundColor === "rgb(255, 255, 255)") wrapper.style.setProperty("background-color", colour);
  const blockedImages = settleImages(holder, options);
  settleLinks(holder);
  for (const element of holder.querySelectorAll("[class],[id],[bgcolor]")) {
    element.removeAttribute("class");
    element.removeAttribute("id");
  }
  return { html: frameDocument(holder.innerHTML, options.showRemoteImages), blockedImages };
}

function settleImages(root: HTMLElement, options: SanitiseOptions): number {
  let blocked = 0;
  for (const image of root.querySelectorAll("img")) {
    const source = image.getAttribute("src")?.trim() ?? "";
    image.removeAttribute("src");
    if (/^cid:/i.test(source)) {
      const inline = options.inlineImages.get(decodeCid(source.slice(4)));
      if (inline) image.setAttribute("src", inline);
    } else if (/^data:image\//i.test(source)) {
      image.setAttribute("src", source);
    } else if (/^https?:/i.test(source)) {
      if (options.showRemoteImages) image.setAttribute("src", source.replace(/^http:/i, "https:"));
      else blocked += 1;
    }
    if (!image.hasAttribute("alt")) image.setAttribute("alt", "");
    // A picture that is not shown leaves its words, not a hole the size of the picture.
    if (!image.hasAttribute("src")) {
      const words = root.ownerDocument.createElement("span");
      words.textContent = image.getAttribute("alt") ?? "";
      image.replaceWith(words);
    }
  }
  for (const element of root.querySelectorAll("[src]:not(img)")) element.removeAttribute("src");
  return blocked;
}

const decodeCid = (cid: string): string => {
  try {
    return decodeURIComponent(cid);
  } catch {
    return cid;
  }
};

function settleLinks(root: HTMLElement): void {
  let notes = 0;
  for (const link of root.querySelectorAll("a")) {
    const text = link.textContent?.trim() ?? "";
    const target = linkTarget(link.getAttribute("href"), text);
    link.removeAttribute("href");
    if (target.kind === "web") {
      link.setAttribute("href", target.href);
      link.setAttribute("target", "_blank");
      link.setAttribute("rel", "noopener noreferrer nofollow");
      link.setAttribute("title", `Opens ${target.host} in a new tab`);
      if (text !== "" && (target.deceptive || (!target.saysHost && notes++ < mostDomainNotes)))
        link.after(domainNote(root, target.host, target.deceptive));
    } else {
      link.style.removeProperty("text-decoration");
      const said = target.kind === "address" ? target.address : target.kind === "phone" ? target.number : "";
      if (said && !text.includes(said)) link.after(domainNote(root, said, false));
    }
  }
  for (const element of root.querySelectorAll("[href]:not(a)")) element.removeAttribute("href");
}

/** Written beside the words, because hovering is not possible with a thumb or a keyboard. */
function domainNote(root: HTMLElement, text: string, deceptive: boolean): HTMLElement {
  const note = root.ownerDocument.createElement("span");
  note.textContent = deceptive ? ` (this link goes to ${text})` : ` (${text})`;
  note.style.setProperty("color", deceptive ? "#d5281b" : "#4c6272");
  note.style.setProperty("background-color", "#ffffff");
  note.style.setProperty("font-size", "13px");
  note.style.setProperty("font-weight", deceptive ? "700" : "400");
  return note;
}

/** The frame's own policy: it only narrows what it inherits from the page. */
export function frameDocument(body: string, showRemoteImages: boolean): string {
  const images = showRemoteImages ? "data: https:" : "data:";
  const policy = `default-src 'none'; img-src ${images}; style-src 'none'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    `<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light"><title>Message</title></head>` +
    `<body style="margin:0;padding:0;background-color:#ffffff">${body}</body></html>`
  );
}

/** A message's HTML as it may be sent on inside another: the same profile; pictures that came with it stay as cid:, others go. */
export function sanitiseFragment(source: string): string {
  const purifier = createDOMPurify(window);
  const root = purifier.sanitize(source.slice(0, mostCharacters), { ...profile, WHOLE_DOCUMENT: false }) as unknown as HTMLElement;
  const holder = root.ownerDocument.createElement("div");
  holder.append(...root.childNodes);
  inlineStyles(holder, "", []);
  for (const element of holder.querySelectorAll("[class],[id]")) {
    element.removeAttribute("class");
    element.removeAttribute("id");
  }
  for (const element of holder.querySelectorAll("[src]")) {
    if (!/^(cid:|data:image\/)/i.test(element.getAttribute("src") ?? "")) element.remove();
  }
  return holder.innerHTML;
}

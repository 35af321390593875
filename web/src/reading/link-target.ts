/** Where a link really goes, and whether its words say something else. */
export type LinkTarget =
  | { readonly kind: "web"; readonly href: string; readonly host: string; readonly deceptive: boolean; readonly saysHost: boolean }
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "phone"; readonly number: string }
  | { readonly kind: "none" };

const hostInText = /(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+[\p{L}]{2,})/giu;

const withoutWww = (host: string) => host.toLowerCase().replace(/^www\./, "");

export function linkTarget(href: string | null, text: string): LinkTarget {
  if (!href) return { kind: "none" };
  let url: URL;
  try {
    url = new URL(href.trim());
  } catch {
    return { kind: "none" };
  }
  if (url.protocol === "mailto:") return { kind: "address", address: safeDecode(url.pathname) };
  if (url.protocol === "tel:") return { kind: "phone", number: safeDecode(url.pathname) };
  if (url.protocol !== "http:" && url.protocol !== "https:") return { kind: "none" };
  // `https://bank.example@evil.example/` shows one name and goes to another.
  url.username = "";
  url.password = "";
  const host = withoutWww(url.hostname);
  const said = Array.from(text.matchAll(hostInText), (match) => withoutWww(asciiHost(match[1] ?? "")));
  const agrees = (each: string) => each === host || host.endsWith(`.${each}`);
  return { kind: "web", href: url.href, host, saysHost: said.some(agrees), deceptive: said.length > 0 && !said.some(agrees) };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Letters that look like others show as xn--…, as they travel. */
function asciiHost(host: string): string {
  try {
    return new URL(`https://${host}`).hostname;
  } catch {
    return host;
  }
}

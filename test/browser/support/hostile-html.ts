/**
 * Shows hostile HTML in the built webmail's reading pane, twenty messages of a conversation at a time, and watches for anything that
 * runs and anything that asks the network. The frame's layers are then tried one by one, each alone.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { me, type SampleEmail } from "./sample-mail.ts";
import { serveFake } from "./serve-fake.ts";

export interface HostileCase {
  readonly id: string;
  readonly html: string;
  readonly assertion?: string;
  readonly arg?: string;
}

export interface Seen {
  /** Ids are not known for scripts: any at all is a failure. */
  readonly ran: string[];
  readonly requests: string[];
  readonly remains: string[];
}

const batchSize = 20;

export function readCases(folder: string): HostileCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => (JSON.parse(readFileSync(join(folder, name), "utf8")) as { cases: HostileCase[] }).cases)
    .filter((each) => typeof each.html === "string");
}

/** Every way a payload commonly tells that it ran, in every frame. */
const alarm = () => {
  const tell = (how: string) => () => {
    console.log(`PENFOLD-RAN ${how} ${location.href}`);
  };
  for (const name of ["alert", "confirm", "prompt", "print", "open"])
    Object.defineProperty(window, name, { value: tell(name), writable: false });
};

function watch(context: BrowserContext, page: Page, ownOrigin: string): Seen {
  const seen: Seen = { ran: [], requests: [], remains: [] };
  page.on("console", (message) => message.text().startsWith("PENFOLD-RAN") && seen.ran.push(message.text()));
  page.on("dialog", (dialog) => {
    seen.ran.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", (popup) => seen.ran.push(`popup ${popup.url()}`));
  page.on("framenavigated", (frame) => {
    if (frame !== page.mainFrame() && !["about:srcdoc", "about:blank"].includes(frame.url())) seen.ran.push(`frame went to ${frame.url()}`);
  });
  void context.route(
    (url) => url.origin !== ownOrigin,
    (route) => {
      seen.requests.push(route.request().url());
      return route.abort();
    },
  );
  context.on("request", (request) => {
    const url = request.url();
    if (/^(data|blob|about):/.test(url) || url.startsWith(`${ownOrigin}/assets/`) || url.startsWith(`${ownOrigin}/jmap/`)) return;
    if ([`${ownOrigin}/`, `${ownOrigin}/config.json`, `${ownOrigin}/mark.svg`].includes(url)) return;
    if (!seen.requests.includes(url)) seen.requests.push(url);
  });
  return seen;
}

/** What must not be left in a frame's document, whatever the frame would make of it. */
const leftovers = () => {
  const found: string[] = [];
  for (const element of document.querySelectorAll("*")) {
    if (/^(SCRIPT|IFRAME|OBJECT|EMBED|BASE|LINK|STYLE|FORM|INPUT|BUTTON|SVG|MATH|VIDEO|AUDIO|TEMPLATE)$/i.test(element.tagName))
      found.push(element.tagName);
    for (const { name, value } of element.attributes) {
      if (
        /^on/i.test(name) ||
        name === "id" ||
        name === "name" ||
        (/^(href|src|action|formaction|data|xlink:href)$/i.test(name) && /^\s*(javascript|vbscript):/i.test(value))
      )
        found.push(`${element.tagName} ${name}=${value.slice(0, 60)}`);
    }
  }
  return found;
};

const emailOf = (each: HostileCase, index: number): SampleEmail => ({
  id: `H${index}`,
  threadId: `TH${Math.floor(index / batchSize)}`,
  mailboxIds: { inbox: true },
  keywords: {},
  from: [{ name: "Somebody", email: "somebody@outside.example" }],
  to: [me],
  cc: null,
  subject: `Hostile ${Math.floor(index / batchSize)}`,
  receivedAt: new Date(1_790_000_000_000 + index * 60_000).toISOString(),
  preview: "",
  html: each.html,
  text: "",
  files: [],
});

/** All cases through the real reading pane. */
export async function showAll(browser: Browser, cases: readonly HostileCase[]): Promise<Seen & { shown: number }> {
  const fake = await serveFake(cases.map(emailOf));
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(alarm);
    await page.addInitScript((session) => sessionStorage.setItem("penfold.session", session), fake.session);
    const seen = watch(context, page, fake.origin);
    await page.goto(fake.origin);
    await page.waitForSelector(".pf-row__link");
    let shown = 0;
    for (let from = 0; from < cases.length; from += batchSize) {
      const expected = Math.min(batchSize, cases.length - from);
      await page.evaluate(
        (thread) => {
          location.hash = `#/A1/mailbox/inbox/${thread}`;
        },
        `TH${from / batchSize}`,
      );
      await page.waitForFunction(
        (count) =>
          document.querySelectorAll(".pf-card__body .pf-frame iframe").length === count &&
          document.querySelectorAll(".pf-measure").length === 0,
        expected,
      );
      // Things that happen late: timers, animations, loads.
      await page.waitForTimeout(120);
      for (const frame of page.frames()) {
        if (frame === page.mainFrame() || frame.isDetached()) continue;
        seen.remains.push(...(await frame.evaluate(leftovers)).filter((each) => !each.startsWith("META")));
      }
      shown += expected;
    }
    return { ...seen, shown };
  } finally {
    await context.close();
    await fake.stop();
  }
}

let bundle: string | undefined;

async function sanitiserBundle(): Promise<string> {
  bundle ??= (
    await build({
      entryPoints: [fileURLToPath(new URL("../../../web/src/reading/sanitise-message.ts", import.meta.url))],
      bundle: true,
      write: false,
      format: "iife",
      globalName: "penfoldSanitiser",
      target: "es2022",
    })
  ).outputFiles[0]?.text;
  return bundle ?? "";
}

/** What the sanitiser makes of each case: the text of the frame's document. */
export async function sanitiseAll(browser: Browser, cases: readonly HostileCase[]): Promise<string[]> {
  const page = await browser.newPage();
  try {
    await page.addScriptTag({ content: await sanitiserBundle() });
    return await page.evaluate(
      (sources) =>
        sources.map(
          (source) =>
            (
              window as unknown as { penfoldSanitiser: typeof import("../../../web/src/reading/sanitise-message.ts") }
            ).penfoldSanitiser.sanitiseMessage(source, {
              showRemoteImages: false,
              inlineImages: new Map(),
            }).html,
        ),
      cases.map((each) => each.html),
    );
  } finally {
    await page.close();
  }
}

export type Layer = "sanitiser" | "sandbox" | "policy";

/** One layer alone, the others taken away: the text of each case in a frame as that layer leaves it. */
export async function showWithOnly(browser: Browser, layer: Layer, cases: readonly HostileCase[]): Promise<Seen> {
  const documents =
    layer === "sanitiser"
      ? (await sanitiseAll(browser, cases)).map((html) => html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ""))
      : cases.map((each) => each.html);
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'none'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'">`;
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(alarm);
    const origin = "http://penfold.test";
    const seen = watch(context, page, origin);
    await context.route(`${origin}/**`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>t</title><body></body>" }),
    );
    await page.goto(`${origin}/`);
    for (let from = 0; from < documents.length; from += batchSize) {
      await page.evaluate(
        async ({ texts, sandboxed }) => {
          document.body.replaceChildren();
          await Promise.all(
            texts.map(
              (text) =>
                new Promise<void>((loaded) => {
                  const frame = document.createElement("iframe");
                  if (sandboxed) frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
                  frame.addEventListener("load", () => loaded());
                  setTimeout(loaded, 1500);
                  frame.srcdoc = text;
                  document.body.append(frame);
                }),
            ),
          );
        },
        {
          texts: documents.slice(from, from + batchSize).map((text) => (layer === "policy" ? policy + text : text)),
          sandboxed: layer === "sandbox",
        },
      );
      await page.waitForTimeout(120);
    }
    return seen;
  } finally {
    await context.close();
  }
}

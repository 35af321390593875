/**
 * Writes a message's style sheets into style attributes, property by property from a list. A style element never reaches the frame, so
 * the frame needs no right to style elements, and nothing that a style sheet can fetch (url, import, font) is left.
 */
const allowedProperty =
  /^(color|background-color|font(-family|-size|-style|-weight|-variant)?|text-(align|decoration(-line)?|indent|transform)|line-height|letter-spacing|white-space|word-break|overflow-wrap|vertical-align|(margin|padding)(-(top|right|bottom|left))?|border(-(top|right|bottom|left))?(-(width|style|color))?|border-(collapse|spacing)|border-(top|bottom)-(left|right)-radius|(min-|max-)?(width|height)|display|float|clear|list-style-type|table-layout|direction|opacity|overflow(-x|-y)?)$/;
/** Nothing that fetches, computes or depends on the size of the frame (which is measured from the content). */
const refusedValue = /url|image|expression|var\(|env\(|attr\(|vh|vw|vmin|vmax|\\/i;

const mostRules = 2_000;
const mostCharacters = 300_000;

interface Declaration {
  readonly property: string;
  readonly value: string;
  readonly weight: number;
}

/** Bytes of RFC-less CSS specificity: ids, classes and attributes, names; enough to order rules of mail. */
export function specificity(selector: string): number {
  const ids = selector.match(/#[\w-]+/g)?.length ?? 0;
  const classes = selector.match(/\.[\w-]+|\[[^\]]*\]|:(?!:)[\w-]+/g)?.length ?? 0;
  const names = selector.match(/(^|[\s>+~])[a-z][\w-]*/gi)?.length ?? 0;
  return Math.min(ids, 99) * 10_000 + Math.min(classes, 99) * 100 + Math.min(names, 99);
}

export const isAllowedDeclaration = (property: string, value: string): boolean =>
  allowedProperty.test(property) &&
  !refusedValue.test(value) &&
  !(property === "display" && /flex|grid/.test(value) === false && /contents/.test(value));

function declarationsOf(style: CSSStyleDeclaration, weight: number): readonly Declaration[] {
  const declarations: Declaration[] = [];
  for (const property of Array.from(style)) {
    const value = style.getPropertyValue(property);
    if (!isAllowedDeclaration(property, value)) continue;
    declarations.push({ property, value, weight: weight + (style.getPropertyPriority(property) ? 1e12 : 0) });
  }
  return declarations;
}

function* styleRules(sheets: readonly string[]): Generator<CSSStyleRule> {
  let left = mostRules;
  for (const text of sheets) {
    const sheet = new CSSStyleSheet();
    try {
      sheet.replaceSync(text.slice(0, mostCharacters));
    } catch {
      continue;
    }
    for (const rule of Array.from(sheet.cssRules)) {
      if (!(rule instanceof CSSStyleRule)) continue;
      if (left-- <= 0) return;
      yield rule;
    }
  }
}

/** Base rules come first, then the message's sheets, then its own style attributes. */
export function inlineStyles(root: HTMLElement, baseSheet: string, messageSheets: readonly string[]): void {
  const found = new Map<HTMLElement, Declaration[]>();
  let order = 0;
  const collect = (sheets: readonly string[], offset: number) => {
    for (const rule of styleRules(sheets)) {
      order += 1;
      for (const selector of rule.selectorText.split(",")) {
        let matches: Iterable<Element>;
        try {
          matches = root.querySelectorAll(selector);
        } catch {
          continue;
        }
        const declarations = declarationsOf(rule.style, offset + specificity(selector) * 10_000 + order);
        if (declarations.length === 0) continue;
        for (const element of matches) {
          if (element instanceof HTMLElement || "style" in element) {
            const list = found.get(element as HTMLElement) ?? [];
            list.push(...declarations);
            found.set(element as HTMLElement, list);
          }
        }
      }
    }
  };
  collect([baseSheet], 0);
  collect(messageSheets, 1e10 / 2);
  for (const element of root.querySelectorAll<HTMLElement>("*")) {
    const declarations = [...(found.get(element) ?? []), ...(element.hasAttribute("style") ? declarationsOf(element.style, 1e11) : [])];
    element.removeAttribute("style");
    declarations.sort((left, right) => left.weight - right.weight);
    for (const { property, value } of declarations) element.style.setProperty(property, value);
  }
}

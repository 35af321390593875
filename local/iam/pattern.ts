/** IAM patterns: `*` any run of characters, `?` one character. Compiled patterns are kept: policies are few and fixed. */
const compiled = new Map<string, (value: string) => boolean>();

export function matchesPattern(pattern: string, value: string): boolean {
  let matcher = compiled.get(pattern);
  if (!matcher) {
    matcher = compile(pattern);
    if (compiled.size < 10_000) compiled.set(pattern, matcher);
  }
  return matcher(value);
}

function compile(pattern: string): (value: string) => boolean {
  if (pattern === "*") return () => true;
  if (!/[*?]/.test(pattern)) return (value) => value === pattern;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/\?/g, ".");
  const expression = new RegExp(`^${source}$`, "s");
  return (value) => expression.test(value);
}
